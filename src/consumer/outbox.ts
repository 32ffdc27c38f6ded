import type { HistoryEntry, KeptMessage } from '../contracts/payment-object.ts'
import type { FulfilmentMessage } from '../contracts/queue.ts'
import type { PaymentId } from '../domain/ids.ts'
import type { OutboxRow } from './payment-record.ts'

const PAUSE_MS_MIN = 1_000
const PAUSE_MS_MAX = 60_000

type PublishKept = (message: KeptMessage) => Promise<'published' | 'failed'>

/** The part of the object's storage that holds it. */
export interface OutboxStore {
  /** Keeping a message twice keeps it once. */
  keep(message: KeptMessage, nextAtMs: number): void
  holds(kind: KeptMessage['kind']): boolean
  /** Oldest first. */
  outboxDue(nowMs: number): readonly OutboxRow[]
  published(id: number): void
  postpone(id: number, nextAtMs: number): void
  note(entry: HistoryEntry): void
}

/**
 * Messages that the queue has yet to take. `deliveredVia` tells them apart: a callback kept for the edge says `outbox`, a
 * nudge about what the object found by asking says `sweep`.
 */
export const createOutbox = (store: OutboxStore, publish: PublishKept, nowMs: () => number) => {
  let draining = false
  return {
    /** The edge has just failed to publish it: not tried at once. */
    keep(message: KeptMessage): void {
      store.keep(message, nowMs() + PAUSE_MS_MIN)
    },
    /**
     * What was found by asking has no queue message to carry it to the consumer, so the object makes one. One at a time is
     * enough; each has an id of its own, because the queue would pass over a repetition for ten minutes or for ninety days.
     */
    nudge(paymentId: PaymentId | undefined): void {
      if (!paymentId || store.holds('fulfilment')) return
      const message: FulfilmentMessage = { v: 1, kind: 'fulfilment', via: 'sweep', paymentId }
      const atMs = nowMs()
      store.keep({ v: 1, kind: 'fulfilment', body: JSON.stringify(message), dedupId: `ff_${paymentId}_${atMs}` }, atMs)
    },
    /** Publishes what is due by `dueMs`, each row once. Returns how many were taken. */
    async drain(dueMs: number): Promise<number> {
      if (draining) return 0
      draining = true
      let taken = 0
      try {
        for (const { id, message, tries } of store.outboxDue(dueMs)) {
          // failPoint('outbox_publishing')
          if ((await publish(message)) === 'published') {
            // failPoint('outbox_published')
            taken += 1
            store.published(id)
            store.note({ atMs: nowMs(), event: 'published', detail: message.kind })
          } else {
            store.postpone(id, nowMs() + Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** tries))
          }
        }
      } finally {
        draining = false
      }
      return taken
    },
  }
}

export type Outbox = ReturnType<typeof createOutbox>
