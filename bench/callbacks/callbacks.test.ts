import { expect, it } from 'vitest'
import { type CallbackRound, type CallbacksResult, callbackTargets, QUICK, type System } from './callbacks.ts'

const round = (system: System, p99: number): CallbackRound => ({
  system,
  sent: 100,
  failed: 0,
  p50: 1,
  p99,
  awake: true,
})

it('takes the median of the rounds, and holds it against that of the publisher with the same consumer behind it', () => {
  const pairs = [
    [10, 30],
    [40, 20],
    [90, 25],
  ] as const
  const result: CallbacksResult = {
    plan: QUICK,
    edge: [{ ratePerSecond: 300, sent: 1, failed: 0, cpuMsEach: 1.9, p99: 9 }],
    publisher: [],
    rounds: pairs.flatMap(([ours, theirs]) => [
      round('publisher, alone', 1),
      round('publisher, as the edge', theirs),
      round('Lango', ours),
    ]),
    expected: 300,
    inTime: 290,
    atOnce: true,
    fulfilled: 300,
  }
  expect(callbackTargets(result).map(({ measured }) => measured)).toEqual([1.9, 40, 1.6, 0, 0])
})
