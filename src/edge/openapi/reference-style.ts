/** Of the reference page: readable on a phone, in the dark, and on paper. */
export const REFERENCE_STYLE = `
:root{color-scheme:light dark;--line:#8884}
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,sans-serif;display:grid;grid-template-columns:16rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1rem;border-right:1px solid var(--line);font-size:.9rem}
nav p{margin:.8rem 0 0;font-weight:600}
nav ul{margin:0;padding:0 0 0 .8rem;list-style:none}
main{padding:1rem 2rem 4rem;max-width:60rem}
h2{margin-top:3rem;border-bottom:1px solid var(--line)}
section{margin:2rem 0}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
.route{padding:.4rem .6rem;border:1px solid var(--line);border-radius:.3rem}
table{width:100%;border-collapse:collapse;margin:.5rem 0}
caption{text-align:left;font-weight:600}
th,td{padding:.3rem .6rem .3rem 0;text-align:left;vertical-align:top;border-top:1px solid var(--line);overflow-wrap:anywhere}
th{width:26%;font-weight:400}
th b{font-size:.75rem}
td{width:18%}
td:last-child{width:auto}
pre{padding:.8rem;border:1px solid var(--line);border-radius:.3rem;overflow:auto}
small{opacity:.75}
a{color:LinkText}
:target{outline:2px solid Highlight;outline-offset:.3rem}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto;border:0;border-bottom:1px solid var(--line)}main{padding:1rem}}
@media print{body{display:block}nav{display:none}}
`
