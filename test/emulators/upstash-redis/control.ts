import { type Arrived, type Reply as HttpReply, json } from '../kit/server.ts'
import type { Backend } from './backend.ts'
import type { Journal } from './journal.ts'
import { type Persona, type PersonaState, parsePersona } from './persona.ts'
import type { LoggedRequest, RequestLog } from './request-log.ts'
import { command, type Reply } from './resp.ts'

export interface DumpedKey {
  readonly key: string
  readonly type: string
  /** Text of a string; fields of a hash; null for other types. */
  readonly value: string | Readonly<Record<string, string>> | null
  /** -1: no expiry. */
  readonly pttlMs: number
}

export interface Control {
  persona(change: Persona): Promise<{ readonly lost: number }>
  reset(options?: { readonly flush?: boolean }): Promise<void>
  requests(): readonly LoggedRequest[]
  keys(): Promise<DumpedKey[]>
  /** Only where expiry runs on an injected clock: the embedded engine. */
  readonly advance: ((byMs: number) => Promise<void>) | undefined
  /** Stops and starts the private redis-server, which loses its data. Absent for other backends. */
  readonly server: Backend['server']
}

const textOf = (reply: Reply): string => {
  if (reply.type === 'bulk') return reply.bytes.toString()
  return reply.type === 'simple' ? reply.text : ''
}

const itemsOf = (reply: Reply): readonly Reply[] => (reply.type === 'array' ? reply.items : [])

const dumpKey = async (backend: Backend, key: Buffer): Promise<DumpedKey | undefined> => {
  const type = textOf(await backend.run(command('TYPE', key)))
  if (type === 'none') return undefined
  const pttl = await backend.run(command('PTTL', key))
  let value: DumpedKey['value'] = null
  if (type === 'string') value = textOf(await backend.run(command('GET', key)))
  if (type === 'hash') {
    const words = itemsOf(await backend.run(command('HGETALL', key))).map(textOf)
    value = Object.fromEntries(words.flatMap((name, i) => (i % 2 === 0 ? [[name, words[i + 1] ?? '']] : [])))
  }
  return { key: key.toString(), type, value, pttlMs: pttl.type === 'integer' ? Number(pttl.value) : -1 }
}

export const createControl = (parts: {
  readonly backend: Backend
  readonly journal: Journal
  readonly persona: PersonaState
  readonly log: RequestLog
}): Control => {
  const { backend, journal, persona, log } = parts
  return {
    persona: async (change) => {
      persona.merge(change)
      return { lost: change.loseLastWrites ? await journal.lose(change.loseLastWrites) : 0 }
    },
    reset: async (options = {}) => {
      persona.reset()
      log.clear()
      if (!options.flush) return
      await backend.run(command('FLUSHDB'))
      journal.forget()
    },
    requests: log.all,
    keys: async () => {
      const names = itemsOf(await backend.run(command('KEYS', '*'))).flatMap((r) => (r.type === 'bulk' ? r.bytes : []))
      const dumped = await Promise.all(names.toSorted(Buffer.compare).map((key) => dumpKey(backend, key)))
      return dumped.filter((item) => item !== undefined)
    },
    advance: backend.advance,
    server: backend.server,
  }
}

/** `/_sim/…`: for tests and the command line, without a token; the server listens on loopback only. */
export const handleControl = async (arrived: Arrived, control: Control): Promise<HttpReply> => {
  const route = `${arrived.method} ${arrived.path}`
  if (route === 'GET /_sim/requests') return json(200, control.requests())
  if (route === 'GET /_sim/keys') return json(200, await control.keys())

  let body: unknown = {}
  try {
    if (arrived.body.length > 0) body = JSON.parse(arrived.body.toString())
  } catch {
    return json(400, { error: 'not JSON' })
  }
  const fields = (body ?? {}) as { readonly flush?: unknown; readonly advanceMs?: unknown }
  if (route === 'POST /_sim/persona') {
    const change = parsePersona(body)
    return typeof change === 'string' ? json(400, { error: change }) : json(200, await control.persona(change))
  }
  if (route === 'POST /_sim/reset') {
    await control.reset({ flush: fields.flush === true })
    return json(200, {})
  }
  if (route === 'POST /_sim/clock') {
    const { advanceMs } = fields
    if (typeof advanceMs !== 'number' || !(advanceMs >= 0))
      return json(400, { error: 'advanceMs: a number of ms, ≥ 0' })
    if (!control.advance) return json(501, { error: 'redis-server keeps its own time; use the embedded engine' })
    await control.advance(advanceMs)
    return json(200, {})
  }
  return json(404, { error: `no ${route}` })
}
