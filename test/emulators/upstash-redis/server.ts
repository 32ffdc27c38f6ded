import { createHash, timingSafeEqual } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { VirtualClock } from '../kit/clock.ts'
import { type Arrived, type Handled, serve } from '../kit/server.ts'
import { refusal } from './access.ts'
import { type BackendChoice, openBackend } from './choose-backend.ts'
import { type Control, createControl, handleControl } from './control.ts'
import { createJournal } from './journal.ts'
import { createPersona } from './persona.ts'
import { createRequestLog, redact } from './request-log.ts'
import { failure, type Reply } from './resp.ts'
import { RedisUnreachableError } from './resp-client.ts'
import { shebangFilter } from './shebang.ts'
import { createSyncTokens } from './sync-token.ts'
import { type Asked, encodeReplies, encodeReply, readRequest } from './wire.ts'

export interface RedisRest {
  readonly url: string
  readonly port: number
  readonly token: string
  /** The engine in words, such as `redis-server 7.0.15`. */
  readonly backend: string
  readonly control: Control
  close(): Promise<void>
}

export interface RedisRestOptions {
  readonly port: number
  readonly token: string
  readonly backend?: BackendChoice
  /** Where a private redis-server keeps its socket; the system's temporary directory unless given. Nothing is persisted. */
  readonly stateDir?: string
  /** Moves expiry in the embedded engine. */
  readonly clock?: VirtualClock
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const authorized = (arrived: Arrived, token: string): boolean => {
  const header = /^bearer (.+)$/i.exec(arrived.headers['authorization'] ?? '')?.[1]
  return timingSafeEqual(digest(header ?? arrived.query.get('_token') ?? ''), digest(token))
}

/** Upstash's Redis over HTTP, with faults on demand (persona.ts) and a log of what came in. Loopback only. */
export const startRedisRest = async (options: RedisRestOptions): Promise<RedisRest> => {
  if (options.token === '') throw new Error('startRedisRest: the token must not be empty')
  const backend = await openBackend(options.backend ?? 'auto', options.clock ?? new VirtualClock(), options.stateDir)
  const journal = createJournal(backend)
  const persona = createPersona()
  const log = createRequestLog()
  const tokens = createSyncTokens()
  const control = createControl({ backend, journal, persona, log })
  const withoutUpstashFlag = shebangFilter()

  const execute = async ({ shape, commands }: Asked, seen: number): Promise<Reply | readonly Reply[]> => {
    const rewritten = commands.map((words) => ({ ...withoutUpstashFlag(words), refused: refusal(words) }))
    if (shape === 'transaction') {
      const refused = rewritten.find((item) => item.refused !== undefined)?.refused
      if (refused) return failure(refused)
      const reply = await journal.transaction(rewritten.map((item) => item.command))
      return reply.type === 'array' ? reply.items.map((item, i) => rewritten[i]?.answer(item) ?? item) : reply
    }
    const replies: Reply[] = []
    for (const item of rewritten) {
      const lag = persona.get().staleReads ?? 0
      replies.push(item.refused ? failure(item.refused) : item.answer(await journal.run(item.command, { lag, seen })))
    }
    return shape === 'single' ? (replies[0] ?? failure('ERR no reply')) : replies
  }

  const handle = async (arrived: Arrived): Promise<Handled> => {
    if (arrived.path.startsWith('/_sim/')) return handleControl(arrived, control)
    let asked: Asked | undefined
    let executions = 0
    const answer = (status: number, body: string): Handled => {
      const headers = { 'content-type': 'application/json', 'upstash-sync-token': tokens.issue(journal.sequence()) }
      return { status, headers, body: arrived.method === 'HEAD' ? '' : body }
    }
    const complain = (status: number, error: string) => answer(status, JSON.stringify({ error }))
    const finish = (handled: Handled, outcome?: string): Handled => {
      log.add({
        atMs: arrived.atMs,
        tookMs: Date.now() - arrived.atMs,
        method: arrived.method,
        path: asked ? (asked.shape === 'single' ? '/' : arrived.path) : '',
        commands: asked?.commands.map(redact) ?? [],
        outcome: outcome ?? (handled === 'drop' ? 'dropped' : String(handled.status)),
        executions,
        syncToken: arrived.headers['upstash-sync-token'] ?? '',
        retry: arrived.headers['upstash-telemetry-retry'] ?? '',
      })
      return handled
    }

    if (persona.get().down) return finish('drop', 'down')
    if (!authorized(arrived, options.token)) {
      return finish(complain(401, 'WRONGPASS invalid or missing auth token'))
    }
    const read = readRequest(arrived)
    if ('status' in read) return finish(complain(read.status, read.error))
    asked = read

    const seen = tokens.covered(arrived.headers['upstash-sync-token'])
    const faulty = persona.applies(asked.commands)
    const { delayMs = 0, delayReplyMs = 0 } = faulty ? persona.get() : {}
    if (faulty && persona.take('dropBeforeExecute')) return finish('drop', 'dropped before')
    if (faulty && persona.take('error500')) return finish(complain(500, 'ERR internal error'))
    const dropAfter = faulty && persona.take('dropAfterExecute')
    const times = faulty && persona.take('duplicate') ? 2 : 1
    if (delayMs > 0) await sleep(delayMs)

    let result: Reply | readonly Reply[] = []
    try {
      for (; executions < times; executions++) result = await execute(asked, seen)
    } catch (error) {
      if (!(error instanceof RedisUnreachableError)) throw error
      // A broken connection leaves open whether Redis acted, so the client must not be told either: it gets no answer.
      // A server that was never reached is an outage that says so.
      return error.executed === 'unknown'
        ? finish('drop', 'reply lost')
        : finish(complain(500, 'ERR redis unreachable'))
    }
    if (delayReplyMs > 0) await sleep(delayReplyMs)
    if (dropAfter) return finish('drop', 'dropped after')

    const base64 = arrived.headers['upstash-encoding'] === 'base64'
    if (!('type' in result)) return finish(answer(200, encodeReplies(result, base64)))
    return finish(answer(result.type === 'error' ? 400 : 200, encodeReply(result, base64)))
  }

  try {
    const name = 'Upstash Redis emulator'
    const listening = await serve({ name, port: options.port, portVariable: 'LANGO_REDIS_PORT', handle })
    const close = async () => {
      await listening.close()
      await backend.close()
    }
    return { url: listening.url, port: listening.port, token: options.token, backend: backend.name, control, close }
  } catch (error) {
    await backend.close()
    throw error
  }
}
