import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Publishable } from '../../../src/adapters/qstash-publish.ts'
import { createNotifier, dedupIdOf } from '../../../src/consumer/notify.ts'
import type { DeliveryTry } from '../../../src/contracts/events.ts'
import type { EventId, WebhookEndpointId } from '../../../src/domain/ids.ts'

const hex = fc.stringMatching(/^[0-9a-f]{26}$/)
const words = fc.constantFrom(
  'succeeded_1',
  'failed_1',
  'failed_11',
  'unknown_1',
  'late_success_1',
  'review_1_reversal',
)
/** Few events and endpoints, so that many tries differ in one thing alone. */
const tries = fc
  .tuple(fc.array(fc.tuple(hex, words), { minLength: 1, maxLength: 3 }), fc.array(hex, { minLength: 1, maxLength: 3 }))
  .chain(([events, endpoints]) =>
    fc.uniqueArray(
      fc.record({
        eventId: fc.constantFrom(...events.map(([key, word]) => `evt_${key}_${word}` as EventId)),
        endpointId: fc.constantFrom(...endpoints.map((key) => `whe_${key}` as WebhookEndpointId)),
        round: fc.integer({ min: 1, max: 12 }),
        n: fc.integer({ min: 1, max: 12 }),
      }),
      { selector: (one) => JSON.stringify(one), minLength: 1, maxLength: 60 },
    ),
  )

const notifying = async (list: readonly DeliveryTry[], ...more: [number?, string?]) => {
  const published: Publishable[] = []
  const notify = createNotifier(async (message) => {
    published.push(message)
    return 'published'
  })
  expect(await notify(list, ...more)).toBe(list.length)
  return published
}

it('T49: no two tries of whatever event, endpoint and round share an id in the queue; the same try always has the same', () =>
  fc.assert(
    fc.asyncProperty(tries, async (list) => {
      const ids = (await notifying(list)).map(({ dedupId }) => dedupId)
      expect(new Set(ids).size).toBe(list.length)
      expect(ids).toEqual(list.map(dedupIdOf))
      expect((await notifying(list)).map(({ dedupId }) => dedupId)).toEqual(ids)
      // What is swept was published once before: its id is a new one.
      const again = (await notifying(list, 0, '_29000000')).map(({ dedupId }) => dedupId)
      expect(again.filter((id) => ids.includes(id))).toEqual([])
      for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{1,190}$/)
    }),
    { numRuns: 100 },
  ))

it('says how long a try is to wait, in whole seconds and no sooner', async () => {
  const one = { eventId: 'evt_1' as EventId, endpointId: 'whe_1' as WebhookEndpointId, round: 1, n: 2 }
  expect((await notifying([one], 5_001))[0]).toMatchObject({ delayS: 6, flow: 'notification_whe_1' })
  expect((await notifying([one]))[0]).not.toHaveProperty('delayS')
})

it('counts what the queue took', async () => {
  const one = { eventId: 'evt_1' as EventId, endpointId: 'whe_1' as WebhookEndpointId, round: 1, n: 1 }
  expect(await createNotifier(async () => 'failed')([one, { ...one, n: 2 }])).toBe(0)
})

it('never has more under way than can have a connection soon: the others would be given up while they wait', async () => {
  let [underWay, most] = [0, 0]
  const notify = createNotifier(async () => {
    most = Math.max(most, ++underWay)
    await Promise.resolve()
    underWay -= 1
    return 'published'
  })
  const one = { eventId: 'evt_1' as EventId, endpointId: 'whe_1' as WebhookEndpointId, round: 1 }
  expect(await notify(Array.from({ length: 500 }, (_, n) => ({ ...one, n })))).toBe(500)
  expect(most).toBe(20)
})
