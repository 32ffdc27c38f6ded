import type { PaymentError } from '../domain/errors.ts'

/** A `code` of a problem is the reason behind it. Stable: shops branch on it. */
export type ProblemCode = PaymentError['reason']

export interface CataloguedProblem {
  readonly status: number
  readonly title: string
  /** Why it comes, and what to do about it: for the people who read the documentation. */
  readonly cause: string
  readonly fix: string
}

/** Every problem that the API answers with. A new reason fails to compile here until somebody explains it. */
export const PROBLEMS: Readonly<Record<ProblemCode, CataloguedProblem>> = {
  missing_idempotency_key: {
    status: 400,
    title: 'Idempotency-Key is missing',
    cause: 'A request that can move money came without the header Idempotency-Key.',
    fix: 'Make a key for each payment before the first try, keep it with the order, and send the same one on every retry.',
  },
  invalid_request: {
    status: 400,
    title: 'The request is not valid',
    cause:
      'Fields are missing, wrong or unknown, the body is not JSON, or no gateway that the payment could go through takes it so.',
    fix: 'Each entry of errors names a field and what to send instead. Nothing was stored: the same key may be used again.',
  },
  unauthenticated: {
    status: 401,
    title: 'Not authenticated',
    cause:
      'No key came, or one that is not known, was revoked, is over after a rotation, or is for tests where real money is taken.',
    fix: 'Send Authorization: Bearer sk_test_… or sk_live_…. A new key works at once, a revoked one stops within 60 s.',
  },
  key_scope: {
    status: 403,
    title: 'This key may not do that',
    cause: 'A publishable key (pk_…) was used for something that takes a secret key.',
    fix: 'Call from your server with the secret key. A browser may only open signed links and read checkouts.',
  },
  origin_not_allowed: {
    status: 403,
    title: 'This origin may not call',
    cause: 'A page called with a publishable key from an origin that the merchant has not named.',
    fix: 'Add the origin (npm run merchant -- update … --origin https://shop.example). Test keys work from localhost as they are.',
  },
  link_invalid: {
    status: 422,
    title: 'This link is not valid',
    cause:
      'The link was not signed with a key that is good, was altered, or is of another merchant or mode than the key.',
    fix: 'Sign it again with a secret key that is in use. The fields and the format are in docs/checkout-links.md.',
  },
  link_expired: {
    status: 410,
    title: 'This link has expired',
    cause: 'The expiresAt of the link is over.',
    fix: 'Sign a new one.',
  },
  invoice_paid: {
    status: 409,
    title: 'This invoice is paid',
    cause: 'The invoice of this checkout or link has been paid. Nothing was made.',
    fix: 'Show the customer the order. Another purchase takes another invoice, or a link with allowRepeat.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    cause: 'There is nothing at this address, or it belongs to another merchant or the other mode.',
    fix: 'Check the id, and that test keys ask for what test keys made.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    cause: 'The address exists and does not answer this method.',
    fix: 'The header Allow names the methods that it answers.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported content type',
    cause: 'The body came with another Content-Type than the one that is read here.',
    fix: 'Send Content-Type: application/json.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    cause: 'The body has more than 65536 bytes.',
    fix: 'Keep what is large in your own store, and send its id in metadata.',
  },
  idempotency_mismatch: {
    status: 422,
    title: 'This Idempotency-Key was used for another request',
    cause: 'The same key came before with other content; field names the first difference.',
    fix: 'A retry sends the same body. A new request takes a new key.',
  },
  invoice_conflict: {
    status: 422,
    title: 'This invoice already has a payment',
    cause:
      'The payment of this invoice has another amount or currency, or is open or paid with another phone number; field says which.',
    fix: 'Another amount is another charge, however the first one ended: use another invoice. Another phone number may pay once that payment has failed, with a new key.',
  },
  payment_rejected: {
    status: 422,
    title: 'The payment was refused',
    cause: 'The gateway refused it for certain, so no money moved. failureCode says why, detail says it in words.',
    fix: 'Tell the customer what detail says. The same invoice may be tried again with a new key, also with another number.',
  },
  policy_refused: {
    status: 422,
    title: 'The policy of this shop does not allow the payment',
    cause:
      'The deployment limits what a shop may take: rule is amount_cap, day_cap, currency, provider, country, hours or amount_limit.',
    fix: 'Nothing was sent. Tell the customer what detail says. After day_cap and hours the same invoice may be tried again later, with a new key; who runs the deployment can change the policy.',
  },
  intent_refused: {
    status: 422,
    title: 'The payment is not what the shop signed',
    cause:
      'The core verified the Lango-Intent against what it was about to send. because is missing, malformed, unknown_key, signature, expired, or what differs: merchant, mode, invoice, idempotency_key, amount, currency or payer.',
    fix: 'Nothing was sent or kept. Sign what you send (docs/signed-intents.md) and send it again, with the same key. If you did, something on the way changed the request.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    cause: 'More new payments or failed authentications than are allowed at once; limit says of what.',
    fix: 'Nothing was stored or sent. Send the same request with the same key after Retry-After seconds.',
  },
  payment_refused: {
    status: 422,
    title: 'This payment takes no further attempt',
    cause:
      'The payment has had as many attempts as it can have (refusal: attempts_exhausted), or is not the one that was asked for.',
    fix: 'Nothing was sent. Use another invoice.',
  },
  otp_refused: {
    status: 422,
    title: 'The code was not taken',
    cause:
      'because is rejected (the gateway does not take this code), not_wanted (the payment waits for none: it may be over, or the code was taken before) or exhausted (too many were tried).',
    fix: 'After rejected send another code; the same one is not asked of the gateway again. Otherwise read the payment: its status and nextAction say how it stands.',
  },
  core_sealed: {
    status: 503,
    title: 'Payments are closed',
    cause: 'The signing core of this deployment is not configured, or not for this place; sealed has its code.',
    fix: 'Nothing was sent. Who runs the deployment finds the cause at /health; the same request may be sent again later.',
  },
  no_route: {
    status: 503,
    title: 'No gateway for this payment',
    cause:
      'The deployment routes its payments, and nothing would take this one: because is rail_down when the provider does not answer at any gateway, no_gateway when none serves it, or none that is up, misconfigured when its policy cannot be read.',
    fix: 'Nothing was stored or sent. Let the customer choose another provider, or send the same request with the same key after Retry-After seconds. Who runs the deployment finds why in the consumer’s log and its routing policy.',
  },
  unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    cause: 'A part that is needed did not answer.',
    fix: 'Send the same request again, with the same key, after Retry-After seconds: it cannot charge twice.',
  },
  limit_reached: {
    status: 409,
    title: 'There are as many as there may be',
    cause: 'As many of these exist as one merchant may have.',
    fix: 'Remove one first.',
  },
  secret_told: {
    status: 409,
    title: 'The secret was told before',
    cause:
      'A live webhook endpoint was made with this Idempotency-Key more than an hour ago, and its secret was in that answer.',
    fix: 'The endpoint is there. Use the secret that you kept; where there is none, have another made with POST /v1/webhook-endpoints/{id}/secret.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    cause: 'A mistake of ours.',
    fix: 'Send the same request again with the same key. If it stays, tell whoever runs the deployment the instance.',
  },
}
