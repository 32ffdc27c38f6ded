/**
 * The whole stylesheet of the hosted pages: inline, no font and no image to fetch. Contrast is at least 4.5:1 in both
 * schemes. Sides are logical (`inline`), so that a language from right to left needs no other.
 */
export const STYLE = `
:root { color-scheme: light dark; --ground: #f3f1ec; --card: #fff; --ink: #1d1b16; --soft: #5d584d; --line: #d9d4c8; --field: #8a8475;
  --accent: #0b6b4f; --on-accent: #fff; --good: #0b6b4f; --bad: #a3271b; --bad-ground: #fdf0ee; --note: #f6efd8; }
@media (prefers-color-scheme: dark) { :root { --ground: #14130f; --card: #1f1d18; --ink: #f2efe6; --soft: #b3ad9f; --line: #3a372f; --field: #807a6c;
  --accent: #5fd3a8; --on-accent: #06251b; --good: #5fd3a8; --bad: #ff9d91; --bad-ground: #361b17; --note: #33301f; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; align-items: center; padding: 1.5rem .75rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { width: 100%; max-width: 26rem; background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: 1.5rem 1.25rem; overflow-wrap: anywhere; }
header { padding-bottom: 1rem; margin-bottom: 1.25rem; border-bottom: 1px solid var(--line); }
header p { margin: 0; color: var(--soft); }
header .shop { display: flex; align-items: center; gap: .6rem; color: var(--ink); font-weight: 600; }
header img { width: 2.5rem; height: 2.5rem; object-fit: contain; border-radius: .4rem; }
.test { background: var(--note); color: var(--ink); border-radius: .4rem; padding: .2rem .5rem; font-size: .85rem; margin-bottom: .6rem; }
.amount { font-size: 1.9rem; line-height: 1.2; font-weight: 650; color: var(--ink); margin: .15rem 0; font-variant-numeric: tabular-nums; }
h1, h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .5rem; }
h1:focus { outline: none; }
h2 { font-size: 1.1rem; margin-top: 1.4rem; }
h1.good { color: var(--good); } h1.bad { color: var(--bad); }
p { margin: 0 0 .9rem; }
a { color: inherit; }
.field, legend { display: block; font-weight: 600; margin: 1rem 0 .3rem; padding: 0; }
.button + .small { margin-top: 1rem; }
.hint, .small { color: var(--soft); font-size: .9rem; }
.hint { margin: .35rem 0 0; }
input:not([type=radio]) { width: 100%; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--field); border-radius: .55rem; padding: .7rem .75rem; min-height: 3rem; direction: ltr; text-align: start; }
input[aria-invalid=true] { border: 2px solid var(--bad) !important; }
fieldset { border: 0; margin: 1rem 0 0; padding: 0; min-width: 0; }
.group { color: var(--soft); font-size: .9rem; margin: .7rem 0 .3rem; }
.net { display: flex; align-items: center; gap: .7rem; min-height: 3rem; padding: .45rem .75rem; margin-top: .4rem; border: 1px solid var(--field); border-radius: .55rem; cursor: pointer; }
.net input { flex: none; width: 1.2rem; height: 1.2rem; margin: 0; accent-color: var(--ink); }
.net small { display: block; color: var(--soft); font-size: .85rem; }
.net:has(:checked) { border-color: var(--ink); box-shadow: inset 0 0 0 1px var(--ink); }
.net:has(:disabled) { border-style: dashed; color: var(--soft); cursor: not-allowed; }
@supports selector(:has(*)) { .code { display: none; } form:has([data-code]:checked) .code { display: block; } }
button, .button { display: block; width: 100%; margin-top: 1.4rem; padding: .75rem 1rem; min-height: 3rem; font: inherit; font-weight: 650; text-align: center; text-decoration: none;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: .55rem; cursor: pointer; }
.button.quiet { background: transparent; color: var(--ink); border-color: var(--field); margin-top: .8rem; }
button[aria-disabled=true] { cursor: progress; }
button i, button[aria-disabled=true] b { display: none; } button[aria-disabled=true] i { display: inline; font-style: normal; } button b { font-weight: inherit; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.alert { background: var(--bad-ground); color: var(--bad); border-radius: .55rem; padding: .7rem .85rem; margin: 0 0 1rem; }
.next { border-inline-start: .25rem solid var(--field); padding-inline-start: .75rem; }
details { border: 1px solid var(--line); border-radius: .55rem; padding: .2rem .85rem; margin: 0 0 .9rem; }
summary { min-height: 2.75rem; display: flex; align-items: center; font-weight: 600; cursor: pointer; }
details ol { margin: 0 0 .9rem; padding-inline-start: 1.4rem; }
details .button { margin: .2rem 0 .9rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 1.25rem 0 0; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; text-align: end; }
.bar { height: .3rem; border-radius: 1rem; background: var(--line); overflow: hidden; margin: 0 0 1.1rem; }
.bar i { display: block; width: 35%; height: 100%; border-radius: 1rem; background: var(--accent); animation: slide 1.6s ease-in-out infinite alternate; }
@keyframes slide { to { transform: translateX(186%); } }
[dir=rtl] .bar { transform: scaleX(-1); }
@media (prefers-reduced-motion: reduce) { .bar i { animation: none; width: 100%; } }
footer { margin-top: 1.25rem; max-width: 26rem; color: var(--soft); font-size: .85rem; text-align: center; }
nav { display: flex; flex-wrap: wrap; justify-content: center; margin-bottom: .5rem; }
nav a, nav b { padding: .6rem .7rem; min-height: 2.75rem; }
#offline { position: fixed; inset-inline: 0; bottom: 0; margin: 0; padding: .8rem 1rem; background: var(--ink); color: var(--ground); text-align: center; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; margin: 0; }
@media print { footer, .button { display: none; } body { background: none; } main { border: 0; } }
`
