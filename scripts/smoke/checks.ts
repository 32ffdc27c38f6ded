/** What may be asked of a deployment right after it went up, from outside, with nothing but its address. */

export interface SmokeOptions {
  /** Scheme and authority of the edge. */
  readonly origin: string
  /** A test key makes one payment with a sandbox number; a live key is never used to pay. */
  readonly secretKey?: string
  /** A number whose payment succeeds, such as one of the gateway's sandbox. */
  readonly phoneNumber: string
  readonly amount: string
  readonly currency: string
  readonly fetch: typeof fetch
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** Makes names that were never used before. */
  readonly unique: () => string
}

export interface Checked {
  readonly name: string
  readonly outcome: 'ok' | 'failed' | 'not asked'
  /** What was seen; of a failure also what to do. */
  readonly saw: string
}

type Check = (options: SmokeOptions) => Promise<Omit<Checked, 'name'>>

const TIMEOUT_MS = 15_000
const FINAL_WITHIN_MS = 120_000

interface Seen {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

const see = async (options: SmokeOptions, path: string, init: RequestInit = {}): Promise<Seen> => {
  const response = await options.fetch(`${options.origin}${path}`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...init,
  })
  const text = await response.text()
  let body: Record<string, unknown> = {}
  try {
    body = JSON.parse(text) as Record<string, unknown>
  } catch {
    // Not JSON: what was wanted is then missing from it.
  }
  return { status: response.status, headers: response.headers, body }
}

const said = ({ status, body }: Seen): string => `${status}${body['code'] === undefined ? '' : ` ${body['code']}`}`

const is = (seen: Seen, status: number, code: string | undefined, otherwise: string): Omit<Checked, 'name'> =>
  seen.status === status && (code === undefined || seen.body['code'] === code)
    ? { outcome: 'ok', saw: said(seen) }
    : { outcome: 'failed', saw: `${said(seen)}, expected ${status}${code ? ` ${code}` : ''}. ${otherwise}` }

const order = (options: SmokeOptions): string =>
  JSON.stringify({
    sessionId: 'smoke',
    invoice: `SMOKE-${options.unique()}`,
    amount: options.amount,
    currency: options.currency,
    phoneNumber: options.phoneNumber,
  })

const JSON_ONLY = { 'content-type': 'application/json' }

const health: Check = async (options) => {
  const seen = await see(options, '/health')
  const core = seen.body['core'] as { readonly sealed?: string } | undefined
  const shown = `${seen.status} ${seen.body['status'] ?? ''}, core ${core?.sealed ?? 'unknown'}`
  if (seen.status === 200 && seen.body['status'] === 'ok') return { outcome: 'ok', saw: shown }
  const dependencies = Object.entries((seen.body['dependencies'] ?? {}) as Record<string, string>)
  const bad = dependencies.filter(([, state]) => state !== 'ok').map(([name, state]) => `${name} is ${state}`)
  const why = core?.sealed && core.sealed !== 'ok' ? [`the core is sealed (${core.sealed}): see SECURITY.md`] : []
  return { outcome: 'failed', saw: `${shown}. ${[...bad, ...why].join('; ') || 'Is this the edge of Lango?'}` }
}

const withoutKey: Check = async (options) =>
  is(
    await see(options, '/v1/payments', {
      method: 'POST',
      headers: { ...JSON_ONLY, 'idempotency-key': 'smoke' },
      body: order(options),
    }),
    401,
    undefined,
    'A payment without an API key must be refused.',
  )

const forgedCallback: Check = async (options) => {
  const seen = await see(options, '/webhooks/pawapay/deposits', {
    method: 'POST',
    headers: JSON_ONLY,
    body: JSON.stringify({ depositId: '00000000-0000-4000-8000-000000000000', status: 'COMPLETED', amount: '1' }),
  })
  // An account whose callbacks are unsigned runs on hints: they are taken, and prove nothing.
  const { body } = await see(options, '/health')
  return body['callbackMode'] === 'hint'
    ? is(seen, 200, undefined, 'With callbackMode "hint" an unsigned callback is answered 200.')
    : is(seen, 401, undefined, 'A callback without a signature must be refused, or anybody can report a payment.')
}

const unknownGateway: Check = async (options) =>
  is(
    await see(options, '/webhooks/nobody/deposits', { method: 'POST', body: '{}' }),
    404,
    undefined,
    'Only known gateways have an address.',
  )

const noConsumer: Check = async (options) =>
  is(
    await see(options, '/operator/dlq'),
    404,
    undefined,
    "The operator's routes belong to the consumer, not to the edge.",
  )

const withKey = async (options: SmokeOptions, secretKey: string, path: string, init: RequestInit = {}): Promise<Seen> =>
  see(options, path, { ...init, headers: { authorization: `Bearer ${secretKey}`, ...(init.headers as object) } })

const missingIdempotencyKey: Check = async (options) => {
  if (!options.secretKey) return { outcome: 'not asked', saw: 'needs LANGO_API_KEY' }
  const seen = await withKey(options, options.secretKey, '/v1/payments', {
    method: 'POST',
    headers: JSON_ONLY,
    body: order(options),
  })
  return is(seen, 400, 'missing_idempotency_key', 'Nothing may be charged without an idempotency key.')
}

const FINAL: readonly unknown[] = ['succeeded', 'failed', 'expired', 'review']

const paysOnce: Check = async (options) => {
  const { secretKey } = options
  if (!secretKey) return { outcome: 'not asked', saw: 'needs a test key in LANGO_API_KEY' }
  if (!secretKey.startsWith('sk_test_')) return { outcome: 'not asked', saw: 'a live key is never used to pay' }
  const request = {
    method: 'POST',
    headers: { ...JSON_ONLY, 'idempotency-key': `smoke-${options.unique()}` },
    body: order(options),
  }
  const first = await withKey(options, secretKey, '/v1/payments', request)
  if (first.status !== 201 && first.status !== 202)
    return { outcome: 'failed', saw: `${said(first)} ${first.body['detail'] ?? ''}` }
  const again = await withKey(options, secretKey, '/v1/payments', request)
  const id = first.body['id']
  if (again.body['id'] !== id || again.headers.get('idempotent-replayed') !== 'true')
    return { outcome: 'failed', saw: `the same request again was answered ${said(again)}, not the same payment` }
  const untilMs = options.nowMs() + FINAL_WITHIN_MS
  let last = again
  while (!FINAL.includes(last.body['status']) && options.nowMs() < untilMs) {
    await options.sleep(1_000)
    last = await withKey(options, secretKey, `/v1/payments/${id}`)
  }
  const attempts = (last.body['attempts'] ?? []) as readonly unknown[]
  const shown = `${id} is ${last.body['status']} after ${attempts.length} attempt${attempts.length === 1 ? '' : 's'}`
  return last.body['status'] === 'succeeded' && attempts.length === 1
    ? { outcome: 'ok', saw: shown }
    : { outcome: 'failed', saw: `${shown}. Does the gateway know the callback address? See npm run pawapay:check.` }
}

const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ['all parts answer', health],
  ['a payment without a key is refused', withoutKey],
  ['a forged callback proves nothing', forgedCallback],
  ['an unknown gateway has no address', unknownGateway],
  ["the operator's routes are not public", noConsumer],
  ['a payment without an idempotency key is refused', missingIdempotencyKey],
  ['a payment succeeds, and its repetition is the same payment', paysOnce],
]

/** Runs the checks one after another. A check that cannot be made counts as failed. Never rejects. */
export const smoke = async (options: SmokeOptions, tell: (checked: Checked) => void): Promise<readonly Checked[]> => {
  const all: Checked[] = []
  for (const [name, check] of CHECKS) {
    const outcome = await check(options).catch((error: Error) => ({
      outcome: 'failed' as const,
      saw: `no answer: ${error.cause instanceof Error ? error.cause.message : error.message}`,
    }))
    const checked = { name, ...outcome }
    all.push(checked)
    tell(checked)
  }
  return all
}
