/**
 * `node scripts/spike.ts`: five thousand callbacks in ten seconds, every third of them a repetition. Fails unless each
 * payment is fulfilled and posted exactly once and the ledger balances.
 *
 *   node scripts/spike.ts --callbacks 500 --seconds 1 --open 10
 *
 * The payments have been open for a while when the spike comes (`--open`, in seconds after the last was made): young ones ask
 * the gateway every few seconds, and thousands of them would be another load than the one that is looked at.
 */
import './stack/environment.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { runSpike } from './spike/spike.ts'
import { startStack } from './stack/stack.ts'

const { values } = parseArgs({
  options: {
    callbacks: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '10' },
    duplicates: { type: 'string', default: '0.3' },
    open: { type: 'string', default: '150' },
  },
})
const plan = {
  callbacks: Number(values.callbacks),
  seconds: Number(values.seconds),
  duplicateShare: Number(values.duplicates),
  openMs: Number(values.open) * 1000,
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
