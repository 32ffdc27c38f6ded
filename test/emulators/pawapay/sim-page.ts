import type { Reply } from '../kit/server.ts'
import { type Persona, USUAL } from './persona.ts'
import { sandboxNumbers } from './recorded.ts'

/** What one is likely to want to see, as one button each. Every other setting can be typed. */
const PRESETS: readonly { readonly name: string; readonly persona: Partial<Persona> }[] = [
  { name: 'late success after 10 min', persona: { lateSuccess: { afterMs: 600_000 } } },
  { name: 'answer lost, deposit goes on', persona: { dropAfterProcessing: true } },
  { name: 'answer lost, nothing happened', persona: { dropBeforeProcessing: true } },
  { name: '500 with HTML', persona: { status5xx: 'after' } },
  { name: 'slow: 8 s', persona: { latencyMs: 8_000 } },
  { name: 'no callbacks', persona: { withholdCallbacks: true } },
  { name: 'five of each callback', persona: { duplicateCallbacks: 5 } },
  { name: 'unsigned callbacks', persona: { unsignedCallbacks: true } },
  { name: 'MTN Zambia closed', persona: { availability: { MTN_MOMO_ZMB: 'CLOSED' } } },
  { name: 'status questions down', persona: { statusDown: true } },
]

const STYLE = `
:root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}
body{margin:1.5rem auto;max-width:72rem;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
button,input,select,textarea{font:inherit}button{margin:.15rem .15rem .15rem 0;padding:.25rem .6rem}
button[aria-pressed=true]{outline:2px solid}
textarea{width:100%;box-sizing:border-box;font-family:ui-monospace,monospace}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .6rem .25rem 0;vertical-align:top;border-bottom:1px solid #8884}
code,pre{font:13px ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
.scroll{max-height:20rem;overflow:auto}[role=status]{min-height:1.4em;position:sticky;top:0;background:Canvas}`

/** Runs in the page. Everything that came over the wire is put in as text, never as markup. */
const SCRIPT = `
const $ = (id) => document.getElementById(id)
const say = (text) => { $('said').textContent = text }
const ask = async (path, body) => {
  const response = await fetch('/_sim/' + path, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}
const act = async (what, path, body) => {
  try { await ask(path, body); say(what + ': done'); await refresh() } catch (error) { say(what + ': ' + error.message) }
}
const element = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text ?? '', ...more })
const row = (cells) => {
  const line = document.createElement('tr')
  for (const cell of cells) {
    const td = document.createElement('td')
    td.append(...[cell].flat())
    line.append(td)
  }
  return line
}
const fill = (id, rows) => {
  $(id + '-count').textContent = '(' + rows.length + ')'
  const shown = JSON.stringify(rows.map((cells) => cells.map((cell) => typeof cell === 'string' ? cell : [cell].flat().map((each) => each.textContent))))
  if ($(id).dataset.shown === shown) return
  $(id).dataset.shown = shown
  $(id).replaceChildren(...rows.toReversed().slice(0, 50).map(row))
}
const time = (ms) => new Date(ms).toISOString().slice(11, 19)
const deposit = ({ depositId, status, amount, currency, payer, failureReason, created }) => {
  const { phoneNumber, provider } = payer.accountDetails
  const outcomes = status === 'COMPLETED' ? [] : [
    element('button', 'Approve', { onclick: () => act('approved ' + depositId, 'settle', { depositId, outcome: 'COMPLETED' }) }),
    ...(status === 'FAILED' ? [] : [element('button', 'Decline', { onclick: () => act('declined ' + depositId, 'settle', { depositId, outcome: 'FAILED', failureCode: $('code').value }) })]),
  ]
  return [created.slice(11, 19), depositId, amount + ' ' + currency, phoneNumber, provider, status + (failureReason ? ' ' + failureReason.failureCode : ''), outcomes]
}
const details = (title, text) => {
  const box = document.createElement('details')
  box.append(element('summary', title), element('pre', text))
  return box
}
const refresh = async () => {
  const [clock, deposits, captures, requests, callbacks, persona] = await Promise.all(['clock', 'deposits', 'captures', 'requests', 'callbacks', 'persona'].map((path) => ask(path)))
  $('now').textContent = new Date(clock.nowMs).toISOString().replace('T', ' ').slice(0, 19)
  fill('deposits', deposits.map(deposit))
  fill('captures', captures.map((each) => [time(each.capturedAtMs), each.reference, each.amount + ' ' + each.currency, each.msisdn, each.provider]))
  fill('requests', requests.map((each) => [time(each.atMs), each.method + ' ' + each.target, String(each.status ?? '…'), each.signature ?? '', details('bytes', each.rawHeaders.map(([name, value]) => name + ': ' + value).join('\\n') + '\\n\\n' + each.body + '\\n\\n' + (each.answer ?? ''))]))
  fill('callbacks', callbacks.map((each) => [time(each.atMs), each.reference, 'try ' + each.attempt, String(each.status || each.error), details('body', each.body)]))
  const changed = Object.fromEntries(Object.entries(persona).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(USUAL[name])))
  $('in-force').textContent = Object.keys(changed).length === 0 ? 'as usual' : JSON.stringify(changed)
}
for (const button of document.querySelectorAll('[data-advance]'))
  button.onclick = () => act('time pushed ahead', 'clock', { advanceMs: Number(button.dataset.advance) })
for (const button of document.querySelectorAll('[data-preset]'))
  button.onclick = () => { $('persona').value = button.dataset.preset; say('Set it for whom?') }
$('set').onclick = () => {
  let settings
  try { settings = JSON.parse($('persona').value || '{}') } catch { return say('The settings are not JSON.') }
  const whom = $('whom').value
  act('persona set', 'persona', { ...settings, ...(whom === 'next' ? { next: 1 } : whom === 'msisdn' ? { msisdn: $('msisdn').value } : {}) })
}
$('usual').onclick = () => act('everything as usual', 'persona', { reset: true })
$('reset').onclick = () => confirm('Forget all deposits, captures and requests?') && act('all forgotten', 'reset', {})
const loop = () => refresh().catch((error) => say('The simulator does not answer: ' + error.message)).finally(() => setTimeout(loop, 1500))
loop()`

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

const ADVANCES = [
  ['10 s', 10_000],
  ['1 min', 60_000],
  ['10 min', 600_000],
  ['1 h', 3_600_000],
  ['1 day', 86_400_000],
] as const

const table = (id: string, title: string, heads: readonly string[]): string =>
  `<h2>${title} <span id="${id}-count"></span></h2><div class="scroll"><table><thead><tr>${heads
    .map((head) => `<th>${head}</th>`)
    .join('')}</tr></thead><tbody id="${id}"></tbody></table></div>`

const failureCodes = [
  ...new Set(
    sandboxNumbers.flatMap(({ operation, v2_outcome }) =>
      operation === 'DEPOSIT' && v2_outcome.startsWith('FAILED/') ? [v2_outcome.slice('FAILED/'.length)] : [],
    ),
  ),
].toSorted()

const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>pawaPay simulator</title><link rel="icon" href="data:,"><style>${STYLE}</style></head><body>
<h1>pawaPay simulator</h1><p role="status" id="said"></p>
<h2>Time: <span id="now"></span></h2><p>Push ahead by ${ADVANCES.map(([name, ms]) => `<button data-advance="${ms}">${name}</button>`).join('')}</p>
${table('deposits', 'Deposits', ['at', 'reference', 'amount', 'customer', 'provider', 'status', 'the customer'])}
<p><label>Decline with <select id="code">${failureCodes.map((code) => `<option>${escaped(code)}</option>`).join('')}</select></label></p>
<h2>Persona, for everyone: <code id="in-force"></code></h2>
<p>${PRESETS.map(({ name, persona }) => `<button data-preset="${escaped(JSON.stringify(persona))}">${escaped(name)}</button>`).join('')}</p>
<p><label>Settings (README.md has all of them)<textarea id="persona" rows="3">{}</textarea></label></p>
<p><label>for <select id="whom"><option value="next">the next deposit</option><option value="everyone">everyone</option><option value="msisdn">this customer</option></select></label>
<label>number <input id="msisdn" size="14" placeholder="260763456789"></label>
<button id="set">Set</button><button id="usual">All as usual</button><button id="reset">Forget everything</button></p>
${table('captures', 'Money taken', ['at', 'reference', 'amount', 'customer', 'provider'])}
${table('requests', 'Requests', ['at', 'call', 'answer', 'signature', ''])}
${table('callbacks', 'Callbacks', ['at', 'reference', 'try', 'answer', ''])}
<h2>Sandbox numbers</h2><div class="scroll"><table><thead><tr><th>number</th><th>provider</th><th>a deposit ends</th></tr></thead><tbody>${sandboxNumbers
  .filter(({ operation }) => operation === 'DEPOSIT')
  .map(
    ({ msisdn, provider, v2_outcome }) =>
      `<tr><td>${escaped(msisdn)}</td><td>${escaped(provider)}</td><td>${escaped(v2_outcome)}</td></tr>`,
  )
  .join('')}</tbody></table></div>
<script>const USUAL = ${JSON.stringify(USUAL)}${SCRIPT}</script></body></html>`

/** A page for people, over the calls of `/_sim`. */
export const simPage = (): Reply => ({
  status: 200,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:",
  },
  body: page,
})
