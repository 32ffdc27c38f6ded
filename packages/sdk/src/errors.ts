import type { FieldError, Problem } from './shapes.ts'

interface Told {
  readonly status: number
  /** One sentence for the person who reads the shop's log. */
  readonly message: string
  /** The server's name for the request: quote it when you ask. */
  readonly instance?: string
}

/**
 * Why there is no value. `reason` tells them apart; a `switch` over it is complete when it compiles. Nothing here says that
 * a customer was not charged but `payment_rejected` and `policy_refused`: after `no_answer`, `unavailable` and `aborted` the same call again
 * (it has the same key) finds out.
 */
export type LangoError =
  | (Told & { readonly reason: 'invalid_request'; readonly errors: readonly FieldError[] })
  | (Told & { readonly reason: 'unauthenticated' })
  /** A publishable key was used for what only a secret key may do, or from an origin that is not the shop's. */
  | (Told & { readonly reason: 'forbidden'; readonly code: string })
  | (Told & { readonly reason: 'not_found' })
  /** A signed link that is not good, or over. */
  | (Told & { readonly reason: 'link_invalid' | 'link_expired' })
  /** There is nothing left to pay. */
  | (Told & { readonly reason: 'invoice_paid' })
  /** The same key came with other content before. A payment's key that the SDK keeps makes way for another instead. */
  | (Told & { readonly reason: 'idempotency_mismatch'; readonly field: string })
  /** The invoice's payment has another amount or currency, however it ended; or is open or paid with another phone number. */
  | (Told & { readonly reason: 'invoice_conflict'; readonly field: string })
  /** The gateway said no, and took nothing. Calling again begins the next attempt. */
  | (Told & { readonly reason: 'payment_rejected'; readonly paymentId: string; readonly failureCode: string })
  /** The shop may not take this payment, by the `rule` of its policy. Nothing was sent. */
  | (Told & { readonly reason: 'policy_refused'; readonly paymentId: string; readonly rule: string })
  /** It is not what the shop signed, or had to be. Nothing was sent or kept: the call may be made again with a right intent. */
  | (Told & { readonly reason: 'intent_refused'; readonly because: string })
  /** The code was not taken (`because`: rejected), or is not waited for. The payment stands as it stood. */
  | (Told & { readonly reason: 'otp_refused'; readonly paymentId: string; readonly because: string })
  /** There are as many as there may be. */
  | (Told & { readonly reason: 'limit_reached'; readonly max: number })
  /** The live endpoint was made with this key before, and its secret told then: have another made for `endpointId`. */
  | (Told & { readonly reason: 'secret_told'; readonly endpointId: string })
  /** The payment takes no further attempt. */
  | (Told & { readonly reason: 'payment_refused'; readonly refusal: string })
  | (Told & { readonly reason: 'rate_limited'; readonly retryAfterMs: number })
  /** The server could not, in all tries. */
  | (Told & { readonly reason: 'unavailable'; readonly code: string })
  /** No try was answered: the network, or a time-out. */
  | { readonly reason: 'no_answer'; readonly message: string; readonly cause: unknown }
  /** The caller's AbortSignal ended it. */
  | { readonly reason: 'aborted'; readonly message: string }
  /** An answer that this version of the SDK does not know. */
  | (Told & { readonly reason: 'unexpected'; readonly code: string; readonly body: unknown })

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** `Retry-After` in seconds or as a date (RFC 9110 10.2.3), in ms; null when there is none. */
export const retryAfterMs = (headers: Headers, nowMs: number): number | null => {
  const header = headers.get('retry-after')
  if (header === null) return null
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs)
}

/** Turns an answer that is no success into an error. `body`: its JSON, or null when it had none. */
export const errorOf = (response: Response, body: unknown, nowMs: number): LangoError => {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>
  const code = text(problem.code)
  const { status } = response
  const told: Told = {
    status,
    message: [text(problem.title), text(problem.detail)].filter((part) => part !== '').join(': ') || `HTTP ${status}`,
    ...(typeof problem.instance === 'string' ? { instance: problem.instance } : {}),
  }
  switch (code) {
    case 'invalid_request':
    case 'missing_idempotency_key':
      return { ...told, reason: 'invalid_request', errors: problem.errors ?? [] }
    case 'unauthenticated':
    case 'not_found':
    case 'link_invalid':
    case 'link_expired':
    case 'invoice_paid':
      return { ...told, reason: code }
    case 'idempotency_mismatch':
    case 'invoice_conflict':
      return { ...told, reason: code, field: text(problem.field) }
    case 'policy_refused':
      return { ...told, reason: code, paymentId: text(problem.paymentId), rule: text(problem.rule) }
    case 'intent_refused':
      return { ...told, reason: code, because: text(problem.because) }
    case 'otp_refused':
      return { ...told, reason: code, paymentId: text(problem.paymentId), because: text(problem.because) }
    case 'payment_rejected':
      return {
        ...told,
        reason: code,
        paymentId: text(problem.paymentId),
        failureCode: text(problem.failureCode),
      }
    case 'limit_reached':
      return { ...told, reason: code, max: problem.max ?? 0 }
    case 'secret_told':
      return { ...told, reason: code, endpointId: text(problem.endpointId) }
    case 'payment_refused':
      return { ...told, reason: code, refusal: text(problem.refusal) }
  }
  if (status === 401) return { ...told, reason: 'unauthenticated' }
  if (status === 403) return { ...told, reason: 'forbidden', code }
  if (status === 429)
    return { ...told, reason: 'rate_limited', retryAfterMs: retryAfterMs(response.headers, nowMs) ?? 1000 }
  if (status >= 500) return { ...told, reason: 'unavailable', code }
  return { ...told, reason: 'unexpected', code, body }
}
