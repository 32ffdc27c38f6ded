import type { FailPoint } from '../../src/domain/fail-point.ts'

/** http origin of the test process, put in by the bundler. */
declare const LANGO_FAIL_POINTS: string

/**
 * What a fail-point of an armed bundle does: reports that it was reached, and goes on when the answer comes. At one where
 * an ambush waits none comes, and workerd is killed.
 */
export const failPoint = async (name: FailPoint): Promise<void> => {
  try {
    const response = await fetch(`${LANGO_FAIL_POINTS}/${name}`, { method: 'POST' })
    await response.body?.cancel()
  } catch {
    // Nobody listens any more: the tests are over.
  }
}
