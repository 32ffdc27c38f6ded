import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { post } from '../../test/emulators/kit/callback-post.ts'
import { signMessage } from '../../test/emulators/pawapay/http-signature.ts'
import { predict } from '../../test/emulators/pawapay/providers.ts'
import { newSigningKey } from '../../test/emulators/pawapay/signing-key.ts'
import { serve } from '../service.ts'
import type { Hop } from '../trace.ts'

/**
 * pawaPay's wire format with a given latency and nothing else: requests are believed, not verified, so that the event loop
 * that is measured is the product's. What it verifies otherwise is the tests' business (test/emulators/pawapay).
 */
export interface GatewaySettings {
  /** From the last byte of an initiation to its answer. */
  readonly latencyMs: number
  /** No initiation is answered before `release`, or before PARK_MAX_MS: all are held at once, to be looked at. */
  readonly parks: boolean
  /** From that answer to the money and its callback; null: the payment stays open. */
  readonly settleMs: number | null
}

/** One initiation. Times are wall-clock ms with fractions; `answeredAtMs` 0: not yet. */
export interface Initiation {
  readonly reference: string
  readonly arrivedAtMs: number
  answeredAtMs: number
}

export interface GatewayShape {
  url(): string
  set(settings: Partial<GatewaySettings>): void
  /** Answers those that have been held for their latency, and from now on the others in their time. */
  release(): void
  /** Callbacks for what was initiated with this API token go to `<callbackBase>/deposits`. */
  account(token: string, callbackBase: string): void
  /** In order of arrival, repetitions too. */
  initiations(): readonly Initiation[]
  /** References that the money was taken of, once for each time. */
  captures(): readonly string[]
  counts(): {
    readonly initiations: number
    readonly statuses: number
    readonly underWay: number
    readonly peak: number
    readonly callbacks: number
  }
  /** Takes the money of all that are open. */
  settleAll(): void
  /** Takes the money of these, and gives their callbacks, signed and good for a minute, to whoever asks instead of sending them. */
  callbacksOf(references: readonly string[]): readonly SignedCallback[]
  startTrace(): void
  trace(): readonly Hop[]
  clear(): void
}

export interface SignedCallback {
  readonly reference: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Deposit {
  readonly fields: Readonly<Record<string, unknown>>
  status: 'ACCEPTED' | 'COMPLETED'
  readonly createdAtMs: number
  readonly token: string
}

const TRIES = 5
/** Below what any client here waits for an answer. */
const PARK_MAX_MS = 140_000
/** Callbacks under way at once, as a gateway that is not out to flood its customers. */
const CALLBACKS_MAX = 16
const nowMs = () => performance.timeOrigin + performance.now()
const instant = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
const reply = (response: ServerResponse, status: number, value: unknown) => {
  const body = JSON.stringify(value)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

serve(async (initial: GatewaySettings) => {
  const key = newSigningKey()
  const closing = new AbortController()
  let settings = initial
  let initiations: Initiation[] = []
  let captures: string[] = []
  let deposits = new Map<string, Deposit>()
  const accounts = new Map<string, string>()
  let statuses = 0
  let underWay = 0
  let peak = 0
  let callbacks = 0
  let trace: Hop[] | undefined

  const dataOf = ({ fields, status, createdAtMs }: Deposit) => ({
    depositId: fields['depositId'],
    status,
    amount: fields['amount'],
    currency: fields['currency'],
    country: 'ZMB',
    payer: fields['payer'],
    customerMessage: fields['customerMessage'] ?? 'Lango bench',
    ...(fields['clientReferenceId'] === undefined ? {} : { clientReferenceId: fields['clientReferenceId'] }),
    created: instant(createdAtMs),
    ...(status === 'COMPLETED' ? { providerTransactionId: `T${fields['depositId']}` } : {}),
  })

  const signed = (url: URL, body: Buffer): Record<string, string> =>
    signMessage({ method: 'POST', authority: url.host, target: url.pathname, body }, key, {
      nowMs: Date.now(),
      encoding: 'der',
      contentType: 'application/json',
      nanoseconds: 0,
    })

  const callBack = async (deposit: Deposit): Promise<void> => {
    const base = accounts.get(deposit.token)
    if (base === undefined) return
    const url = new URL(`${base}/deposits`)
    const body = Buffer.from(JSON.stringify(dataOf(deposit)))
    for (let i = 1; i <= TRIES && !closing.signal.aborted; i++) {
      const headers = signed(url, body)
      const { status } = await post(url, headers, body, closing.signal)
      if (status !== 200) continue
      callbacks += 1
      return
    }
  }

  const toCallBack: Deposit[] = []
  let calling = 0
  const callBackNext = async (): Promise<void> => {
    if (calling >= CALLBACKS_MAX) return
    calling += 1
    for (let deposit = toCallBack.shift(); deposit; deposit = toCallBack.shift()) await callBack(deposit)
    calling -= 1
  }

  const settle = (deposit: Deposit): void => {
    deposit.status = 'COMPLETED'
    captures.push(String(deposit.fields['depositId']))
    toCallBack.push(deposit)
    void callBackNext()
  }

  let parked: (() => void)[] = []

  const initiate = (response: ServerResponse, text: string, token: string, arrivedAtMs: number): void => {
    const fields = JSON.parse(text) as Record<string, unknown>
    const reference = String(fields['depositId'])
    const initiation: Initiation = { reference, arrivedAtMs, answeredAtMs: 0 }
    initiations.push(initiation)
    const known = deposits.get(reference)
    const deposit: Deposit = known ?? { fields, status: 'ACCEPTED', createdAtMs: Date.now(), token }
    deposits.set(reference, deposit)
    underWay += 1
    peak = Math.max(peak, underWay)
    let answered = false
    const answer = () => {
      if (answered) return
      answered = true
      underWay -= 1
      initiation.answeredAtMs = nowMs()
      trace?.push({ to: 'gateway', what: reference, fromMs: arrivedAtMs, toMs: initiation.answeredAtMs })
      const status = known ? 'DUPLICATE_IGNORED' : 'ACCEPTED'
      reply(response, 200, { depositId: reference, status, created: instant(deposit.createdAtMs) })
      if (known || settings.settleMs === null) return
      setTimeout(() => settle(deposit), settings.settleMs).unref()
    }
    setTimeout(() => {
      if (!settings.parks) return answer()
      parked.push(answer)
      setTimeout(answer, PARK_MAX_MS - settings.latencyMs).unref()
    }, settings.latencyMs)
  }

  const server = createServer((request, response) => {
    const arrivedAtMs = nowMs()
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      const path = request.url ?? '/'
      if (request.method === 'POST' && path === '/v2/deposits')
        return initiate(response, text, request.headers.authorization ?? '', arrivedAtMs)
      if (path === '/v2/public-key/http') return reply(response, 200, [{ id: key.id, key: key.publicPem }])
      if (path === '/v2/predict-provider')
        return reply(response, 200, predict(String((JSON.parse(text) as Record<string, unknown>)['phoneNumber'])))
      const reference = /^\/v2\/deposits\/([^/?]+)$/.exec(path)?.[1]
      if (request.method !== 'GET' || reference === undefined) return reply(response, 404, {})
      statuses += 1
      const deposit = deposits.get(reference)
      return reply(response, 200, deposit ? { status: 'FOUND', data: dataOf(deposit) } : { status: 'NOT_FOUND' })
    })
  })
  server.keepAliveTimeout = 60_000
  server.requestTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 32_768, resolve))
  return {
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (changed: Partial<GatewaySettings>) => {
      settings = { ...settings, ...changed }
    },
    release: () => {
      settings = { ...settings, parks: false }
      for (const answer of parked.splice(0)) answer()
    },
    account: (token: string, callbackBase: string) => void accounts.set(`Bearer ${token}`, callbackBase),
    settleAll: () => {
      for (const deposit of deposits.values()) if (deposit.status === 'ACCEPTED') settle(deposit)
    },
    callbacksOf: (references: readonly string[]) =>
      references.flatMap((reference): SignedCallback[] => {
        const deposit = deposits.get(reference)
        const base = deposit && accounts.get(deposit.token)
        if (!deposit || base === undefined) return []
        deposit.status = 'COMPLETED'
        captures.push(reference)
        const url = new URL(`${base}/deposits`)
        const body = Buffer.from(JSON.stringify(dataOf(deposit)))
        return [{ reference, url: url.href, headers: signed(url, body), body: body.toString() }]
      }),
    initiations: () => initiations,
    captures: () => captures,
    counts: () => ({ initiations: initiations.length, statuses, underWay, peak, callbacks }),
    startTrace: () => {
      trace = []
    },
    trace: () => trace ?? [],
    clear: () => {
      initiations = []
      captures = []
      deposits = new Map()
      parked = []
      statuses = 0
      callbacks = 0
      peak = 0
    },
    close: async () => {
      closing.abort()
      server.closeAllConnections()
      server.close()
    },
  }
})
