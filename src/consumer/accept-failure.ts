import { keepDeadLetters } from './copy-dead-letters.ts'
import { letterOfFailure } from './dead-letter.ts'
import type { ConsumerDeps } from './deps.ts'

/**
 * QStash has given up on a message and says so: it is copied, for its own list passes away after some days. Null: this is
 * no failure callback.
 */
export const acceptFailure = async (
  deps: Pick<ConsumerDeps, 'deadLetters' | 'consumerOrigin' | 'nowMs'>,
  parsed: unknown,
): Promise<'kept' | 'known' | 'foreign' | null> => {
  const letter = letterOfFailure(parsed, deps.consumerOrigin, deps.nowMs())
  if (letter === null || letter === 'foreign') return letter
  const kept = await keepDeadLetters(deps.deadLetters, [letter], 'failure_callback', deps.nowMs())
  return kept > 0 ? 'kept' : 'known'
}
