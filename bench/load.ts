/** What came of one request. `latencyMs` counts from when it was due, not from when it left: a stalled server cannot hide. */
export interface Sample<Value = unknown> {
  /** From the start of the run. */
  readonly scheduledAtMs: number
  /** From the start of the run; later than `scheduledAtMs` when the load generator itself was late. */
  readonly startedAtMs: number
  readonly latencyMs: number
  /** False when `run` rejected. */
  readonly ok: boolean
  readonly value?: Value
  readonly error?: string
}

/** The clock and the waiting, so that a test can do without either. `nowMs` is monotonic and has fractions. */
export interface Pace {
  readonly nowMs: () => number
  readonly sleepUntil: (atMs: number) => Promise<void>
}

/** A timer is late by up to 1 ms, which would count as latency: the last stretch is waited out turn by turn. */
const TIMER_SLACK_MS = 1.5

export const realPace: Pace = {
  nowMs: () => performance.now(),
  sleepUntil: async (atMs) => {
    const coarseMs = atMs - performance.now() - TIMER_SLACK_MS
    if (coarseMs > 0) await new Promise((resolve) => setTimeout(resolve, coarseMs))
    while (performance.now() < atMs) await new Promise((resolve) => setImmediate(resolve))
  },
}

/** Timers alone: up to 1 ms late, which counts as latency, and none of the 1.5 ms of CPU that waiting in turns costs each request. */
export const timerPace: Pace = {
  nowMs: realPace.nowMs,
  sleepUntil: (atMs) => new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.ceil(atMs - performance.now())))),
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const sampled = async <Value>(
  pace: Pace,
  beganMs: number,
  scheduledAtMs: number,
  run: () => Promise<Value>,
): Promise<Sample<Value>> => {
  const startedAtMs = pace.nowMs() - beganMs
  const latencyMs = () => pace.nowMs() - beganMs - scheduledAtMs
  try {
    const value = await run()
    return { scheduledAtMs, startedAtMs, latencyMs: latencyMs(), ok: true, value }
  } catch (error) {
    return { scheduledAtMs, startedAtMs, latencyMs: latencyMs(), ok: false, error: describe(error) }
  }
}

/**
 * Open loop: requests leave at their times, however many are still under way, and each is timed from its time. Resolves
 * when all are answered, in the order of their schedule.
 */
export const openLoop = async <Value>(options: {
  readonly ratePerSecond: number
  readonly durationMs: number
  readonly run: (i: number) => Promise<Value>
  readonly pace?: Pace
}): Promise<Sample<Value>[]> => {
  const { ratePerSecond, durationMs, run, pace = realPace } = options
  const count = Math.floor((ratePerSecond * durationMs) / 1000)
  const beganMs = pace.nowMs()
  const under: Promise<Sample<Value>>[] = []
  for (let i = 0; i < count; i++) {
    const scheduledAtMs = (i * 1000) / ratePerSecond
    if (pace.nowMs() < beganMs + scheduledAtMs) await pace.sleepUntil(beganMs + scheduledAtMs)
    under.push(sampled(pace, beganMs, scheduledAtMs, () => run(i)))
  }
  return Promise.all(under)
}

export interface ClosedRun<Value> {
  /** Those that ended within the measured time. */
  readonly samples: readonly Sample<Value>[]
  readonly perSecond: number
}

/**
 * Closed loop, for throughput only: `concurrency` requests are always under way. What ends during `warmMs` is not counted.
 * `onMeasured` is called when the measured time begins and when it ends, to read the CPU clocks of processes.
 */
export const closedLoop = async <Value>(options: {
  readonly concurrency: number
  readonly warmMs: number
  readonly durationMs: number
  readonly run: (i: number) => Promise<Value>
  readonly onMeasured?: (edge: 'begins' | 'ends') => void
  readonly pace?: Pace
}): Promise<ClosedRun<Value>> => {
  const { concurrency, warmMs, durationMs, run, onMeasured, pace = realPace } = options
  const beganMs = pace.nowMs()
  const endsMs = warmMs + durationMs
  const samples: Sample<Value>[] = []
  let next = 0
  let phase: 'warm' | 'measured' | 'over' = 'warm'
  const turn = (): void => {
    const atMs = pace.nowMs() - beganMs
    if (phase === 'warm' && atMs >= warmMs) {
      phase = 'measured'
      onMeasured?.('begins')
    }
    if (phase === 'measured' && atMs >= endsMs) {
      phase = 'over'
      onMeasured?.('ends')
    }
  }
  const client = async (): Promise<void> => {
    for (;;) {
      turn()
      if (phase === 'over') return
      const sample = await sampled(pace, beganMs, pace.nowMs() - beganMs, () => run(next++))
      turn()
      if (phase === 'measured') samples.push(sample)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, client))
  return { samples, perSecond: (samples.filter(({ ok }) => ok).length * 1000) / durationMs }
}

/** Nearest rank: the smallest value that at least `p` percent are not above. NaN of nothing. */
export const percentileOf = (values: readonly number[], p: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN
}

/** Of all samples, failed ones too: a request that failed after 30 s took 30 s. */
export const percentile = (samples: readonly Sample[], p: number): number =>
  percentileOf(
    samples.map(({ latencyMs }) => latencyMs),
    p,
  )

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}
