import { expect, it } from 'vitest'
import type { ConditionsOutcome, ProviderConditions } from '../../src/contracts/vault.ts'
import { createConditions } from '../../src/edge/conditions-cache.ts'

const ZAMTEL: ProviderConditions = {
  provider: 'ZAMTEL_ZMB',
  currency: 'ZMW',
  state: 'closed',
  minAmount: null,
  maxAmount: null,
  shownAs: null,
  instructions: null,
}

const world = () => {
  const seen = { nowMs: 1_000_000, asked: 0, noted: [] as unknown[] }
  let answer: () => Promise<ConditionsOutcome> = async () => ({ kind: 'found', conditions: [ZAMTEL] })
  let wake: () => void = () => {}
  const conditions = createConditions({
    ask: () => {
      seen.asked++
      return answer()
    },
    nowMs: () => seen.nowMs,
    sleep: () =>
      new Promise((resolve) => {
        wake = resolve
      }),
    note: (error) => seen.noted.push(error),
  })
  const pending: Promise<unknown>[] = []
  return {
    seen,
    read: () => conditions('ZMB', (work) => pending.push(work)),
    answers: (next: typeof answer) => {
      answer = next
    },
    timeIsUp: () => wake(),
    settled: () => Promise.all(pending),
  }
}

it('asks once, and again when the answer is old', async () => {
  const { seen, read, settled } = world()
  expect(await read()).toEqual([ZAMTEL])
  expect(await read()).toEqual([ZAMTEL])
  expect(seen.asked).toBe(1)
  seen.nowMs += 31_000
  // Shown as it was while the new one is on its way.
  expect(await read()).toEqual([ZAMTEL])
  await settled()
  expect(seen.asked).toBe(2)
})

it('waits for no gateway that is slow, and remembers what it says later', async () => {
  const { seen, read, answers, timeIsUp, settled } = world()
  let say: (outcome: ConditionsOutcome) => void = () => {}
  answers(() => new Promise((resolve) => (say = resolve)))
  const first = read()
  timeIsUp()
  expect(await first).toEqual([])
  say({ kind: 'found', conditions: [ZAMTEL] })
  await settled()
  expect(await read()).toEqual([ZAMTEL])
  expect(seen.asked).toBe(1)
})

it('leaves a gateway alone that could not say, and shows what it said before for ten minutes', async () => {
  const { seen, read, answers, settled } = world()
  await read()
  answers(async () => {
    throw new Error('rpc')
  })
  seen.nowMs += 100_000
  expect(await read()).toEqual([ZAMTEL])
  await settled()
  seen.nowMs += 1_000
  expect(await read()).toEqual([ZAMTEL])
  expect(seen.asked).toBe(2)
  expect(seen.noted).toHaveLength(1)
  answers(async () => ({ kind: 'unknown', reason: 'http_503' }))
  seen.nowMs += 600_000
  expect(await read()).toEqual([])
  expect(seen.noted.at(-1)).toBe('http_503')
})
