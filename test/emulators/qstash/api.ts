import { createHash, timingSafeEqual } from 'node:crypto'
import { type Arrived, type Handled, json, type Reply } from '../kit/server.ts'
import type { Dlq } from './dlq.ts'
import type { Intake, Taken } from './intake.ts'
import type { Messages } from './messages.ts'
import type { Surroundings } from './surroundings.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** `/v2/*`. The target is taken apart by hand: a router would merge `//` and the query of a destination. */
export const createApi = (
  { keys, persona, journal }: Surroundings,
  parts: { readonly token: string; readonly intake: Intake; readonly dlq: Dlq; readonly messages: Messages },
) => {
  const { intake, dlq, messages } = parts
  const wanted = digest(`Bearer ${parts.token}`)
  const isAuthorized = ({ headers, query }: Arrived): boolean =>
    timingSafeEqual(digest(headers['authorization'] ?? `Bearer ${query.get('qstash_token') ?? ''}`), wanted)

  const publishing = (arrived: Arrived): (() => Taken) | null => {
    if (arrived.method !== 'POST') return null
    const [, kind, rest] = /^\/v2\/(publish|enqueue)\/(.*)$/s.exec(arrived.target) ?? []
    if (kind === 'publish') return () => intake.publish(arrived, rest ?? '')
    if (kind === 'enqueue') return () => intake.enqueue(arrived, rest ?? '')
    return arrived.path === '/v2/batch' ? () => intake.batch(arrived) : null
  }

  const publish = (arrived: Arrived, take: () => Taken): Handled => {
    const done = (status: number, messageIds: readonly string[], handled: Handled): Handled => {
      journal.recordPublish(arrived, status, messageIds)
      return handled
    }
    if (persona.down) return done(0, [], 'drop')
    if (!isAuthorized(arrived)) return done(401, [], unauthorized())
    if (persona.rejectPublish > 0) {
      return done(persona.rejectPublish, [], json(persona.rejectPublish, { error: 'rejected by the persona' }))
    }
    const { reply, messageIds } = take()
    if (persona.dropPublishAnswer <= 0) return done(reply.status, messageIds, reply)
    persona.dropPublishAnswer--
    return done(0, messageIds, 'drop')
  }

  const manage = (arrived: Arrived): Reply => {
    const [id] = /(?<=^\/v2\/(?:messages|dlq|dlq\/retry)\/)[^/]+$/.exec(arrived.path) ?? ['']
    switch (`${arrived.method} ${id === '' ? arrived.path : arrived.path.slice(0, -id.length)}`) {
      case 'GET /v2/messages/':
        return messages.get(id)
      case 'DELETE /v2/messages/':
        return messages.cancel(id)
      case 'DELETE /v2/messages':
        return messages.cancelMany(arrived)
      case 'GET /v2/events':
        return messages.logs(arrived, 'events')
      case 'GET /v2/logs':
        return messages.logs(arrived, 'logs')
      case 'GET /v2/dlq':
        return dlq.list(arrived)
      case 'DELETE /v2/dlq':
        return dlq.removeMany(arrived)
      case 'GET /v2/dlq/':
        return dlq.get(id)
      case 'DELETE /v2/dlq/':
        return dlq.remove(id)
      // `/v2/dlq/retry` itself reads as the id `retry`.
      case 'POST /v2/dlq/':
        return id === 'retry' ? dlq.retryMany(arrived) : unknown(arrived)
      case 'POST /v2/dlq/retry/':
        return dlq.retry(arrived, id)
      case 'GET /v2/keys':
        return json(200, keys.get())
      case 'POST /v2/keys/rotate':
        return json(200, keys.rotate())
      default:
        return unknown(arrived)
    }
  }

  return (arrived: Arrived): Handled => {
    const take = publishing(arrived)
    if (take) return publish(arrived, take)
    if (persona.down) return 'drop'
    return isAuthorized(arrived) ? manage(arrived) : unauthorized()
  }
}

const unauthorized = (): Reply => json(401, { error: 'invalid or missing token' })

const unknown = (arrived: Arrived): Reply =>
  json(404, { error: `this emulator does not know ${arrived.method} ${arrived.path}` })
