import { type Envelope, freshId } from './message.ts'
import type { Surroundings } from './surroundings.ts'
import { logView } from './views.ts'

const REORDER_MS = 250

export type NewMessage = Omit<Envelope, 'id' | 'createdAtMs'>

/** Makes the message durable. Nothing is answered, and nothing sent, before this has returned. */
export const createAcceptor = ({ store, clock, persona }: Surroundings) => {
  let accepted = 0
  return (message: NewMessage, body: Buffer, deduplicationId: string | null = null): string => {
    const nowMs = clock.nowMs()
    const envelope: Envelope = { ...message, id: freshId('msg_'), createdAtMs: nowMs }
    const heldBackMs = persona.deliverDelayMs + (persona.reorder && accepted++ % 2 === 0 ? REORDER_MS : 0)
    store.atomically(() => {
      store.insert(envelope, body, Math.max(nowMs, envelope.notBeforeMs) + heldBackMs)
      if (deduplicationId !== null) store.remember(deduplicationId, envelope.id, nowMs)
      store.log(nowMs, envelope.id, logView(envelope, body, { state: 'CREATED', atMs: nowMs }))
    })
    return envelope.id
  }
}

export type Acceptor = ReturnType<typeof createAcceptor>
