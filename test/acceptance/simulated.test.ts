import { beforeAll, describe, expect, it } from 'vitest'
import { bundleCode } from '../simulation/code/bundle.ts'
import type { FaultKind } from '../simulation/faults.ts'
import { type Report, simulate } from '../simulation/run.ts'

/**
 * One run of the simulation, looked at row by row: that what the row is about has truly happened in it, and that the claims
 * which it would break were judged and hold. All faults come together, so a broken guard of one row shows in others, too.
 */
const SEED = 7
const PAYMENTS = 3_000

type Claim = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I13' | 'failover' | 'register'

const ROWS: readonly (readonly [title: string, faults: readonly FaultKind[], claims: readonly Claim[]])[] = [
  [
    'T02: requests are repeated because their answers are lost',
    ['answer_lost', 'rpc_answer_lost'],
    ['I13', 'register'],
  ],
  ['T05: an object dies before its call has left', ['object_crashed', 'vault_rpc_broke_before'], ['I6', 'I7']],
  [
    'T06: an object dies after its call has left',
    ['object_crashed', 'vault_rpc_broke_after', 'object_stale'],
    ['I6', 'I7'],
  ],
  ['T07: calls outlast every lock', ['gateway_hung'], ['I1', 'I7']],
  ['T08: Redis loses what it had acknowledged', ['redis_failed_over', 'redis_flushed'], ['I1', 'I13']],
  [
    'T12: a key comes back after a day, and after its record was pruned',
    ['key_after_a_day', 'key_after_a_month'],
    ['I1', 'I13'],
  ],
  ['T17: a gateway hangs and takes the money later', ['gateway_hung'], ['I2', 'I7']],
  ['T21: a gateway does not find what it has just taken', ['index_lags'], ['I2', 'I7']],
  ['T22: a gateway cannot be asked', ['status_query_failed', 'status_down'], ['I2']],
  ['T23: failed, and then it took the money', ['late_success'], ['I1', 'I2', 'I4']],
  ['T24: a gateway refuses for its own reasons, and another takes over', ['gateway_refused'], ['I1', 'I7', 'failover']],
  ['T26: gateways go down while attempts are pending there', ['gateway_down', 'gateway_degraded'], ['I1', 'I7']],
  ['T27: an operator is down at every gateway', ['operator_down'], ['I1', 'failover']],
  ['T37: the same news again and again, beside polls', ['callback_again', 'queue_delivered_again'], ['I3', 'I5']],
  ['T38: callbacks overtake the answer to the send', ['gateway_hung', 'storage_slow'], ['I2', 'I4']],
  [
    'T41: the consumer dies between the effect and its mark, and what it was told is lost',
    ['consumer_crashed', 'database_answer_lost'],
    ['I3', 'I5'],
  ],
  [
    'T42: the queue delivers again within a quarter of an hour, and after three months',
    ['queue_delivered_again', 'queue_delivered_months_later'],
    ['I3', 'I5'],
  ],
  [
    'T43: the queue gives up; what it gave up on is copied, and replayed by people',
    ['queue_gave_up', 'dead_letter_copied', 'dead_letter_replayed'],
    ['I2', 'I3'],
  ],
  [
    'T50: answers of D1 are lost, and objects die, around a posting',
    ['database_answer_lost', 'database_down', 'object_crashed'],
    ['I3', 'I5'],
  ],
  ['T58: clocks jump', ['clock_jumped'], ['I2', 'I7']],
  ['T61: callers are gone, and calls take up to 120 s', ['request_lost', 'gateway_hung'], ['I1', 'I2']],
  ['T62: Redis is flushed, and D1 cannot be reached', ['redis_flushed', 'database_down'], ['I2', 'I3']],
]

let report: Report
beforeAll(async () => {
  report = await simulate({ file: await bundleCode(), seed: SEED, payments: PAYMENTS, workers: 2 })
}, 240_000)

describe(`in a simulation of ${PAYMENTS} payments, seed ${SEED}`, () => {
  it('T60: nothing is broken and nothing is left in the air', () => {
    expect(report.payments).toBe(PAYMENTS)
    expect(report.failures).toEqual([])
  })

  it.each(ROWS)('%s', (_, faults, claims) => {
    for (const fault of faults) expect(report.faults[fault] ?? 0, fault).toBeGreaterThan(0)
    for (const claim of claims) {
      const judgement = report.verdict.judgements.find((each) => each.claim === claim)
      expect(judgement?.judged, claim).toBeGreaterThan(0)
      expect(judgement?.violations, claim).toEqual([])
    }
    expect(report.failures).toEqual([])
  })
})
