import { type CheckoutLink, signCheckoutLink } from './checkout-link.ts'
import type { LangoError } from './errors.ts'
import { retryAfterMs } from './errors.ts'
import type { EventPage, LoggedEvent } from './events.ts'
import { type KeyStore, memoryKeyStore } from './key-store.ts'
import { createKeys, type Keys } from './keys.ts'
import { err, ok, type Result } from './result.ts'
import type {
  Checkout,
  CheckoutDetails,
  CheckoutLinkRequest,
  CheckoutRequest,
  EventQuery,
  Payment,
  PaymentPage,
  PaymentQuery,
  PaymentRequest,
  WebhookEndpoint,
  WebhookEndpointRequest,
  WebhookEndpointWithSecret,
} from './shapes.ts'
import { sleep } from './sleep.ts'
import { type Call, createTransport, type Transport } from './transport.ts'
import { type StillOpen, type WaitOptions, waitForPayment } from './wait-for-payment.ts'

export interface LangoOptions {
  /** `sk_…` on a server; `pk_…` in a browser, where it may do little. */
  readonly apiKey: string
  /** Such as `https://pay.example.com`. */
  readonly baseUrl: string
  /** Where idempotency keys are kept; in memory if not said. */
  readonly keys?: KeyStore
  /** How many times more after the first try; 3 if not said. */
  readonly retries?: number
  /** For each try; 40 s if not said. Above the longest wait that the server may be asked for. */
  readonly timeoutMs?: number
  /** What replaces the platform's own, in tests above all. */
  readonly fetch?: typeof fetch
  readonly nowMs?: () => number
  readonly random?: () => number
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
}

export interface CallOptions {
  readonly signal?: AbortSignal
}

export interface CreatePaymentOptions extends CallOptions {
  /** Instead of the kept one. Needed with `allowRepeat`, where the invoice does not say which request it is. */
  readonly idempotencyKey?: string
  /** What the shop signed of this payment (`signIntent`): nothing else is sent. */
  readonly intent?: string
  /** How long the server may wait for the gateway before it answers, 0–30; 5 if not said. */
  readonly waitSeconds?: number
}

export interface Lango {
  readonly payments: {
    /**
     * Charges a wallet. The idempotency key is kept by invoice until its attempt has ended without money: a call that is
     * made again, also by another process with the same store, is the same request. One with another number is another: it
     * is `invoice_conflict` while the first is open or paid, and the next attempt once that has failed. `ok` says that the
     * payment exists, not that it is paid: look at `status`.
     */
    create(request: PaymentRequest, options?: CreatePaymentOptions): Promise<Result<Payment, LangoError>>
    get(id: string, options?: CallOptions): Promise<Result<Payment, LangoError>>
    /**
     * Hands on the code of a payment whose `nextAction` is `otp`. The same code is the same request, and is asked of the gateway
     * once. `otp_refused` with `because` rejected: let the customer write another.
     */
    submitOtp(
      id: string,
      otp: string,
      options?: CallOptions & Pick<CreatePaymentOptions, 'waitSeconds'>,
    ): Promise<Result<Payment, LangoError>>
    list(query?: PaymentQuery, options?: CallOptions): Promise<Result<PaymentPage, LangoError>>
  }
  readonly checkouts: {
    /** A payment page. The same content is the same checkout until it expires. */
    create(
      request: CheckoutRequest,
      options?: CallOptions & { readonly idempotencyKey?: string },
    ): Promise<Result<Checkout, LangoError>>
    get(id: string, options?: CallOptions): Promise<Result<CheckoutDetails, LangoError>>
    /**
     * Signs a link to a payment page, without asking anybody: with a secret key, on a server or when a static shop is
     * built. A page opens it by its address, or with a publishable key by `open`.
     */
    link(request: CheckoutLinkRequest): Promise<Result<CheckoutLink, LangoError>>
    /** A checkout out of a signed link (`lnk1.…`), with a publishable key too. One of a product makes a new one each time. */
    open(link: string, options?: CallOptions): Promise<Result<Checkout, LangoError>>
  }
  readonly events: {
    /** Oldest first. Go on with `cursor` = the last id you have. */
    list(query?: EventQuery, options?: CallOptions): Promise<Result<EventPage, LangoError>>
    get(id: string, options?: CallOptions): Promise<Result<LoggedEvent, LangoError>>
    /** Sends it again, to one endpoint or to all that want it, under its own id. */
    replay(
      id: string,
      options?: CallOptions & { readonly endpointId?: string },
    ): Promise<Result<{ readonly id: string; readonly endpoints: number }, LangoError>>
  }
  readonly webhookEndpoints: {
    /** The answer has the secret: keep it. The same key again is answered the same, for a live endpoint within an hour (`secret_told`). */
    create(
      request: WebhookEndpointRequest,
      options?: CallOptions & { readonly idempotencyKey?: string },
    ): Promise<Result<WebhookEndpointWithSecret, LangoError>>
    list(options?: CallOptions): Promise<Result<readonly WebhookEndpoint[], LangoError>>
    /** After it was disabled: what was held meanwhile goes out. */
    enable(id: string, options?: CallOptions): Promise<Result<WebhookEndpoint, LangoError>>
    delete(id: string, options?: CallOptions): Promise<Result<null, LangoError>>
  }
  /** Polls until the payment has a final status, the time is over or the signal ends. */
  waitForPayment(id: string, options?: WaitOptions): Promise<Result<Payment, LangoError | StillOpen>>
}

const RETRIES = 3
const TIMEOUT_MS = 40_000

const hasFailed = ({ status }: Payment): boolean => status === 'failed' || status === 'expired'
const paymentName = (invoice: string): string => `payment:${invoice}`

/** Of JSON with its members in order: the same content has the same name. */
const digest = async (value: object): Promise<string> => {
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(members)))
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

const body = <Body>(transport: Transport, call: Call): Promise<Result<Body, LangoError>> =>
  transport(call).then((answer) => (answer.ok ? ok(answer.value.body as Body) : answer))

/** An id may come from a shopper's own address bar: what cannot be one (`..`, say) is asked for as `-`, and not found. */
const pathTo = (collection: string, id: string): string =>
  `/v1/${collection}/${/^[A-Za-z0-9_-]{1,120}$/.test(id) ? id : '-'}`

/** Whoever sees that an attempt has failed frees its key, so that paying again is a new attempt at once. */
const notice = async (keys: Keys, payment: Payment): Promise<void> => {
  if (hasFailed(payment) && payment.invoice !== undefined)
    await keys.spentBy(paymentName(payment.invoice), payment.attempts.length)
}

const paymentCalls = (transport: Transport, keys: Keys): Lango['payments'] => ({
  create: async (request, options = {}) => {
    const { signal, waitSeconds, idempotencyKey, intent } = options
    const name = request.allowRepeat === true || request.invoice === undefined ? null : paymentName(request.invoice)
    if (name === null && idempotencyKey === undefined)
      return err({
        reason: 'invalid_request',
        status: 0,
        message: 'idempotencyKey is needed with allowRepeat: nothing was sent.',
        errors: [{ field: 'idempotencyKey', message: 'Name the request: the invoice does not.' }],
      })
    const send = (key: string) =>
      body<Payment>(transport, {
        method: 'POST',
        path: '/v1/payments',
        body: request,
        idempotencyKey: key,
        signal,
        headers: {
          ...(waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` }),
          ...(intent === undefined ? {} : { 'lango-intent': intent }),
        },
      })
    // Such a key is all that protects from a second charge, or is the caller's own: it is never changed.
    if (name === null || idempotencyKey !== undefined) return send(idempotencyKey as string)

    let key = await keys.keyFor(name)
    let answer = await send(key)
    if (!answer.ok && answer.error.reason === 'idempotency_mismatch') {
      // Of this invoice something else was asked before, another number say, and nobody heard what became of it. The invoice
      // knows, and judges the same under a new key: it never has two payments that are open or paid.
      const other = await keys.another(name, key)
      key = other.key
      answer = await send(key)
      if (!answer.ok && answer.error.reason === 'invoice_conflict') await other.putBack()
    }
    if (answer.ok && !hasFailed(answer.value)) await keys.answered(name, key, { attempt: answer.value.attempts.length })
    else if (answer.ok || answer.error.reason === 'payment_rejected' || answer.error.reason === 'policy_refused')
      await keys.spent(name, key)
    return answer
  },
  get: async (id, { signal } = {}) => {
    const answer = await body<Payment>(transport, { method: 'GET', path: pathTo('payments', id), signal })
    if (answer.ok) await notice(keys, answer.value)
    return answer
  },
  submitOtp: async (id, otp, { signal, waitSeconds } = {}) => {
    const answer = await body<Payment>(transport, {
      method: 'POST',
      path: `${pathTo('payments', id)}/otp`,
      body: { otp },
      isRepeatable: true,
      signal,
      ...(waitSeconds === undefined ? {} : { headers: { prefer: `wait=${waitSeconds}` } }),
    })
    if (answer.ok) await notice(keys, answer.value)
    return answer
  },
  list: (query = {}, { signal } = {}) => body(transport, { method: 'GET', path: '/v1/payments', query, signal }),
})

export const createLango = (options: LangoOptions): Lango => {
  const { nowMs = Date.now, random = Math.random } = options
  const rest = options.sleep ?? sleep
  const transport = createTransport({
    baseUrl: options.baseUrl,
    apiKey: options.apiKey,
    // Called as a plain function: browsers refuse their fetch as a method of another object.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    retries: options.retries ?? RETRIES,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    nowMs,
    random,
    sleep: rest,
  })
  const keys = createKeys(options.keys ?? memoryKeyStore(), nowMs, () => crypto.randomUUID())
  const payments = paymentCalls(transport, keys)

  return {
    payments,
    checkouts: {
      create: async (request, { signal, idempotencyKey } = {}) => {
        const name = `checkout:${await digest(request)}`
        const key = idempotencyKey ?? (await keys.keyFor(name))
        const answer = await body<Checkout>(transport, {
          method: 'POST',
          path: '/v1/checkouts',
          body: request,
          idempotencyKey: key,
          signal,
        })
        if (answer.ok && idempotencyKey === undefined)
          await keys.answered(name, key, { expiresAtMs: Date.parse(answer.value.expiresAt) })
        return answer
      },
      get: (id, { signal } = {}) => body(transport, { method: 'GET', path: pathTo('checkouts', id), signal }),
      link: (request) => signCheckoutLink(options.baseUrl, options.apiKey, request),
      // A fresh key each time: what it is for is in the link, and two purchases of a product are two. One whose answer was
      // lost is a page that nobody pays on.
      open: (link, { signal } = {}) =>
        body(transport, {
          method: 'POST',
          path: '/v1/checkouts',
          body: { link },
          idempotencyKey: crypto.randomUUID(),
          signal,
        }),
    },
    events: {
      list: (query = {}, { signal } = {}) => body(transport, { method: 'GET', path: '/v1/events', query, signal }),
      get: (id, { signal } = {}) => body(transport, { method: 'GET', path: pathTo('events', id), signal }),
      replay: (id, { signal, endpointId } = {}) =>
        body(transport, {
          method: 'POST',
          path: `${pathTo('events', id)}/replay`,
          body: endpointId === undefined ? {} : { endpointId },
          signal,
        }),
    },
    webhookEndpoints: {
      create: (request, { signal, idempotencyKey = crypto.randomUUID() } = {}) =>
        body(transport, { method: 'POST', path: '/v1/webhook-endpoints', body: request, idempotencyKey, signal }),
      list: async ({ signal } = {}) => {
        const answer = await body<{ readonly webhookEndpoints: readonly WebhookEndpoint[] }>(transport, {
          method: 'GET',
          path: '/v1/webhook-endpoints',
          signal,
        })
        return answer.ok ? ok(answer.value.webhookEndpoints) : answer
      },
      enable: (id, { signal } = {}) =>
        body(transport, { method: 'POST', path: `${pathTo('webhook-endpoints', id)}/enable`, signal }),
      delete: (id, { signal } = {}) =>
        body(transport, { method: 'DELETE', path: pathTo('webhook-endpoints', id), signal }),
    },
    waitForPayment: (id, wait = {}) =>
      waitForPayment(
        {
          nowMs,
          sleep: rest,
          read: async (signal) => {
            const answer = await transport({ method: 'GET', path: pathTo('payments', id), signal })
            if (!answer.ok) return answer
            const payment = answer.value.body as Payment
            await notice(keys, payment)
            return ok({ payment, retryAfterMs: retryAfterMs(answer.value.headers, nowMs()) })
          },
        },
        wait,
      ),
  }
}
