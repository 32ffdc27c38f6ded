import type { PaymentError } from '../domain/errors.ts'
import type { RequestId } from '../domain/ids.ts'
import { PROBLEMS, type ProblemCode } from './problem-catalogue.ts'

/** RFC 9457 problem details, with Lango's own members: a stable `code`, `errors` naming fields, and what a code adds. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: RequestId
  readonly code: ProblemCode
  readonly errors?: readonly { readonly field: string; readonly message: string }[]
  readonly [extension: string]: unknown
}

interface Wire {
  readonly detail: string
  readonly headers?: Readonly<Record<string, string>>
  readonly members?: Readonly<Record<string, unknown>>
}

const FIELD_HINTS: Readonly<Record<string, string>> = {
  phoneNumber: 'phone number',
  customerMessage: 'customer message',
  returnUrl: 'return URL',
  idempotency_key: 'idempotency key',
}
const spoken = (field: string): string => FIELD_HINTS[field] ?? field

const LIMITED: Readonly<Record<string, string>> = {
  merchant: 'Too many new payments of this merchant at once',
  phone: 'Too many new payments for this phone number',
  gateway: 'Too many new payments through this gateway at once',
  address: 'Too much from this address could not be authenticated',
  otp: 'Too many codes for this payment at once',
}

const INTENT_REFUSED: Readonly<Record<string, string>> = {
  missing: 'This shop signs its payments, and no Lango-Intent came with this one.',
  malformed: 'The Lango-Intent is not of the form that docs/signed-intents.md says.',
  unknown_key: 'The Lango-Intent names a key that the policy of this shop does not have.',
  signature: 'The signature of the Lango-Intent is not right.',
  expired: 'The Lango-Intent has expired. Sign a new one; the key may stay.',
}
const INTENT_DIFFERS = (because: string): string =>
  `The Lango-Intent was signed for another ${spoken(because)} than this request has.`

const OTP_REFUSED: Readonly<Record<(PaymentError & { reason: 'otp_refused' })['because'], string>> = {
  rejected: 'The gateway did not take this code. Let the customer look at it again, or get a new one, and send that.',
  not_wanted: 'The payment waits for no code: see its status and its nextAction. Nothing was sent.',
  exhausted: 'Too many codes were tried for this payment. Nothing was sent.',
}

const NO_ROUTE: Readonly<Record<string, string>> = {
  rail_down:
    'The provider does not answer, whichever gateway asks. Let the customer pay another way, or try again later.',
  no_gateway: 'No gateway of this deployment takes this payment at the moment.',
  misconfigured:
    'The routing policy of this deployment cannot be read: whoever runs it finds what is wrong in the consumer’s log.',
}

/** Of the parts of which there is more to say. */
const UNAVAILABLE: Readonly<Record<string, string>> = {
  day_counter:
    'Nothing was sent: what this shop has taken today could not be counted. Send the same request again, with the same key.',
  cancel:
    'The wallet that the customer chose before is still being called off. Send the same request again, with the same key.',
  keys: 'The key that this is signed with is not known yet. Send it again: the gateway’s keys are asked for once a minute.',
}
/** Where two seconds would change nothing. */
const UNAVAILABLE_FOR_S: Readonly<Record<string, number>> = { keys: 30 }

/** What an answer says beyond its entry in the catalogue. A new reason fails to compile here until it has one. */
const toWire = (error: PaymentError): Wire => {
  switch (error.reason) {
    case 'missing_idempotency_key':
      return {
        detail:
          'Send an Idempotency-Key header (1–255 visible ASCII characters), new for each payment and the same on each retry.',
      }
    case 'invalid_request':
      return {
        detail: error.errors.map(({ field, message }) => `${field}: ${message}`).join(' '),
        members: { errors: error.errors },
      }
    case 'unauthenticated':
      return {
        detail:
          'No key came, or none that is known and in force. Send the header "Authorization: Bearer sk_test_…" (or sk_live_…).',
        headers: { 'WWW-Authenticate': 'Bearer' },
      }
    case 'key_scope':
      return {
        detail: 'A publishable key can only open checkouts. Use a secret key, from your server.',
      }
    case 'origin_not_allowed':
      return {
        detail:
          'The merchant of this key has not allowed pages of this origin to call. Add the origin to the merchant’s allowed origins.',
      }
    case 'link_invalid':
      return {
        detail:
          'It was not signed with a key that is good, or it was altered. Sign it again with a secret key that is in force. Nothing was made.',
      }
    case 'link_expired':
      return { detail: 'Ask the shop for a new one. Nothing was made.' }
    case 'invoice_paid':
      return { detail: 'There is nothing left to pay. Nothing was made.' }
    case 'not_found':
      return { detail: 'There is nothing at this address.' }
    case 'method_not_allowed':
      return {
        detail: `This address answers ${error.allow.join(', ')}.`,
        headers: { Allow: error.allow.join(', ') },
      }
    case 'unsupported_media_type':
      return {
        detail: `Send the body as ${error.accepted}.`,
        headers: { Accept: error.accepted },
      }
    case 'body_too_large':
      return {
        detail: `At most ${error.bytesMax} bytes are read.`,
      }
    case 'idempotency_mismatch':
      return {
        detail: `The ${spoken(error.field)} differs from the request that first used this key. Use a new key for a new request.`,
        members: { field: error.field },
      }
    case 'invoice_conflict':
      return {
        detail: `The payment of this invoice has another ${spoken(error.field)}. ${
          error.field === 'phoneNumber'
            ? 'If that payment fails, send this again with a new key; once it is paid, no other number pays it.'
            : 'Another charge takes another invoice.'
        }`,
        members: { field: error.field },
      }
    case 'payment_rejected':
      return {
        detail: error.message,
        headers: {
          Location: `/v1/payments/${error.paymentId}`,
          ...(error.replayed ? { 'Idempotent-Replayed': 'true' } : {}),
        },
        members: { paymentId: error.paymentId, failureCode: error.failureCode },
      }
    case 'policy_refused':
      return {
        detail: error.message,
        headers: {
          Location: `/v1/payments/${error.paymentId}`,
          ...(error.replayed ? { 'Idempotent-Replayed': 'true' } : {}),
        },
        members: { paymentId: error.paymentId, rule: error.rule },
      }
    case 'intent_refused':
      return {
        detail: `${INTENT_REFUSED[error.because] ?? INTENT_DIFFERS(error.because)} Nothing was sent.`,
        members: { because: error.because },
      }
    case 'rate_limited': {
      const retryAfterS = Math.max(1, Math.ceil(error.retryAfterMs / 1000))
      return {
        detail: `${LIMITED[error.limit] ?? 'Too many requests'}. Nothing was stored or sent. The same request, with the same key, may be sent again in ${retryAfterS} s.`,
        headers: { 'Retry-After': String(retryAfterS) },
        members: { limit: error.limit },
      }
    }
    case 'payment_refused':
      return {
        detail:
          error.code === 'attempts_exhausted'
            ? 'It has had as many attempts as it can have. Nothing was sent. Use another invoice.'
            : `Nothing was sent (${error.code}).`,
        members: { refusal: error.code },
      }
    case 'otp_refused':
      return {
        detail: OTP_REFUSED[error.because],
        headers: { Location: `/v1/payments/${error.paymentId}` },
        members: { paymentId: error.paymentId, because: error.because },
      }
    case 'core_sealed':
      return {
        detail: `Nothing was sent (${error.code}). The same request, with the same key, may be sent again later.`,
        headers: { 'Retry-After': '30' },
        members: { sealed: error.code },
      }
    case 'no_route':
      return {
        detail: `${NO_ROUTE[error.because] ?? NO_ROUTE['no_gateway']} Nothing was stored or sent.`,
        headers: { 'Retry-After': '30' },
        members: { because: error.because },
      }
    case 'unavailable':
      return {
        detail: UNAVAILABLE[error.part] ?? 'Send the same request again, with the same key: it cannot charge twice.',
        headers: { 'Retry-After': String(UNAVAILABLE_FOR_S[error.part] ?? 2) },
      }
    case 'limit_reached':
      return {
        detail: `At most ${error.max} ${error.what}. Remove one first.`,
        members: { max: error.max },
      }
    case 'secret_told':
      return {
        detail: `${error.endpointId} was made with this key more than an hour ago, and its secret was told then. POST /v1/webhook-endpoints/${error.endpointId}/secret makes another.`,
        members: { endpointId: error.endpointId },
      }
    case 'internal':
      return {
        detail: 'Something went wrong on our side. The instance of this problem finds it in our logs.',
      }
  }
}

/** The `code` of an error, for logs. */
export const codeOf = (error: PaymentError): ProblemCode => error.reason

/** An `application/problem+json` response. */
export const problemResponse = (error: PaymentError, requestId: RequestId): Response => {
  const code = codeOf(error)
  const { status, title } = PROBLEMS[code]
  const { detail, headers, members } = toWire(error)
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
