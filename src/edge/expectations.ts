import type { ExpectedCallback } from '../contracts/payment-object.ts'
import { createWorkLimit } from './work-limit.ts'

export interface ExpectationPorts {
  /** Tells the payment objects; those that could not be told are the answer. */
  readonly tell: (expected: readonly ExpectedCallback[]) => Promise<readonly ExpectedCallback[]>
  readonly sleep: (ms: number) => Promise<void>
  readonly nowMs: () => number
  /** `expect_repeated`: it is tried once more · `expect_failed`: it was not told. */
  readonly note: (event: 'expect_repeated' | 'expect_failed', count: number, error?: unknown) => void
}

/** Never throws. Resolves when the object was told; null: somebody else takes it along, and there is nothing to wait for. */
export type Expect = (expected: ExpectedCallback) => Promise<void> | null

/** Under load this is many callbacks; without, nobody waits for it, and the queue delivers in about the same time. */
const GATHER_MS = 200
/** An isolate may make a thousand calls for one request; objects are called for it in the consumer. */
const MOST = 100
/** The platform may end a request at any moment, and with it who gathers; two at once only with all that was gathered. */
const GATHERERS = 2
const GATHERER_HELD_MS = 2_000

/**
 * Gathers what payment objects are to expect of the queue, and tells it in one call: a call for each callback is a third of what
 * the rest of it costs, and a timer for each a twelfth. So two wait, and take along what is there when they wake; who comes
 * while they do has nothing to wait for.
 */
export const createExpectations = ({ tell, sleep, nowMs, note }: ExpectationPorts): Expect => {
  /** Oldest first. The same word told twice is expected once. */
  const waiting = new Map<string, ExpectedCallback>()
  const gatherers = createWorkLimit(GATHERERS, GATHERER_HELD_MS, nowMs)

  const told = async (expected: readonly ExpectedCallback[]): Promise<void> => {
    let left = expected
    // Twice: an object that was being moved is there again at once.
    for (const event of ['expect_repeated', 'expect_failed'] as const) {
      try {
        left = await tell(left)
        if (left.length === 0) return
        note(event, left.length)
      } catch (error) {
        note(event, left.length, error)
      }
    }
  }

  const gather = async (leave: () => void): Promise<void> => {
    await sleep(GATHER_MS)
    // Before the call: who comes while it is under way waits for the next one.
    leave()
    // What is there now and no more: taking along who comes meanwhile, this one might never end.
    const mine = [...waiting]
    waiting.clear()
    for (let from = 0; from < mine.length; from += MOST)
      await told(mine.slice(from, from + MOST).map(([, each]) => each))
  }

  return (expected) => {
    waiting.set(`${expected.paymentId} ${expected.attempt}`, expected)
    const leave = gatherers.enter()
    return leave && gather(leave)
  }
}
