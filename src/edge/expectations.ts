import type { ExpectedCallback } from '../contracts/payment-object.ts'

export interface ExpectationPorts {
  /** Tells the payment objects; those that could not be told are the answer. */
  readonly tell: (expected: readonly ExpectedCallback[]) => Promise<readonly ExpectedCallback[]>
  readonly sleep: (ms: number) => Promise<void>
  /** `expect_repeated`: it is tried once more · `expect_failed`: it was not told. */
  readonly note: (event: 'expect_repeated' | 'expect_failed', count: number, error?: unknown) => void
}

/** Never throws. Resolves when the object was told, or somebody else has taken it along. */
export type Expect = (expected: ExpectedCallback) => Promise<void>

/** Under load this is many callbacks; without, nobody waits for it, and the queue delivers in about the same time. */
const GATHER_MS = 200
/** An isolate may make a thousand calls for one request; objects are called for it in the consumer. */
const MOST = 100

/**
 * Gathers what payment objects are to expect of the queue, and tells it in one call: a call for each callback is a third of what
 * the rest of it costs. Each callback waits for itself, and takes along what is there when it wakes: no request waits for another,
 * which the platform may end at any moment, and what one did not come to tell the next one does.
 */
export const createExpectations = ({ tell, sleep, note }: ExpectationPorts): Expect => {
  /** Oldest first. The same word told twice is expected once. */
  const waiting = new Map<string, ExpectedCallback>()

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

  return async (expected) => {
    const own = `${expected.paymentId} ${expected.attempt}`
    waiting.set(own, expected)
    await sleep(GATHER_MS)
    while (waiting.has(own)) {
      const taken = [...waiting].slice(0, MOST)
      for (const [key] of taken) waiting.delete(key)
      await told(taken.map(([, each]) => each))
    }
  }
}
