import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Webhook } from 'standardwebhooks'
import { createLango, type EventType, verifyWebhook, type WebhookEvent } from '../../packages/sdk/src/index.ts'
import { type Arrived, json, type Reply, serve } from '../../test/emulators/kit/server.ts'

export interface ListenOptions {
  readonly baseUrl: string
  readonly apiKey: string
  /** Where the shop on this machine takes its webhooks. */
  readonly forward: URL
  /** All, if not said. */
  readonly events?: readonly EventType[]
  /** What the forwarded events are signed with. */
  readonly secret: string
  readonly print: (line: string) => void
}

export interface Listener {
  /** Sends an event to the shop again; without an id the last one that there is. */
  replay(id?: string): Promise<void>
  close(): Promise<void>
}

const DESCRIPTION = 'npm run listen'
const SHOP_PATIENCE_MS = 20_000
const ANSWER_CHARACTERS_MAX = 16_384

/** One secret for each state directory: a shop that has it once need not be told another with every start. */
export const listenSecret = (stateDir: string): string => {
  const file = path.join(stateDir, 'listen-secret')
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const secret = `whsec_${randomBytes(24).toString('base64')}`
  mkdirSync(stateDir, { recursive: true })
  writeFileSync(file, `${secret}\n`, { mode: 0o600 })
  return secret
}

const summaryOf = ({ type, data }: WebhookEvent): string =>
  type === 'webhook_endpoint.disabled'
    ? `${type}  ${data.url}`
    : `${type}  ${data.id}  ${data.amount} ${data.currency}${data.invoice === undefined ? '' : `  ${data.invoice}`}`

const orThrow = <Value>(
  what: string,
  result: { ok: true; value: Value } | { ok: false; error: { message: string } },
): Value => {
  if (!result.ok) throw new Error(`${what}: ${result.error.message}`)
  return result.value
}

/**
 * Stands in for the shop at Lango: an endpoint of its own, whose deliveries it verifies, signs anew with the developer's
 * secret and passes on. What the shop answers is what Lango is answered, so that a failure is tried again by the schedule.
 */
export const listen = async ({ print, forward, ...options }: ListenOptions): Promise<Listener> => {
  const lango = createLango({ baseUrl: options.baseUrl, apiKey: options.apiKey, retries: 1 })
  const own = new Webhook(options.secret)
  let langoSecret = ''

  const passOn = async (event: WebhookEvent, body: string): Promise<Reply> => {
    const now = new Date()
    const from = performance.now()
    try {
      const response = await fetch(forward, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': event.id,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
          'webhook-signature': own.sign(event.id, now, body),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(SHOP_PATIENCE_MS),
      })
      const answer = (await response.text()).slice(0, ANSWER_CHARACTERS_MAX)
      const ms = Math.round(performance.now() - from)
      const applied = /"applied"\s*:\s*true/.test(answer) ? ' applied' : ''
      print(`${now.toISOString().slice(11, 19)}  ${summaryOf(event)}  → ${response.status}${applied} (${ms} ms)`)
      return {
        status: response.status,
        headers: { 'content-type': response.headers.get('content-type') ?? 'text/plain' },
        body: answer,
      }
    } catch (error) {
      const { cause } = error as Error
      const why = cause instanceof Error && cause.message !== '' ? cause.message : (error as Error).message
      print(`${now.toISOString().slice(11, 19)}  ${summaryOf(event)}  → no answer (${why}); Lango tries again`)
      return json(502, { error: 'the shop did not answer' })
    }
  }

  const server = await serve({
    name: 'npm run listen',
    port: 0,
    portVariable: 'none',
    handle: async (arrived: Arrived) => {
      const body = arrived.body.toString('utf8')
      const delivery = await verifyWebhook({ headers: arrived.headers, body: arrived.body, secret: langoSecret })
      return delivery.ok ? passOn(delivery.value, body) : json(400, { error: delivery.error.reason })
    },
  })
  try {
    const endpoints = orThrow(`Lango at ${options.baseUrl}`, await lango.webhookEndpoints.list())
    for (const left of endpoints.filter(({ description }) => description === DESCRIPTION))
      await lango.webhookEndpoints.delete(left.id)
    const made = orThrow(
      'no endpoint could be made',
      await lango.webhookEndpoints.create({
        url: `${server.url}/`,
        description: DESCRIPTION,
        ...(options.events ? { events: options.events } : {}),
      }),
    )
    langoSecret = made.secret

    const lastId = async (): Promise<string> => {
      let id: string | undefined
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = orThrow('events', await lango.events.list({ limit: 100, ...(cursor ? { cursor } : {}) }))
        id = page.events.at(-1)?.id ?? id
        cursor = page.nextCursor
      }
      if (!id) throw new Error('there is no event yet')
      return id
    }
    return {
      replay: async (id) => {
        orThrow('replay', await lango.events.replay(id ?? (await lastId()), { endpointId: made.id }))
      },
      close: async () => {
        await lango.webhookEndpoints.delete(made.id)
        await server.close()
      },
    }
  } catch (error) {
    await server.close()
    throw error
  }
}
