import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  STANDARD as CALLBACKS,
  callbackTargets,
  QUICK as QUICK_CALLBACKS,
  runCallbacks,
} from '../bench/callbacks/callbacks.ts'
import { callbacksPage, callbacksText } from '../bench/callbacks/report.ts'
import { holdTargets, runHold } from '../bench/hold.ts'
import { holdPage, holdText } from '../bench/hold-report.ts'
import { QUICK, runPayments, STANDARD, targetsOf } from '../bench/payments.ts'
import { paymentsPage, paymentsText } from '../bench/payments-report.ts'
import { isMet, type Target } from '../bench/targets.ts'
import { commandLine } from './command-line.ts'

const OUT = '.lango/bench'
const USAGE = `npm run bench                            latency, throughput and cost of a payment (some minutes)
npm run bench -- --quick                 the same in about a minute, for a look
npm run bench -- hold N [--seconds 30]   holds N slow initiations
npm run bench -- callbacks               what a callback costs, beside a Worker that only publishes (some minutes; --quick: one)
npm run bench -- core                    the core in workerd: signing, verifying, unsealing, a deposit, its size (a minute, and some more to build); --check: exit 1 for a ratio or a size
npm run bench -- route                   what a routing decision takes in workerd, over 10 gateways and 50 rules (half a minute); exit 1 above its target
npm run bench -- capacity                the same cost with an empty D1 and with a million payments in it; --payments 200: a look, --rows N: fewer in it`

const line = commandLine(USAGE)
const say = (text: string): void => console.log(`  ${text}`)

/** Writes the page beside its numbers, and says how it went. */
const finish = (name: string, text: string, html: string, result: unknown, targets: readonly Target[]): number => {
  mkdirSync(OUT, { recursive: true })
  writeFileSync(path.join(OUT, `${name}.html`), html)
  writeFileSync(path.join(OUT, `${name}.json`), `${JSON.stringify(result, null, 1)}\n`)
  console.log(`\n${text}\n\nCharts: ${path.join(OUT, `${name}.html`)}, numbers beside it.`)
  return targets.every(isMet) ? 0 : 1
}

type Bench = (args: readonly string[]) => Promise<number>

/** By name; without one, `payments`. */
const BENCHES: Readonly<Record<string, Bench>> = {
  payments: async (args) => {
    const { values } = line.options({ args, options: { quick: { type: 'boolean' } } })
    const result = await runPayments(values.quick ? QUICK : STANDARD, say)
    return finish('payments', paymentsText(result), paymentsPage(result), result, targetsOf(result))
  },
  hold: async (args) => {
    const { values, positionals } = line.options({
      args,
      allowPositionals: true,
      options: { seconds: { type: 'string', default: '30' } },
    })
    const count = line.whole('hold', positionals.join(' '), 1)
    const seconds = line.positive('--seconds', values.seconds)
    const result = await runHold(count, seconds, say)
    return finish(`hold-${count}`, holdText(result), holdPage(result), result, holdTargets(result))
  },
  callbacks: async (args) => {
    const { values } = line.options({ args, options: { quick: { type: 'boolean' } } })
    const result = await runCallbacks(values.quick ? QUICK_CALLBACKS : CALLBACKS, say)
    return finish('callbacks', callbacksText(result), callbacksPage(result), result, callbackTargets(result))
  },
  core: async (args) => {
    const { values } = line.options({ args, options: { check: { type: 'boolean' } } })
    const { machineFreeTargets, runCore } = await import('../bench/core/core.ts')
    const { corePage, coreText } = await import('../bench/core/report.ts')
    const result = await runCore(say)
    finish('core', coreText(result), corePage(result), result, [])
    return values.check && !machineFreeTargets(result).every(isMet) ? 1 : 0
  },
  route: async (args) => {
    line.options({ args })
    const { routeTargets, routeText, runRoute } = await import('../bench/route/route.ts')
    const result = await runRoute()
    console.log(routeText(result))
    return routeTargets(result).every(isMet) ? 0 : 1
  },
  // Loaded when asked for: it brings the whole stack.
  capacity: async (args) => {
    const { values } = line.options({
      args,
      options: { rows: { type: 'string', default: '1000000' }, payments: { type: 'string', default: '1000' } },
    })
    const [rows, payments] = [line.whole('--rows', values.rows, 1), line.whole('--payments', values.payments, 1)]
    return (await import('../bench/capacity/run.ts')).run(rows, payments)
  },
}

const [first = 'payments', ...rest] = process.argv.slice(2)
const named = !first.startsWith('-')
const bench = BENCHES[named ? first : 'payments']
if (!bench) line.refuse(`no bench ${first}`)
else process.exitCode = await bench(named ? rest : [first, ...rest])
