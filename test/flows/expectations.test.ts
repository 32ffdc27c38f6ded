import { beforeEach, expect, it } from 'vitest'
import type { ExpectedCallback } from '../../src/contracts/payment-object.ts'
import type { PaymentId } from '../../src/domain/ids.ts'
import { createExpectations } from '../../src/edge/expectations.ts'

const RESET = new Error('reset')
const of = (n: number): ExpectedCallback => ({ paymentId: `pay_${n}` as PaymentId, attempt: 1 })

let calls: (readonly ExpectedCallback[])[] = []
let notes: unknown[][] = []
let sleepers: (() => void)[] = []
let nowMs = 0
/** What the next calls come to; told, when there is nothing left here. */
let fates: (Error | readonly ExpectedCallback[])[] = []

beforeEach(() => {
  calls = []
  notes = []
  sleepers = []
  nowMs = 0
  fates = []
})

const create = () =>
  createExpectations({
    tell: async (expected) => {
      calls.push(expected)
      const fate = fates.shift() ?? []
      if (fate instanceof Error) throw fate
      return fate
    },
    sleep: () => new Promise((resolve) => sleepers.push(resolve)),
    nowMs: () => nowMs,
    note: (...noted) => void notes.push(noted),
  })

it('T43: who wakes first tells of all that are there, in one call', async () => {
  const tell = create()
  const all = [1, 2, 3].map((n) => tell(of(n)))
  expect(calls).toEqual([])
  sleepers[0]?.()
  await all[0]
  expect(calls).toEqual([[of(1), of(2), of(3)]])
  for (const wake of sleepers) wake()
  await Promise.all(all)
  expect(calls).toHaveLength(1)
})

it('T43: one that never wakes is taken along by the next', async () => {
  const tell = create()
  void tell(of(1))
  const second = tell(of(2))
  sleepers[1]?.()
  await second
  expect(calls).toEqual([[of(1), of(2)]])
})

it('T43: two wait, and all others have nothing to wait for', async () => {
  const tell = create()
  const all = [1, 2, 3, 4].map((n) => tell(of(n)))
  expect(all.slice(2)).toEqual([null, null])
  expect(sleepers).toHaveLength(2)
  sleepers[0]?.()
  await all[0]
  expect(calls).toEqual([[of(1), of(2), of(3), of(4)]])
})

it('T43: when both never wake, whoever comes later waits in their place, and takes all along', async () => {
  const tell = create()
  for (const n of [1, 2, 3]) void tell(of(n))
  nowMs = 2_001
  const fourth = tell(of(4))
  expect(sleepers).toHaveLength(3)
  sleepers[2]?.()
  await fourth
  expect(calls).toEqual([[of(1), of(2), of(3), of(4)]])
})

it('T43: who comes while the call is under way waits for the next one', async () => {
  const tell = create()
  const first = tell(of(1))
  sleepers[0]?.()
  await Promise.resolve()
  expect(calls).toEqual([[of(1)]])
  const second = tell(of(2))
  await first
  expect(calls).toEqual([[of(1)]])
  sleepers[1]?.()
  await second
  expect(calls).toEqual([[of(1)], [of(2)]])
})

it('is told again when it comes again after the call', async () => {
  const tell = create()
  for (let i = 0; i < 2; i++) {
    const done = tell(of(1))
    sleepers[i]?.()
    await done
  }
  expect(calls).toEqual([[of(1)], [of(1)]])
})

it('the same attempt twice at once is one', async () => {
  const tell = create()
  const both = [tell(of(1)), tell(of(1))]
  for (const wake of sleepers) wake()
  await Promise.all(both)
  expect(calls).toEqual([[of(1)]])
})

it('a hundred at most in a call, the rest by whoever waits for it', async () => {
  const tell = create()
  const all = Array.from({ length: 150 }, (_, n) => tell(of(n)))
  sleepers[1]?.()
  await all[1]
  expect(calls.map(({ length }) => length)).toEqual([100, 50])
})

it('T43: those that could not be told are told once more, and only those', async () => {
  fates = [[of(2)], []]
  const tell = create()
  const all = [tell(of(1)), tell(of(2))]
  for (const wake of sleepers) wake()
  await Promise.all(all)
  expect(calls).toEqual([[of(1), of(2)], [of(2)]])
  expect(notes).toEqual([['expect_repeated', 1]])
})

it('T43: a consumer that is away twice is told of in the log, and throws at nobody', async () => {
  fates = [RESET, RESET]
  const tell = create()
  const done = tell(of(1))
  sleepers[0]?.()
  await done
  expect(calls).toHaveLength(2)
  expect(notes).toEqual([
    ['expect_repeated', 1, RESET],
    ['expect_failed', 1, RESET],
  ])
})
