import { escapeHtml } from './escape.ts'
import { DARK, LIGHT } from './palette.ts'

const variables = (colours: Readonly<Record<string, string>>): string =>
  Object.entries(colours)
    .map(([name, value]) => `${name}:${value}`)
    .join(';')

const STYLE = `
:root{color-scheme:light dark;${variables(LIGHT)}}
@media (prefers-color-scheme:dark){:root{${variables(DARK)}}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:64rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 1rem}
h2{font-size:1.2rem;margin:2.25rem 0 .75rem}
section>:first-child{margin-top:0}
section{margin-top:1.5rem}
p.note{max-width:46rem;margin:.5rem 0;color:var(--muted)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.925rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--rule)}
thead th{color:var(--muted);font-weight:600}
tbody th{font-weight:500}
th.number,td.number{text-align:right}
.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}
figure.chart{margin:1.5rem 0;break-inside:avoid}
figure.chart figcaption{font-weight:600;margin-bottom:.35rem}
figure.chart svg{display:block;width:100%;height:auto;font-family:inherit}
code,pre{font-family:ui-monospace,"Cascadia Mono","Noto Sans Mono",monospace;font-size:.9em}
pre{background:var(--shade);padding:.75rem 1rem;overflow-x:auto;border-radius:6px}
.banner{border-left:6px solid var(--good);background:var(--shade);padding:.75rem 1rem;border-radius:0 6px 6px 0;font-size:1.1rem}
.banner.failed{border-color:var(--bad)}
dl.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.4rem,1fr));gap:.75rem;margin:1.25rem 0}
dl.figures div{background:var(--shade);border-radius:6px;padding:.6rem .8rem}
dl.figures dt{color:var(--muted);font-size:.85rem}
dl.figures dd{margin:0;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums}
@media print{:root{color-scheme:light;${variables(LIGHT)}}body{max-width:none;padding:0;font-size:11pt}tr,figure,.banner{break-inside:avoid}.scroll{overflow:visible}pre{white-space:pre-wrap}}
`

/** A cell: text and numbers are escaped; `html` is put in as it is. */
export type Cell = string | number | { readonly html: string }

const inside = (cell: Cell): string => (typeof cell === 'object' ? cell.html : escapeHtml(String(cell)))

const NUMERIC = /^-?[\d,. ]+( ?(ms|s|%|KB|MB))?$/

const isNumber = (cell: Cell): boolean =>
  typeof cell === 'number' || (typeof cell === 'string' && (cell === '' || NUMERIC.test(cell)))

/** Numbers, and words of HTML between them. */
const isOfNumbers = (cells: readonly Cell[]): boolean =>
  cells.some(isNumber) && cells.every((cell) => isNumber(cell) || typeof cell === 'object')

/** Columns of numbers stand to the right. The first cell of each row heads it. */
export const table = (head: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const right = head.map((_, i) => i > 0 && isOfNumbers(rows.map((row) => row[i] ?? '')))
  const attribute = (i: number): string => (right[i] ? ' class="number"' : '')
  const headings = head.map((text, i) => `<th scope="col"${attribute(i)}>${escapeHtml(text)}</th>`).join('')
  const lines = rows.map((row) => {
    const cells = row.map((cell, i) =>
      i === 0 ? `<th scope="row">${inside(cell)}</th>` : `<td${attribute(i)}>${inside(cell)}</td>`,
    )
    return `<tr>${cells.join('')}</tr>`
  })
  return `<div class="scroll"><table><thead><tr>${headings}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`
}

/** A paragraph of plain text. */
export const note = (text: string): string => `<p class="note">${escapeHtml(text)}</p>`

export const heading = (text: string): string => `<h2>${escapeHtml(text)}</h2>`

/** Something to type into a terminal. */
export const command = (text: string): string => `<pre><code>${escapeHtml(text)}</code></pre>`

/** The one sentence that matters. Its words say whether it is good: colour only repeats it. */
export const banner = (good: boolean, text: string): string =>
  `<p class="banner${good ? '' : ' failed'}" role="status"><span class="${good ? 'good' : 'bad'}">${good ? 'PASSED' : 'FAILED'}</span> ${escapeHtml(text)}</p>`

export const mark = (good: boolean, text: string): Cell => ({
  html: `<span class="${good ? 'good' : 'bad'}">${escapeHtml(text)}</span>`,
})

/** A few figures side by side. */
export const figures = (pairs: readonly (readonly [name: string, value: string])[]): string =>
  `<dl class="figures">${pairs
    .map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`)
    .join('')}</dl>`

/**
 * One HTML file that needs nothing else: no script, no font, no picture from anywhere. Follows the reader's light or dark,
 * prints in light. `sections` are HTML.
 */
export const page = (title: string, sections: readonly string[]): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${sections.map((section) => `<section>${section}</section>`).join('\n')}
</main>
</body>
</html>
`
