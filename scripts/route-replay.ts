/**
 * `npm run route:replay`: seeded outages, through the real decision and through three routers it is compared with.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createRouteCore } from '../src/core/route.ts'
import { createRandom, mix } from '../test/simulation/random.ts'
import { commandLine } from './command-line.ts'
import { standaloneSvg } from './report/standalone.ts'
import { contenders } from './route-replay/contenders.ts'
import { payments, RAILS } from './route-replay/gateways.ts'
import { demandsOf, hindsight, type Result, resultOf } from './route-replay/judge.ts'
import { type Judged, replayPage, replayText, shareChart } from './route-replay/report.ts'
import { traces } from './route-replay/traces.ts'
import { replay } from './route-replay/world.ts'

const OUT = '.lango/route'

const USAGE = `npm run route:replay                   the table, the page in ${OUT}, exit 1 when something is not reached
npm run route:replay -- --seed 7       other payments, other luck; the same seed gives the same digest
npm run route:replay -- --image FILE   also writes the chart of the gateway that goes down, as SVG`

const line = commandLine(USAGE)
const { values } = line.options({
  options: { seed: { type: 'string', default: '1' }, image: { type: 'string' } },
})
const seed = line.whole('--seed', values.seed)

const root = path.resolve(import.meta.dirname, '..')
const core = createRouteCore(new WebAssembly.Module(readFileSync(path.join(root, 'src/core/generated/route.wasm'))))

const results: Result[] = []
const judged: Judged[] = []
for (const [i, trace] of traces('pawapay', RAILS[0], createRandom(seed)).entries()) {
  const all = payments(trace, createRandom(mix(seed, i + 1)))
  const best = hindsight(trace, (contender) => replay(trace, all, contender, core.mayFailOver))
  for (const contender of contenders(core)) {
    const result = resultOf(contender.name, trace, all, replay(trace, all, contender, core.mayFailOver), best)
    results.push(result)
    if (contender.name === 'lango') judged.push({ result, demands: demandsOf(result, trace) })
  }
}

const digest = createHash('sha256')
  .update(results.map((result) => result.digest).join('\n'))
  .digest('hex')
mkdirSync(OUT, { recursive: true })
writeFileSync(path.join(OUT, 'replay.html'), replayPage(results, judged, seed, digest))
if (values.image !== undefined) {
  const down = results.filter(({ trace }) => trace === results[0]?.trace)
  writeFileSync(values.image, standaloneSvg(shareChart(down)))
}
const demands = judged.flatMap((it) => it.demands)
const missed = demands.filter(({ met }) => !met).length
console.log(`${replayText(results, judged)}\n\nCharts: ${path.join(OUT, 'replay.html')}`)
console.log(`seed ${seed}, digest ${digest}`)
console.log(`${demands.length - missed} passed, ${missed} failed`)
process.exitCode = missed === 0 ? 0 : 1
