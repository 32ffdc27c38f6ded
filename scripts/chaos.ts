/**
 * `npm run chaos`: the real stack under a seeded mix of faults, judged from outside, with a report on one page. Exit code 1 when an invariant is violated, a payment does not come to
 * rest, a planned kind of fault was never seen, or there were fewer payments than asked (if not said 150 a minute, or one for
 * every other customer where that is less).
 */
import './stack/environment.ts'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Choice } from '../test/chaos/gateways.ts'
import { outcomeOf } from '../test/chaos/outcome.ts'
import { again, inMs, reportOf, whole } from '../test/chaos/report.ts'
import { type Progress, runChaos } from '../test/chaos/run.ts'
import { commandLine } from './command-line.ts'

const line = commandLine(
  'npm run chaos [-- --minutes 2] [--seed S] [--rate 5] [--gateways one|several] [--out FILE] [--payments N]',
)
const { values } = line.options({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string' },
    rate: { type: 'string', default: '5' },
    gateways: { type: 'string', default: 'several' },
    out: { type: 'string', default: '.lango/reports/chaos.html' },
    payments: { type: 'string' },
  },
})

const choiceOf = (text: string): Choice => {
  if (text === 'one' || text === 'several') return text
  return line.refuse(`--gateways: one or several, not "${text}"`)
}

const PAYMENTS_A_MINUTE = 150
const minutes = line.positive('--minutes', values.minutes)
const ratePerSecond = line.positive('--rate', values.rate)
const gateways = choiceOf(values.gateways)
const paymentsLeast = values.payments
  ? line.positive('--payments', values.payments)
  : Math.floor(Math.min(PAYMENTS_A_MINUTE, (ratePerSecond * 60) / 2) * minutes)
const seed = values.seed ?? String(Date.now() % 1_000_000)
// It becomes part of invoices and keys.
if (!/^[\w.-]{1,40}$/.test(seed)) line.refuse('--seed: 1 to 40 letters, digits, dots, dashes or underscores')
const out = path.resolve(values.out)
const log = out.replace(/(\.html)?$/, '.log.jsonl')
const live = process.stdout.isTTY

let lastLineMs = 0
/** In a terminal one line that changes; elsewhere a line every ten seconds. */
const show = (line: string): void => {
  if (live) process.stdout.write(`\r\x1b[2K${line.slice(0, (process.stdout.columns ?? 120) - 1)}`)
  else if (Date.now() - lastLineMs >= 10_000) {
    lastLineMs = Date.now()
    console.log(line)
  }
}

const tally = (statuses: ReadonlyMap<string, string>): string => {
  const counts = new Map<string, number>()
  for (const status of statuses.values()) counts.set(status, (counts.get(status) ?? 0) + 1)
  return [...counts].map(([status, count]) => `${count} ${status}`).join(', ')
}

const ahead = (ms: number): string =>
  ms < 7_200_000
    ? `${Math.round(ms / 60_000)} min`
    : ms < 172_800_000
      ? `${ms / 3_600_000} h`
      : `${ms / 86_400_000} days`

const progress = ({ phase, atMs, seen, hits, now, open, aheadMs = 0 }: Progress): void => {
  const at = `${Math.round(atMs / 1_000)} s`.padStart(6)
  const what = now.length > 0 ? now.join(', ') : 'nothing wrong'
  if (phase === 'rest') show(`${at}  coming to rest: ${open} payments open, ${ahead(aheadMs)} later`)
  else show(`${at}  ${seen.statuses.size} payments (${tally(seen.statuses)}), struck ${hits} times; ${what}`)
}

console.log(
  `chaos: ${minutes} min, ${ratePerSecond} customers/s, ${gateways === 'one' ? 'one gateway' : 'several gateways'}, seed ${seed}`,
)
mkdirSync(path.dirname(out), { recursive: true })
writeFileSync(log, '')
const stateDir = mkdtempSync(path.join(tmpdir(), 'lango-chaos-'))
try {
  const run = await runChaos({
    seed,
    durationMs: minutes * 60_000,
    ratePerSecond,
    gateways,
    stateDir,
    onLog: (line) => appendFileSync(log, `${line}\n`),
    onProgress: progress,
  })
  if (live) process.stdout.write('\r\x1b[2K')
  const outcome = outcomeOf(run, paymentsLeast)
  writeFileSync(out, reportOf(run, outcome))

  const width = Math.max(...outcome.kinds.map(({ name }) => name.length))
  console.log(`\n${'fault'.padEnd(width)}  ${'planned'.padStart(8)}  ${'struck'.padStart(8)}`)
  for (const { name, planned, happened } of outcome.kinds)
    console.log(`${name.padEnd(width)}  ${whole(planned).padStart(8)}  ${whole(happened).padStart(8)}`)
  console.log('')
  for (const { claim, says, judged, holds, violations } of outcome.verdict.judgements) {
    console.log(`${holds ? 'holds   ' : 'VIOLATED'}  ${claim.padEnd(8)}  ${whole(judged).padStart(8)} facts  ${says}`)
    for (const violation of violations) console.log(`            ${violation}`)
  }
  console.log('')
  for (const [fate, count] of outcome.fates) console.log(`${whole(count).padStart(8)}  ${fate}`)
  console.log('')
  for (const [way, count] of outcome.ways) console.log(`${whole(count).padStart(8)}  ${way}`)
  console.log('')
  for (const { name, p50, p90, p99 } of outcome.latencies)
    console.log(`first answer p50 ${inMs(p50)} ms, p90 ${inMs(p90)} ms, p99 ${inMs(p99)} ms  (${name})`)
  for (const problem of outcome.problems) console.log(`\nFAILED: ${problem}`)
  console.log(`
${whole(outcome.payments)} payments, ${whole(outcome.asks)} requests to pay, ${outcome.kinds.filter(({ happened }) => happened > 0).length} kinds of fault seen
report  ${path.relative('.', out)}
logs    ${path.relative('.', log)}
again   ${again(run)}
${outcome.passed} passed, ${outcome.failed} failed`)
  process.exitCode = outcome.failed === 0 ? 0 : 1
} finally {
  rmSync(stateDir, { recursive: true, force: true })
}
