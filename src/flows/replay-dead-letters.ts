import type { DeadLetter, Replayed } from '../contracts/dead-letters.ts'

export interface ReplayPorts {
  /** Counts one replay more before it is published. Null: closed, or without its body. Throws when D1 does not answer. */
  readonly beginReplay: (messageId: string) => Promise<number | null>
  /** Never throws. */
  readonly publish: (message: {
    readonly kind: string
    readonly body: string
    readonly dedupId: string
  }) => Promise<{ readonly kind: 'published'; readonly messageId: string } | { readonly kind: 'failed' }>
  readonly replayed: (messageId: string, as: string, nowMs: number) => Promise<void>
  readonly nowMs: () => number
}

/**
 * QStash passes over an id that it has seen, also one whose message has died: for ten minutes or for ninety days, its own
 * papers differ. So a replay has an id that nobody has used; what it is about stands in the message, and stays what it was.
 */
export const replayIdOf = (messageId: string, replay: number): string =>
  ['replay', messageId, replay].join('_').replace(/[^A-Za-z0-9_-]/g, '-')

/**
 * Queues letters anew, one after another. A crash between publishing and marking leaves a letter open that has been queued:
 * replayed again it arrives twice, and is done once.
 */
export const replayDeadLetters = async (
  ports: ReplayPorts,
  letters: readonly DeadLetter[],
  dryRun: boolean,
): Promise<readonly Replayed[]> => {
  const outcomes: Replayed[] = []
  for (const { messageId: letter, kind, body, state, replays } of letters) {
    if (state === 'closed' || body === null) {
      outcomes.push({ letter, outcome: state === 'closed' ? 'closed' : 'without_body' })
      continue
    }
    if (dryRun) {
      outcomes.push({ letter, outcome: 'would_replay', dedupId: replayIdOf(letter, replays + 1), body })
      continue
    }
    const replay = await ports.beginReplay(letter)
    if (replay === null) {
      outcomes.push({ letter, outcome: 'closed' })
      continue
    }
    const dedupId = replayIdOf(letter, replay)
    const published = await ports.publish({ kind, body, dedupId })
    if (published.kind === 'failed') {
      outcomes.push({ letter, outcome: 'publish_failed' })
      continue
    }
    await ports.replayed(letter, published.messageId, ports.nowMs())
    outcomes.push({ letter, outcome: 'replayed', messageId: published.messageId, dedupId })
  }
  return outcomes
}
