import { type Arrived, json, type Reply } from '../kit/server.ts'
import type { Acceptor } from './accept.ts'
import { FILTERS, pageOf, parseFilter } from './filter.ts'
import { parsePublishHeaders } from './publish-headers.ts'
import type { Dead } from './store.ts'
import type { Surroundings } from './surroundings.ts'
import { deadView } from './views.ts'

const COUNT_MAX = 100

/** The dead-letter queue: what failed, until it is retried, deleted or expires. */
export const createDlq = ({ store, clock, dlqRetentionMs }: Surroundings, accept: Acceptor) => {
  const all = (): Dead[] => {
    const sinceMs = clock.nowMs() - dlqRetentionMs
    return store.dead().filter((dead) => dead.atMs >= sinceMs)
  }
  const page = (arrived: Arrived) => {
    const parsed = parseFilter(arrived.query, FILTERS.dlq, { count: COUNT_MAX, max: COUNT_MAX })
    return parsed.ok ? { ok: true as const, ...pageOf(all(), parsed.filter, deadView) } : parsed
  }
  /** A bulk action that names nothing at all is more likely a mistake than a wish. */
  const named = (arrived: Arrived): boolean => [...arrived.query.keys()].some((name) => name !== 'qstash_token')
  const unnamed = () => json(400, { error: 'dlqIds, a filter or count is needed' })
  const missing = () => json(404, { error: 'message not found in the DLQ' })
  const one = (id: string): Dead | undefined => all().find((dead) => dead.id === id)

  /** A new message with a new id; what the headers of this call say wins over what was published. */
  const again = (arrived: Arrived, dead: readonly Dead[]): { messageIds: string[] } | { error: string } => {
    const { 'content-type': _, ...headers } = arrived.headers
    const plans = dead.map(({ envelope }) => parsePublishHeaders(headers, clock.nowMs(), envelope))
    const refused = plans.find((plan) => !plan.ok)
    if (refused && !refused.ok) return { error: refused.error }
    return store.atomically(() => ({
      messageIds: dead.flatMap(({ id, envelope, body }, i) => {
        const plan = plans[i]
        if (!plan?.ok) return []
        store.exhume(id)
        const { url, queue, callerIp } = envelope
        const message = { ...plan.settings, url, queue, callerIp, blocksQueue: null, notBeforeMs: plan.notBeforeMs }
        return [accept(message, body, plan.deduplicationId)]
      }),
    }))
  }

  return {
    list: (arrived: Arrived): Reply => {
      const found = page(arrived)
      if (!found.ok) return json(400, { error: found.error })
      return json(200, { messages: found.rows.map(deadView), cursor: found.cursor })
    },
    get: (id: string): Reply => {
      const dead = one(id)
      return dead ? json(200, deadView(dead)) : missing()
    },
    remove: (id: string): Reply => {
      if (!one(id)) return missing()
      store.exhume(id)
      return json(200, { deleted: 1 })
    },
    removeMany: (arrived: Arrived): Reply => {
      if (!named(arrived)) return unnamed()
      const found = page(arrived)
      if (!found.ok) return json(400, { error: found.error })
      store.atomically(() => {
        for (const dead of found.rows) store.exhume(dead.id)
      })
      return json(200, { deleted: found.rows.length, cursor: found.cursor })
    },
    retry: (arrived: Arrived, id: string): Reply => {
      const dead = one(id)
      if (!dead) return missing()
      const outcome = again(arrived, [dead])
      return 'error' in outcome ? json(400, outcome) : json(201, { messageId: outcome.messageIds[0] })
    },
    retryMany: (arrived: Arrived): Reply => {
      if (!named(arrived)) return unnamed()
      const found = page(arrived)
      if (!found.ok) return json(400, { error: found.error })
      const outcome = again(arrived, found.rows)
      if ('error' in outcome) return json(400, outcome)
      return json(200, { cursor: found.cursor, responses: outcome.messageIds.map((messageId) => ({ messageId })) })
    },
  }
}

export type Dlq = ReturnType<typeof createDlq>
