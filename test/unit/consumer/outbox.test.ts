import { expect, it } from 'vitest'
import { createOutbox, type OutboxStore } from '../../../src/consumer/outbox.ts'
import type { OutboxRow } from '../../../src/consumer/payment-record.ts'
import type { HistoryEntry, KeptMessage } from '../../../src/contracts/payment-object.ts'
import { PAYMENT } from '../../flows/fakes.ts'

const NOW = 1_790_000_000_000

const callback = (n: number): KeptMessage => ({ v: 1, kind: 'callback', body: `callback ${n}`, dedupId: `cb_${n}` })

/** An outbox over rows in memory. `answers`: what the queue says, one after another, and `published` from then on. */
const outboxOver = (...answers: ('published' | 'failed' | Error)[]) => {
  const rows: (OutboxRow & { nextAtMs: number })[] = []
  const history: HistoryEntry[] = []
  const tried: KeptMessage[] = []
  let ids = 0
  const store: OutboxStore = {
    keep: (message, nextAtMs) => {
      rows.push({ id: ++ids, message, tries: 0, nextAtMs })
    },
    holds: (kind) => rows.some(({ message }) => message.kind === kind),
    outboxDue: (nowMs) => rows.filter(({ nextAtMs }) => nextAtMs <= nowMs).map((row) => ({ ...row })),
    published: (id) => {
      rows.splice(
        rows.findIndex((row) => row.id === id),
        1,
      )
    },
    postpone: (id, nextAtMs) => {
      const index = rows.findIndex((row) => row.id === id)
      const row = rows[index]
      if (row) rows[index] = { ...row, tries: row.tries + 1, nextAtMs }
    },
    note: (entry) => {
      history.push(entry)
    },
  }
  const publish = async (message: KeptMessage): Promise<'published' | 'failed'> => {
    tried.push(message)
    const answer = answers.shift() ?? 'published'
    if (answer instanceof Error) throw answer
    return answer
  }
  return { outbox: createOutbox(store, publish, () => NOW), rows, history, tried }
}

it('what the edge could not publish is tried a second later, not at once', async () => {
  const { outbox, tried, rows } = outboxOver()
  outbox.keep(callback(1))
  expect(await outbox.drain(NOW + 999)).toBe(0)
  expect(tried).toEqual([])
  expect(await outbox.drain(NOW + 1_000)).toBe(1)
  expect([tried, rows]).toEqual([[callback(1)], []])
})

it('tells how many the queue took, and writes down which', async () => {
  const { outbox, rows, history } = outboxOver('published', 'failed', 'published')
  for (const n of [1, 2, 3]) outbox.keep(callback(n))
  expect(await outbox.drain(NOW + 1_000)).toBe(2)
  expect(rows.map(({ message }) => message)).toEqual([callback(2)])
  expect(history).toEqual([
    { atMs: NOW, event: 'published', detail: 'callback' },
    { atMs: NOW, event: 'published', detail: 'callback' },
  ])
})

it('T40: a queue that takes nothing is tried after 1 s, 2 s, 4 s … and once a minute, and nothing is dropped', async () => {
  const { outbox, rows, history } = outboxOver(...Array.from({ length: 9 }, () => 'failed' as const))
  outbox.keep(callback(1))
  const pauses: number[] = []
  for (let i = 0; i < 9; i += 1) {
    expect(await outbox.drain(NOW + 60_000)).toBe(0)
    pauses.push((rows[0]?.nextAtMs ?? 0) - NOW)
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  expect(history).toEqual([])
  expect(await outbox.drain(NOW + 60_000)).toBe(1)
})

it('two drains at once publish each row once', async () => {
  const { outbox, tried } = outboxOver()
  outbox.keep(callback(1))
  expect(await Promise.all([outbox.drain(NOW + 1_000), outbox.drain(NOW + 1_000)])).toEqual([1, 0])
  expect(tried).toHaveLength(1)
})

it('a drain that breaks off lets the next one in', async () => {
  const { outbox } = outboxOver(new Error('the isolate is going'))
  outbox.keep(callback(1))
  await expect(outbox.drain(NOW + 1_000)).rejects.toThrow('the isolate is going')
  expect(await outbox.drain(NOW + 1_000)).toBe(1)
})

it('nudges at once, one at a time, under an id that was never used', async () => {
  const { outbox, rows, tried } = outboxOver()
  outbox.keep(callback(1))
  outbox.nudge(PAYMENT)
  outbox.nudge(PAYMENT)
  expect(rows).toHaveLength(2)
  expect(await outbox.drain(NOW)).toBe(1)
  expect(tried).toEqual([
    {
      v: 1,
      kind: 'fulfilment',
      body: JSON.stringify({ v: 1, kind: 'fulfilment', via: 'sweep', paymentId: PAYMENT }),
      dedupId: `ff_${PAYMENT}_${NOW}`,
    },
  ])
  outbox.nudge(PAYMENT)
  expect(rows).toHaveLength(2)
})

it('nudges nobody about a payment that is not there', () => {
  const { outbox, rows } = outboxOver()
  outbox.nudge(undefined)
  expect(rows).toEqual([])
})
