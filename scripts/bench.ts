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

const OUT = '.lango/bench'
const USAGE = `npm run bench                         latency, throughput and cost of a payment (some minutes)
npm run bench -- --quick              the same in about a minute, for a look
npm run bench -- hold N [--seconds 30] holds N slow initiations
npm run bench -- callbacks            what a callback costs, beside a Worker that only publishes (some minutes; --quick: one)
npm run bench -- core                 the core in workerd: signing, verifying, unsealing, a deposit, its size (two minutes); --check: exit 1 for a ratio or a size
npm run bench -- route                what a routing decision takes in workerd, over 10 gateways and 50 rules (half a minute); exit 1 above its target
npm run bench -- capacity             the same cost with an empty D1 and with a million payments in it`

const say = (line: string): void => console.log(`  ${line}`)

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
    const result = await runPayments(args.includes('--quick') ? QUICK : STANDARD, say)
    return finish('payments', paymentsText(result), paymentsPage(result), result, targetsOf(result))
  },
  hold: async ([text = '', ...rest]) => {
    const given = (name: string, otherwise: number) => {
      const at = rest.indexOf(name)
      return at < 0 ? otherwise : Number(rest[at + 1])
    }
    const [count, seconds] = [Number(text), given('--seconds', 30)]
    if (!(Number.isInteger(count) && count > 0 && seconds > 0)) {
      console.error(USAGE)
      return 2
    }
    const result = await runHold(count, seconds, say)
    return finish(`hold-${count}`, holdText(result), holdPage(result), result, holdTargets(result))
  },
  callbacks: async (args) => {
    const result = await runCallbacks(args.includes('--quick') ? QUICK_CALLBACKS : CALLBACKS, say)
    return finish('callbacks', callbacksText(result), callbacksPage(result), result, callbackTargets(result))
  },
  core: async (args) => {
    const { machineFreeTargets, runCore } = await import('../bench/core/core.ts')
    const { corePage, coreText } = await import('../bench/core/report.ts')
    const result = await runCore(say)
    finish('core', coreText(result), corePage(result), result, [])
    return args.includes('--check') && !machineFreeTargets(result).every(isMet) ? 1 : 0
  },
  route: async () => {
    const { routeTargets, routeText, runRoute } = await import('../bench/route/route.ts')
    const result = await runRoute()
    console.log(routeText(result))
    return routeTargets(result).every(isMet) ? 0 : 1
  },
  // Loaded when asked for: it brings the whole stack.
  capacity: async (args) => (await import('../bench/capacity/run.ts')).run(args),
}

const [first = 'payments', ...rest] = process.argv.slice(2)
const named = !first.startsWith('-')
const bench = BENCHES[named ? first : 'payments']
if (!bench) {
  console.error(USAGE)
  process.exitCode = 2
} else {
  process.exitCode = await bench(named ? rest : [first, ...rest])
}
