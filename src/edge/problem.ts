import type { PaymentError } from '../domain/errors.ts'
import type { RequestId } from '../domain/ids.ts'

/** RFC 9457 problem details, with Lango's own members: a stable `code`, `errors` naming fields, and what a code adds. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: RequestId
  readonly code: string
  readonly errors?: readonly { readonly field: string; readonly message: string }[]
  readonly [extension: string]: unknown
}

interface Wire {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly headers?: Readonly<Record<string, string>>
  readonly members?: Readonly<Record<string, unknown>>
}

const FIELD_HINTS: Readonly<Record<string, string>> = {
  phoneNumber: 'phone number',
  customerMessage: 'customer message',
  returnUrl: 'return URL',
}
const spoken = (field: string): string => FIELD_HINTS[field] ?? field

const LIMITED: Readonly<Record<string, string>> = {
  merchant: 'Too many new payments of this merchant at once',
  phone: 'Too many new payments for this phone number',
  gateway: 'Too many new payments through this gateway at once',
  address: 'Too much from this address could not be authenticated',
}

/** The one place where reasons become answers. A new reason fails to compile here until it has one. */
const toWire = (error: PaymentError): Wire => {
  switch (error.reason) {
    case 'missing_idempotency_key':
      return {
        status: 400,
        code: 'missing_idempotency_key',
        title: 'Idempotency-Key is missing',
        detail:
          'Send an Idempotency-Key header (1–255 visible ASCII characters), new for each payment and the same on each retry.',
      }
    case 'invalid_request':
      return {
        status: 400,
        code: 'invalid_request',
        title: 'The request is not valid',
        detail: error.errors.map(({ field, message }) => `${field}: ${message}`).join(' '),
        members: { errors: error.errors },
      }
    case 'unauthenticated':
      return {
        status: 401,
        code: 'unauthenticated',
        title: 'Not authenticated',
        detail: 'The credentials are missing or not valid.',
        headers: { 'WWW-Authenticate': 'Bearer' },
      }
    case 'key_scope':
      return {
        status: 403,
        code: 'key_scope',
        title: 'This key may not do that',
        detail: 'A publishable key can only open checkouts. Use a secret key, from your server.',
      }
    case 'not_found':
      return { status: 404, code: 'not_found', title: 'Not found', detail: 'There is nothing at this address.' }
    case 'method_not_allowed':
      return {
        status: 405,
        code: 'method_not_allowed',
        title: 'Method not allowed',
        detail: `This address answers ${error.allow.join(', ')}.`,
        headers: { Allow: error.allow.join(', ') },
      }
    case 'unsupported_media_type':
      return {
        status: 415,
        code: 'unsupported_media_type',
        title: 'Unsupported content type',
        detail: `Send the body as ${error.accepted}.`,
        headers: { Accept: error.accepted },
      }
    case 'body_too_large':
      return {
        status: 413,
        code: 'body_too_large',
        title: 'The body is too large',
        detail: `At most ${error.bytesMax} bytes are read.`,
      }
    case 'idempotency_mismatch':
      return {
        status: 422,
        code: 'idempotency_mismatch',
        title: 'This Idempotency-Key was used for another request',
        detail: `The ${spoken(error.field)} differs from the request that first used this key. Use a new key for a new request.`,
        members: { field: error.field },
      }
    case 'invoice_conflict':
      return {
        status: 422,
        code: 'invoice_conflict',
        title: 'This invoice already has a payment',
        detail: `The payment of this invoice is open or paid, with another ${spoken(error.field)}.`,
        members: { field: error.field },
      }
    case 'payment_rejected':
      return {
        status: 422,
        code: 'payment_rejected',
        title: 'The payment was refused',
        detail: error.message,
        headers: {
          Location: `/v1/payments/${error.paymentId}`,
          ...(error.replayed ? { 'Idempotent-Replayed': 'true' } : {}),
        },
        members: { paymentId: error.paymentId, failureCode: error.failureCode },
      }
    case 'rate_limited': {
      const retryAfterS = Math.max(1, Math.ceil(error.retryAfterMs / 1000))
      return {
        status: 429,
        code: 'rate_limited',
        title: 'Too many requests',
        detail: `${LIMITED[error.limit] ?? 'Too many requests'}. Nothing was stored or sent. The same request, with the same key, may be sent again in ${retryAfterS} s.`,
        headers: { 'Retry-After': String(retryAfterS) },
        members: { limit: error.limit },
      }
    }
    case 'payment_refused':
      return {
        status: 422,
        code: 'payment_refused',
        title: 'This payment takes no further attempt',
        detail: `Nothing was sent (${error.code}).`,
        members: { refusal: error.code },
      }
    case 'core_sealed':
      return {
        status: 503,
        code: 'core_sealed',
        title: 'Payments are closed',
        detail: `Nothing was sent (${error.code}). The same request, with the same key, may be sent again later.`,
        headers: { 'Retry-After': '30' },
        members: { sealed: error.code },
      }
    case 'unavailable':
      return {
        status: 503,
        code: 'unavailable',
        title: 'Temporarily unavailable',
        detail: 'Send the same request again, with the same key: it cannot charge twice.',
        headers: { 'Retry-After': '2' },
      }
    case 'limit_reached':
      return {
        status: 409,
        code: 'limit_reached',
        title: 'There are as many as there may be',
        detail: `At most ${error.max} ${error.what}. Remove one first.`,
        members: { max: error.max },
      }
    case 'internal':
      return {
        status: 500,
        code: 'internal',
        title: 'Internal error',
        detail: 'Something went wrong on our side. The instance of this problem finds it in our logs.',
      }
  }
}

/** The `code` of an error, for logs. */
export const codeOf = (error: PaymentError): string => toWire(error).code

/** An `application/problem+json` response. */
export const problemResponse = (error: PaymentError, requestId: RequestId): Response => {
  const { status, code, title, detail, headers, members } = toWire(error)
  const problem: Problem = {
    type: `urn:lango:problem:${code.replaceAll('_', '-')}`,
    title,
    status,
    detail,
    instance: requestId,
    code,
    ...members,
  }
  return new Response(JSON.stringify(problem), {
    status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...headers },
  })
}
