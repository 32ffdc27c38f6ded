import { expect, it } from 'vitest'
import { closedLoop, median, openLoop, type Pace, percentile, percentileOf } from './load.ts'

/** Virtual time: `sleepUntil` and `spend` move it, nothing else does. */
const virtualTime = () => {
  let atMs = 1_000
  const pace: Pace = {
    nowMs: () => atMs,
    sleepUntil: async (untilMs) => {
      // Time passes only once everything has been done that takes none.
      await new Promise((resolve) => setImmediate(resolve))
      atMs = Math.max(atMs, untilMs)
    },
  }
  const spend = (ms: number): void => {
    atMs += ms
  }
  return { pace, spend }
}

it('open loop: every request is due at its own time, whatever the others do', async () => {
  const { pace } = virtualTime()
  const samples = await openLoop({ ratePerSecond: 50, durationMs: 200, run: async (i) => i, pace })
  expect(samples.map(({ scheduledAtMs }) => scheduledAtMs)).toEqual([0, 20, 40, 60, 80, 100, 120, 140, 160, 180])
  expect(samples.map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

it('open loop: a stall counts in the latency of all that were due during it (no coordinated omission)', async () => {
  const { pace, spend } = virtualTime()
  let stalled = false
  const samples = await openLoop({
    ratePerSecond: 100,
    durationMs: 60,
    run: async () => {},
    pace: {
      ...pace,
      // The whole machine stops for 45 ms when the second request is due: the load generator cannot send in time either.
      sleepUntil: async (atMs) => {
        await pace.sleepUntil(atMs)
        if (!stalled) spend(45)
        stalled = true
      },
    },
  })
  expect(samples.map(({ latencyMs }) => latencyMs)).toEqual([0, 45, 35, 25, 15, 5])
  expect(samples.map(({ startedAtMs }) => startedAtMs)).toEqual([0, 55, 55, 55, 55, 55])
})

it('open loop: a failure is a sample', async () => {
  const { pace } = virtualTime()
  const samples = await openLoop({
    ratePerSecond: 10,
    durationMs: 100,
    run: () => Promise.reject(new Error('no')),
    pace,
  })
  expect(samples).toMatchObject([{ ok: false, error: 'no' }])
})

it('closed loop: what ends while warming up is not counted, and the edges of the measured time are told', async () => {
  const { pace, spend } = virtualTime()
  const edges: string[] = []
  const run = await closedLoop({
    concurrency: 1,
    warmMs: 100,
    durationMs: 200,
    run: async () => spend(10),
    onMeasured: (edge) => edges.push(edge),
    pace,
  })
  expect(run.samples.length).toBe(20)
  expect(run.perSecond).toBe(100)
  expect(edges).toEqual(['begins', 'ends'])
})

it('percentiles by nearest rank', () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i)
  expect([50, 90, 99, 100].map((p) => percentileOf(values, p))).toEqual([100, 180, 198, 200])
  expect(percentileOf([], 50)).toBeNaN()
  expect(percentile([{ scheduledAtMs: 0, startedAtMs: 0, latencyMs: 7, ok: false }], 99)).toBe(7)
})

it('medians', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(median([])).toBeNaN()
})
