import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { createHttpClient, type HttpClient } from './http-client.ts'
import { type Service, startService } from './service.ts'
import type { BaselineShape } from './services/baseline.ts'
import type { GatewayShape } from './services/gateway.ts'
import type { LangoOptions, LangoShape } from './services/lango.ts'
import type { RedisRestShape } from './services/redis-rest.ts'

/** What every system under test shares: the gateway, Redis, the client. Each in a process of its own. */
export interface Rig {
  readonly redis: Service<RedisRestShape>
  readonly redisUrl: string
  readonly gateway: Service<GatewayShape>
  readonly gatewayUrl: string
  readonly client: HttpClient
  /** A fresh state directory on this medium, removed with the rig. */
  stateDir(medium: Medium): string
  close(): Promise<void>
}

export type Medium = 'tmpfs' | 'disk'

export const REDIS_TOKEN = 'bench-redis-token'
const MEDIA: Record<Medium, string> = { tmpfs: '/dev/shm', disk: path.resolve('.lango') }

export const openRig = async (): Promise<Rig> => {
  const redis = await startService<RedisRestShape>(new URL('services/redis-rest.ts', import.meta.url), {
    token: REDIS_TOKEN,
  })
  const gateway = await startService<GatewayShape>(new URL('services/gateway.ts', import.meta.url), {
    latencyMs: 0,
    parks: false,
    settleMs: null,
  }).catch(async (error: unknown) => {
    await redis.close()
    throw error
  })
  const client = createHttpClient()
  const dirs: string[] = []
  return {
    redis,
    redisUrl: await redis.ask('url'),
    gateway,
    gatewayUrl: await gateway.ask('url'),
    client,
    stateDir: (medium) => {
      mkdirSync(MEDIA[medium], { recursive: true })
      const dir = mkdtempSync(path.join(MEDIA[medium], 'lango-bench-'))
      dirs.push(dir)
      return dir
    },
    close: async () => {
      client.close()
      await Promise.all([gateway.close(), redis.close()])
      for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** A payment as its caller was told of it. */
export interface Paid {
  readonly http: number
  readonly reference: string
  readonly paymentId: string
  readonly status: string
  readonly replayed: boolean
}

export interface Order {
  readonly key: string
  readonly body: string
  readonly waitSeconds?: number
}

/** A payment service that the same load is put on. */
export interface System {
  readonly name: string
  /** The processes that are the product: their CPU and memory count. */
  readonly pids: () => readonly number[]
  /** Rejects on any answer that is not a payment. */
  pay(order: Order): Promise<Paid>
  close(): Promise<void>
}

const run = Date.now().toString(36)
let serial = 0

/** A request like no other. */
export const freshOrder = (waitSeconds?: number): Order => {
  serial += 1
  const body = JSON.stringify({
    sessionId: `bench-${run}-${serial}`,
    invoice: `BENCH-${run}-${serial}`,
    amount: '15.50',
    currency: 'ZMW',
    // MTN Zambia's: the provider is known without asking, as it is of nearly every number.
    phoneNumber: `26076${String(serial % 10_000_000).padStart(7, '0')}`,
  })
  return { key: `bench-${run}-${serial}`, body, ...(waitSeconds === undefined ? {} : { waitSeconds }) }
}

interface PaymentBody {
  readonly id?: string
  readonly status?: string
  readonly attempts?: readonly { readonly reference: string }[]
}

/** Sends to any system here: all answer with `attempts[].reference`, as the product does. */
export const payer =
  (client: HttpClient, url: string, secretKey: string) =>
  async ({ key, body, waitSeconds }: Order): Promise<Paid> => {
    const headers = {
      authorization: `Bearer ${secretKey}`,
      'content-type': 'application/json',
      'idempotency-key': key,
      ...(waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` }),
    }
    const answer = await client.send('POST', `${url}/v1/payments`, headers, body)
    if (answer.status < 200 || answer.status > 202) throw new Error(`${answer.status} ${answer.text.slice(0, 120)}`)
    const payment = JSON.parse(answer.text) as PaymentBody
    return {
      http: answer.status,
      reference: payment.attempts?.at(-1)?.reference ?? '',
      paymentId: payment.id ?? '',
      status: payment.status ?? '',
      replayed: answer.headers['idempotent-replayed'] === 'true',
    }
  }

export interface Lango extends System {
  readonly service: Service<LangoShape>
  readonly edgeUrl: string
  readonly consumerUrl: string
  readonly secretKey: string
  readonly workerdPid: number
  readonly inspectorUrl: string | null
}

/** The limits stay in force, and what they cost is paid; only nothing reaches them. */
const WIDE = '1000000/1000s'
const LIMITS = { LANGO_LIMIT_MERCHANT: WIDE, LANGO_LIMIT_PHONE: WIDE, LANGO_LIMIT_GATEWAY: WIDE }

export const openLango = async (
  rig: Rig,
  medium: Medium,
  options: Pick<LangoOptions, 'vars' | 'entries' | 'inspectorPort' | 'consumerApart'> = {},
): Promise<Lango> => {
  // An account of its own at the gateway, so that callbacks find the process that the payment belongs to.
  const token = randomUUID()
  const service = await startService<LangoShape>(new URL('services/lango.ts', import.meta.url), {
    stateDir: rig.stateDir(medium),
    redis: { url: rig.redisUrl, token: REDIS_TOKEN },
    gatewayUrl: rig.gatewayUrl,
    ...options,
    vars: {
      ...options.vars,
      edge: { ...LIMITS, ...options.vars?.edge },
    },
    gatewayToken: token,
  } satisfies LangoOptions)
  const info = await service.ask('info')
  await rig.gateway.ask('account', token, `${info.edgeUrl}/webhooks/pawapay`)
  return {
    ...info,
    name: 'Lango',
    service,
    pids: () => [info.workerdPid],
    pay: payer(rig.client, info.edgeUrl, info.secretKey),
    close: () => service.close(),
  }
}

export const openBaseline = async (rig: Rig, medium: Medium): Promise<System> => {
  const service = await startService<BaselineShape>(new URL('services/baseline.ts', import.meta.url), {
    stateDir: rig.stateDir(medium),
    redis: { url: rig.redisUrl, token: REDIS_TOKEN },
    gatewayUrl: rig.gatewayUrl,
  })
  const { url, workerdPid } = await service.ask('info')
  return {
    name: 'baseline (a)',
    pids: () => [workerdPid],
    pay: payer(rig.client, url, 'none'),
    close: () => service.close(),
  }
}
