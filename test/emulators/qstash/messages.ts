import { type Arrived, json, type Reply } from '../kit/server.ts'
import { FILTERS, pageOf, parseFilter } from './filter.ts'
import type { Stored } from './message.ts'
import { READABLE_AFTER_END_MS, type Surroundings } from './surroundings.ts'
import { logView, messageView } from './views.ts'

/** What is known of messages under way, their cancellation, and the log of what happened to each. */
export const createMessages = ({ store, clock }: Surroundings) => {
  const view = ({ envelope }: Stored) => messageView(envelope, store.body(envelope.id))
  const isGone = ({ finishedAtMs }: Stored) =>
    finishedAtMs !== null && finishedAtMs < clock.nowMs() - READABLE_AFTER_END_MS

  /** A try that is under way ends first; its failure is then the last. */
  const cancel = (message: Stored): void => {
    const { envelope } = message
    const nowMs = clock.nowMs()
    const body = store.body(envelope.id)
    store.atomically(() => {
      store.requestCancel(envelope.id)
      store.log(nowMs, envelope.id, logView(envelope, body, { state: 'CANCEL_REQUESTED', atMs: nowMs }))
      if (message.state === 'ACTIVE') return
      store.finish(envelope.id, 'CANCELLED', nowMs)
      store.log(nowMs, envelope.id, logView(envelope, body, { state: 'CANCELLED', atMs: nowMs }))
    })
  }

  return {
    get: (id: string): Reply => {
      const message = store.find(id)
      return message && !isGone(message) ? json(200, view(message)) : json(404, { error: 'message not found' })
    },
    cancel: (id: string): Reply => {
      const message = store.find(id)
      if (!message || message.finishedAtMs !== null) return json(404, { error: 'message not found' })
      cancel(message)
      return json(202, { cancelled: 1 })
    },
    cancelMany: (arrived: Arrived): Reply => {
      const parsed = parseFilter(arrived.query, FILTERS.messages, { count: 1000, max: 1000 })
      if (!parsed.ok) return json(400, { error: parsed.error })
      if (!parsed.filter.narrows && !arrived.query.has('count')) return json(400, { error: 'a filter is needed' })
      const found = store.unfinished().filter((message) => parsed.filter.matches(view(message)))
      for (const message of found) cancel(message)
      return json(200, { cancelled: found.length })
    },
    /** The SDK calls it events, the API reference logs. */
    logs: (arrived: Arrived, name: 'events' | 'logs'): Reply => {
      const parsed = parseFilter(arrived.query, FILTERS.logs, { count: 100, max: 1000 })
      if (!parsed.ok) return json(400, { error: parsed.error })
      const { rows, cursor } = pageOf(store.logs(), parsed.filter, ({ entry }) => entry)
      return json(200, { cursor, [name]: rows.map(({ entry }) => entry) })
    },
  }
}

export type Messages = ReturnType<typeof createMessages>
