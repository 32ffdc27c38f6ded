import { env, exports } from 'cloudflare:workers'
import { decideCore } from '../../../src/consumer/core.ts'
import type { PaymentObject } from '../../../src/consumer/payment-object.ts'
import type { ConsumerForEdge } from '../../../src/contracts/consumer.ts'
import type { BeginAnswer, BeginInput, HistoryEntry, Snapshot } from '../../../src/contracts/payment-object.ts'
import type { Verdict } from '../../../src/contracts/vault.ts'
import type { GatewayReference, MerchantId, Msisdn, PaymentId } from '../../../src/domain/ids.ts'
import type { PaymentView } from '../../../src/domain/payment.ts'
import type { Calls, Script } from './fakes/vault.ts'
import { CONSUMER_ORIGIN, type Published, QUEUE } from './queue.ts'

interface TestEnv {
  readonly DB: D1Database
  readonly PAYMENTS: DurableObjectNamespace<PaymentObject>
  readonly LANGO_REFERENCE_KEY: string
  readonly VAULT_CONTROL: {
    play(paymentId: string, script: Script): Promise<void>
    close(value: boolean): Promise<void>
    calls(paymentId: string): Promise<Calls>
  }
}
const bindings = env as unknown as TestEnv
export const database = bindings.DB
export const vault = bindings.VAULT_CONTROL
const workers = exports as unknown as {
  readonly default: { fetch(request: Request): Promise<Response> }
  readonly ForEdge: ConsumerForEdge
}
const worker = workers.default
export const forEdge = (): ConsumerForEdge => workers.ForEdge

export const stubOf = (id: PaymentId) => bindings.PAYMENTS.get(bindings.PAYMENTS.idFromName(id))

export const referenceOf = (id: PaymentId, attempt: number): GatewayReference =>
  decideCore().gatewayReference(bindings.LANGO_REFERENCE_KEY, id, attempt)

export const MERCHANT = 'mer_consumer_tests' as MerchantId
export const PHONE = '260763456789' as Msisdn

let counter = 0
const unique = Math.random().toString(36).slice(2, 8)
export const freshKey = (): string => `${++counter}`.padStart(64, '0')

/** An order that is right and like no other. Fingerprints are the values themselves: nothing here needs them hidden. */
export const order = (over: Partial<BeginInput> = {}): BeginInput => {
  const natural = over.natural ?? { kind: 'invoice', value: `INV-${unique}-${++counter}` }
  const merged = {
    v: 1,
    merchantId: MERCHANT,
    mode: 'test',
    sessionId: 'session-1',
    amountMinor: '1550',
    currency: 'ZMW',
    phoneNumber: PHONE,
    provider: 'MTN_MOMO_ZMB',
    gateway: 'pawapay',
    keyHash: freshKey(),
    waitMs: 5_000,
    ...(natural.kind === 'invoice' ? { invoice: natural.value } : {}),
    ...over,
    natural,
  } as const
  return {
    ...merged,
    paymentId: over.paymentId ?? decideCore().paymentId(merged.merchantId, merged.mode, natural),
    fingerprint: over.fingerprint ?? {
      amount: merged.amountMinor,
      currency: merged.currency,
      phoneNumber: merged.phoneNumber,
      invoice: merged.invoice ?? '',
      provider: merged.provider,
      customerMessage: '',
      metadata: JSON.stringify(merged.metadata ?? {}),
      returnUrl: merged.returnUrl ?? '',
      allowRepeat: String(natural.kind === 'idempotency_key'),
    },
  }
}

/** The same order with something changed, under a key of its own unless one is given. */
export const again = (input: BeginInput, over: Partial<BeginInput> = {}): BeginInput => {
  const { fingerprint, ...rest } = { ...input, keyHash: freshKey(), ...over }
  return order({ ...rest, natural: input.natural })
}

/** RPC promises are typed by the runtime; the tests speak of the contract. */
export const begin = async (input: BeginInput): Promise<BeginAnswer> =>
  (await stubOf(input.paymentId).begin(input)) as BeginAnswer

export const read = async (id: PaymentId): Promise<PaymentView | null> => {
  const snapshot = (await stubOf(id).get()) as Snapshot | null
  return snapshot && (JSON.parse(snapshot.text) as PaymentView)
}

export const viewIn = (answer: BeginAnswer): PaymentView => {
  if (!('snapshot' in answer)) throw new Error(`no snapshot in ${answer.kind}`)
  return JSON.parse(answer.snapshot.text) as PaymentView
}

export const events = async (id: PaymentId): Promise<string[]> =>
  ((await stubOf(id).history()) as readonly HistoryEntry[]).map(({ event }) => event)

export const verdictOn = (input: BeginInput, over: Partial<Verdict> = {}): Verdict => ({
  v: 1,
  gateway: 'pawapay',
  operation: 'deposit',
  authentic: 'signed',
  reference: referenceOf(input.paymentId, over.attempt ?? 1),
  paymentId: input.paymentId,
  attempt: 1,
  outcome: 'succeeded',
  failureCode: null,
  amountMinor: input.amountMinor,
  currency: input.currency,
  providerTransactionId: 'txn-1',
  bodySha256: `${++counter}`.padStart(64, 'b'),
  receivedAtMs: ++counter,
  ...over,
})

const GOOD_MAC = 'a7'.repeat(32)
export const callbackMessage = (verdict: Verdict, mac = GOOD_MAC, via = 'qstash') => ({
  v: 1,
  kind: 'callback',
  via,
  attested: { v: 1, text: JSON.stringify(verdict), mac, kid: '1' },
})

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A token as QStash makes them: HS256 over issuer, address, times and the body's SHA-256. */
export const signDelivery = async (body: string, over: Record<string, unknown> = {}, key: string = QUEUE.current) => {
  const nowS = Math.floor(Date.now() / 1000)
  const claims = {
    iss: 'Upstash',
    sub: `${CONSUMER_ORIGIN}/deliveries/callback`,
    exp: nowS + 300,
    nbf: nowS,
    iat: nowS,
    jti: `jwt_${++counter}`,
    body: base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(body)))),
    ...over,
  }
  const head = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => base64Url(utf8(JSON.stringify(part)))).join('.')
  const hmac = await crypto.subtle.importKey('raw', utf8(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return `${head}.${base64Url(new Uint8Array(await crypto.subtle.sign('HMAC', hmac, utf8(head))))}`
}

export const post = (path: string, body: string, signature: string): Promise<Response> =>
  worker.fetch(
    new Request(`${CONSUMER_ORIGIN}${path}`, {
      method: 'POST',
      headers: { 'Upstash-Signature': signature, 'Content-Type': 'application/json' },
      body,
    }),
  )

/** Delivers a message as QStash would. */
export const deliver = async (
  message: unknown,
  kind: 'callback' | 'fulfilment' | 'failure' | 'notification' = 'callback',
): Promise<Response> => {
  const body = JSON.stringify(message)
  return post(`/deliveries/${kind}`, body, await signDelivery(body, { sub: `${CONSUMER_ORIGIN}/deliveries/${kind}` }))
}

export const get = (path: string): Promise<Response> => worker.fetch(new Request(`${CONSUMER_ORIGIN}${path}`))

/** As `npm run lango` would; the JSON of whatever is answered. */
export const operate = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> =>
  (
    await worker.fetch(
      new Request(`${CONSUMER_ORIGIN}/operator${path}`, {
        method,
        headers: { authorization: 'Bearer op_test_of_the_consumers_own_tests' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    )
  ).json()

export const queue = {
  published: async (): Promise<Published[]> => (await fetch(`${QUEUE.url}/_sim/published`)).json(),
  down: async (value: boolean): Promise<void> => {
    await fetch(`${QUEUE.url}/_sim/down`, { method: 'POST', body: String(value) })
  },
  /** What QStash's own list of dead letters holds from now on. */
  dlq: async (entries: readonly unknown[]): Promise<void> => {
    await fetch(`${QUEUE.url}/_sim/dlq`, { method: 'POST', body: JSON.stringify(entries) })
  },
  about: async (id: PaymentId): Promise<Published[]> =>
    (await queue.published()).filter(({ body }) => body.includes(id)),
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const eventually = async <T>(check: () => Promise<T>, done: (value: T) => boolean): Promise<T> => {
  const until = Date.now() + 10_000
  for (;;) {
    const value = await check()
    if (done(value)) return value
    if (Date.now() > until) throw new Error(`not so in time; last seen: ${JSON.stringify(value)}`)
    await sleep(25)
  }
}

export const entriesOf = async (id: PaymentId) =>
  (
    await database
      .prepare(
        'SELECT e.id, p.direction, p.account, p.amount_minor, p.currency FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id WHERE e.payment_id = ? ORDER BY p.direction DESC',
      )
      .bind(id)
      .all<Record<string, unknown>>()
  ).results

export const imbalance = async (): Promise<unknown[]> =>
  (await database.prepare('SELECT * FROM ledger_imbalance').all()).results
