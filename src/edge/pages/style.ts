/** The whole stylesheet of the hosted pages: inline, no font and no image to fetch. Contrast is at least 4.5:1 in both schemes. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #f3f1ec; --card: #fff; --ink: #1d1b16; --soft: #5d584d; --line: #d9d4c8; --field: #8a8475;
  --accent: #0b6b4f; --on-accent: #fff; --good: #0b6b4f; --bad: #a3271b; --bad-ground: #fdf0ee; }
@media (prefers-color-scheme: dark) { :root { --ground: #14130f; --card: #1f1d18; --ink: #f2efe6; --soft: #b3ad9f; --line: #3a372f; --field: #807a6c;
  --accent: #5fd3a8; --on-accent: #06251b; --good: #5fd3a8; --bad: #ff9d91; --bad-ground: #361b17; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; align-items: center; padding: 1.5rem .75rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { width: 100%; max-width: 26rem; background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: 1.5rem 1.25rem; overflow-wrap: anywhere; }
header { padding-bottom: 1rem; margin-bottom: 1.25rem; border-bottom: 1px solid var(--line); }
header p { margin: 0; color: var(--soft); }
.amount { font-size: 1.9rem; line-height: 1.2; font-weight: 650; color: var(--ink); margin: .15rem 0; font-variant-numeric: tabular-nums; }
h1, h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin-top: 1.4rem; }
h1.good { color: var(--good); } h1.bad { color: var(--bad); }
p { margin: 0 0 .9rem; }
label { display: block; font-weight: 600; margin: 1rem 0 .3rem; }
.hint, .small { color: var(--soft); font-size: .9rem; }
.hint { margin: .35rem 0 0; }
input, select { width: 100%; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--field); border-radius: .55rem; padding: .7rem .75rem; min-height: 3rem; }
input[aria-invalid=true], select[aria-invalid=true] { border: 2px solid var(--bad); }
button, .button { display: block; width: 100%; margin-top: 1.4rem; padding: .75rem 1rem; min-height: 3rem; font: inherit; font-weight: 650; text-align: center; text-decoration: none;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: .55rem; cursor: pointer; }
.button.quiet { background: transparent; color: var(--ink); border-color: var(--field); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.alert { background: var(--bad-ground); color: var(--bad); border-radius: .55rem; padding: .7rem .85rem; margin: 0 0 1rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 1.25rem 0 0; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; text-align: right; }
.bar { height: .3rem; border-radius: 1rem; background: var(--line); overflow: hidden; margin: 0 0 1.1rem; }
.bar i { display: block; width: 35%; height: 100%; border-radius: 1rem; background: var(--accent); animation: slide 1.6s ease-in-out infinite alternate; }
@keyframes slide { to { transform: translateX(186%); } }
@media (prefers-reduced-motion: reduce) { .bar i { animation: none; width: 100%; } }
footer { margin-top: 1.25rem; color: var(--soft); font-size: .85rem; text-align: center; }
`
