import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { BREAKER, REDIS_ADDS_MS_MAX } from '../../src/adapters/redis-payment-lock.ts'
import type { Persona } from '../emulators/upstash-redis/persona.ts'
import { checkHistory } from '../history/check.ts'
import { createRecorder } from '../history/recorder.ts'
import { eventually, freshKey, order, useStack } from './fixture.ts'

const lango = useStack()

const PAYMENTS = 240
const AT_ONCE = 8

const FAULTS: readonly (readonly [name: string, Persona | 'flush'])[] = [
  ['down', { down: true }],
  ['answer lost after the write', { dropAfterExecute: 3 }],
  ['request lost', { dropBeforeExecute: 3 }],
  ['every write twice', { duplicate: 3 }],
  ['answers 500', { error500: 3 }],
  ['a failover loses the latest writes', { loseLastWrites: 10 }],
  ['emptied', 'flush'],
  ['reads from a replica that is behind', { staleReads: 20 }],
  ['answers after the client gave up', { delayReplyMs: 700 }],
]

/** Runs `work` for 0 … count-1, so many at a time. */
const inParallel = async (count: number, work: (i: number) => Promise<void>): Promise<void> => {
  let next = 0
  const lane = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

it('T10, T08, T09, T11: with a Redis that lies, forgets and flaps every payment is taken, and each once', async () => {
  const { control } = lango.stack.redis
  const recorder = createRecorder(lango.stack)
  const struck = new Set<string>()
  let flapping = true
  const flap = (async () => {
    for (let i = 0; flapping; i++) {
      const [name, fault] = FAULTS[i % FAULTS.length] as (typeof FAULTS)[number]
      if (fault === 'flush') await control.reset({ flush: true })
      else await control.persona(fault)
      struck.add(name)
      await sleep(120)
      await control.reset()
      await sleep(60)
    }
  })()

  const statuses = new Map<number, number>()
  await inParallel(PAYMENTS, async (i) => {
    const body = order()
    const headers = { 'idempotency-key': freshKey() }
    // Every third is tapped twice at once, by the same key or from another device.
    const taps = i % 3 === 0 ? [headers, i % 2 === 0 ? headers : {}] : [headers]
    const answers = await Promise.all(taps.map((tap) => recorder.pay(body, tap)))
    for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1)
    expect(new Set(answers.map(({ body: { id } }) => id)).size).toBe(1)
  })
  flapping = false
  await flap
  await control.reset()

  const asked = [...statuses.values()].reduce((sum, count) => sum + count)
  const accepted = [200, 201, 202].reduce((sum, status) => sum + (statuses.get(status) ?? 0), 0)
  expect(accepted / asked, JSON.stringify([...statuses])).toBeGreaterThanOrEqual(0.99)
  expect(struck.size).toBeGreaterThanOrEqual(5)
  expect(lango.logs.filter((line) => line.includes('"redis_failed"')).length).toBeGreaterThan(0)

  expect(await recorder.settle(60_000)).toEqual([])
  const history = await recorder.collect(true)
  expect(history.captures).toHaveLength(PAYMENTS)
  const verdict = checkHistory(history)
  expect(verdict.judgements.flatMap(({ violations }) => violations)).toEqual([])
  expect(verdict.holds).toBe(true)
}, 180_000)

it('T10: a Redis that stays away costs an isolate three claims, and then one try in each pause', async () => {
  expect(REDIS_ADDS_MS_MAX).toBeLessThanOrEqual(2_000)
  const { control } = lango.stack.redis
  await control.reset()
  // The load of the test before may have left the isolate in one of its pauses: it asks Redis again first.
  await eventually(async () => (await lango.pay(order())).status === 201 && control.requests().length > 0)
  await control.reset()
  await control.persona({ down: true })
  const startedMs = performance.now()
  for (let i = 0; i < 30; i++) expect((await lango.pay(order())).status).toBe(201)
  const pauses = Math.ceil((performance.now() - startedMs) / BREAKER.pauseMs)
  // A claim tries twice, what follows it once; each payment would have cost three.
  expect(control.requests().length).toBeLessThanOrEqual(2 * (BREAKER.failuresMax + pauses))
  expect(control.requests().length).toBeGreaterThan(0)
  await control.reset()
})
