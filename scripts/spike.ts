/**
 * `npm run spike`: five thousand callbacks in ten seconds, every third of them a repetition. Fails unless each
 * payment is fulfilled and posted exactly once and the ledger balances.
 *
 * The payments have been open for a while when the spike comes (`--open`, in seconds after the last was made): young ones ask
 * the gateway every few seconds, and thousands of them would be another load than the one that is looked at.
 */
import './stack/environment.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { commandLine } from './command-line.ts'
import { runSpike } from './spike/spike.ts'
import { startStack } from './stack/stack.ts'

const USAGE = `npm run spike                                                 5000 callbacks in 10 s, on payments open for 150 s (some minutes)
npm run spike -- --callbacks 500 --seconds 1 --open 10        a look; --duplicates 0.3 is the share of repetitions`

const line = commandLine(USAGE)
const { values } = line.options({
  options: {
    callbacks: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '10' },
    duplicates: { type: 'string', default: '0.3' },
    open: { type: 'string', default: '150' },
  },
})
const duplicateShare = Number(values.duplicates)
if (!(duplicateShare >= 0 && duplicateShare < 1))
  line.refuse(`--duplicates: from 0 to below 1, not "${values.duplicates}"`)
const plan = {
  callbacks: line.whole('--callbacks', values.callbacks, 1),
  seconds: line.positive('--seconds', values.seconds),
  duplicateShare,
  openMs: line.whole('--open', values.open) * 1000,
}
const WIDE = '1000000/1000s'
const stateDir = mkdtempSync(path.join(tmpdir(), 'lango-spike-'))
const stack = await startStack({
  ports: { edge: 0, consumer: 0, redis: 0, qstash: 0, pawapay: 0 },
  stateDir,
  redis: 'auto',
  vars: { edge: { LANGO_LIMIT_MERCHANT: WIDE, LANGO_LIMIT_PHONE: WIDE, LANGO_LIMIT_GATEWAY: WIDE } },
})
try {
  console.log(`${plan.callbacks} callbacks in ${plan.seconds} s, ${plan.duplicateShare * 100} % of them repetitions`)
  const result = await runSpike(stack, { ...plan, onProgress: console.log })
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  console.log(`  payments            ${result.payments}`)
  console.log(
    `  callbacks           ${result.callbacks} in ${seconds(result.spikeMs)}, ${result.refused} refused at first`,
  )
  console.log(`  fulfilled           ${result.orders}, the last after ${seconds(result.fulfilledMs)}`)
  console.log(
    `  ledger entries      ${result.entries}, ${result.wronglyPosted.length} payments not posted exactly once`,
  )
  console.log(`  out of balance      ${result.imbalances}`)
  const isRight =
    result.orders === result.payments &&
    result.entries === result.payments &&
    result.wronglyPosted.length === 0 &&
    result.imbalances === 0
  if (!isRight) process.exitCode = 1
} finally {
  await stack.close()
  rmSync(stateDir, { recursive: true, force: true })
}
process.exit()
