import { COMPACT_JWS, INTENT_CHARACTERS_MAX } from '../request/intent.ts'
import { paymentListQuery } from '../request/payment-list-query.ts'
import { eventListQuery } from '../request/webhook-request.ts'
import type { HeaderParameter, Operation } from './operation.ts'

const idempotencyKey = (required: boolean): HeaderParameter => ({
  name: 'Idempotency-Key',
  required,
  description: required
    ? 'New for each payment, the same on each retry. X-Idempotency-Key is read as well.'
    : 'With it, the same request twice makes one.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]{1,255}$' },
})
const intent: HeaderParameter = {
  name: 'Lango-Intent',
  required: false,
  description:
    'What the shop signed of this payment, a compact JWS (docs/signed-intents.md). The core sends nothing else; a merchant may require it.',
  schema: { type: 'string', maxLength: INTENT_CHARACTERS_MAX, pattern: COMPACT_JWS.source },
}
const prefer: HeaderParameter = {
  name: 'Prefer',
  required: false,
  description: 'wait=n (RFC 7240): how many seconds, 0–30, to wait for the gateway; 5 if not said.',
  schema: { type: 'string', examples: ['wait=10'] },
}

const PAYMENTS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/payments',
    id: 'createPayment',
    tag: 'Payments',
    summary: 'Charge a wallet',
    description:
      'Any answer but a 4xx, and no answer at all, may be met with the same request and the same key: it cannot charge twice. One invoice has one open or paid payment; after a definitive failure it may be tried again with a new key.',
    keys: 'secret',
    headers: [idempotencyKey(true), intent, prefer],
    request: { names: ['PaymentRequest'], required: true },
    answers: {
      200: {
        description: 'The payment of this key or invoice is over; this is how it is now.',
        body: 'Payment',
        headers: { 'Idempotent-Replayed': 'true', Location: 'Of the payment.' },
      },
      201: {
        description: 'The gateway has accepted it: the customer is asked to approve.',
        body: 'Payment',
        headers: { Location: 'Of the payment.' },
      },
      202: {
        description:
          'Still open: the gateway has not answered yet, its answer was lost (status unknown), or this is a repetition.',
        body: 'Payment',
        headers: {
          Location: 'Of the payment.',
          'Retry-After': 'Seconds until it is worth asking again.',
          'Idempotent-Replayed': 'true, if this request made no new attempt.',
        },
      },
    },
    problems: [
      'missing_idempotency_key',
      'idempotency_mismatch',
      'invoice_conflict',
      'payment_rejected',
      'policy_refused',
      'intent_refused',
      'payment_refused',
      'core_sealed',
      'no_route',
    ],
  },
  {
    method: 'get',
    path: '/v1/payments',
    id: 'listPayments',
    tag: 'Payments',
    summary: 'Find payments, newest first',
    keys: 'secret',
    query: paymentListQuery,
    answers: { 200: { description: 'What fits, of this merchant in the mode of the key.', body: 'PaymentList' } },
  },
  {
    method: 'get',
    path: '/v1/payments/{id}',
    id: 'getPayment',
    tag: 'Payments',
    summary: 'Read a payment',
    keys: 'secret',
    pathParameters: { id: 'pay_…' },
    answers: { 200: { description: 'How it is now.', body: 'Payment' } },
  },
  {
    method: 'post',
    path: '/v1/payments/{id}/otp',
    id: 'submitOtp',
    tag: 'Payments',
    summary: 'Hand a code on',
    description:
      'For a payment whose nextAction is otp. Needs no key: the same code for the same attempt is the same request, and is asked of the gateway once. Any answer but a 4xx, and no answer at all, may be met with it again.',
    keys: 'secret',
    headers: [prefer],
    pathParameters: { id: 'pay_…' },
    request: { names: ['OtpRequest'], required: true },
    answers: {
      200: {
        description: 'The gateway took the code; nextAction says whether the customer has more to do.',
        body: 'Payment',
      },
      202: {
        description: 'The gateway has not answered, or its answer was lost: the payment will tell.',
        body: 'Payment',
        headers: { 'Retry-After': 'Seconds until it is worth asking again.' },
      },
    },
    problems: ['otp_refused', 'core_sealed'],
  },
  {
    method: 'get',
    path: '/v1/payments/{id}/decisions',
    id: 'getPaymentDecisions',
    tag: 'Payments',
    summary: 'Read why it went through which gateway',
    keys: 'secret',
    pathParameters: { id: 'pay_…' },
    answers: {
      200: {
        description:
          'What the routing policy decided for each attempt. For 30 days after the last thing that happened.',
        body: 'DecisionList',
      },
    },
  },
]

const CHECKOUTS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/checkouts',
    id: 'createCheckout',
    tag: 'Checkouts',
    summary: 'Make a payment page, or open a signed link',
    description:
      'A secret key names invoice and amount. A publishable key opens a link that a secret key has signed, from a page whose origin the merchant has allowed.',
    keys: 'any',
    headers: [idempotencyKey(false)],
    request: { names: ['CheckoutRequest', 'CheckoutLinkRequest'], required: true },
    answers: { 201: { description: 'Send the customer to url.', body: 'Checkout', headers: { Location: 'The url.' } } },
    problems: ['key_scope', 'idempotency_mismatch', 'link_invalid', 'link_expired', 'invoice_paid', 'invoice_conflict'],
  },
  {
    method: 'get',
    path: '/v1/checkouts/{id}',
    id: 'getCheckout',
    tag: 'Checkouts',
    summary: 'Read a checkout',
    keys: 'any',
    pathParameters: { id: 'chk_…' },
    answers: { 200: { description: 'What is asked for, and whether it is paid.', body: 'CheckoutDetails' } },
  },
]

const WEBHOOKS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/webhook-endpoints',
    id: 'createWebhookEndpoint',
    tag: 'Webhooks',
    summary: 'Be told of events',
    keys: 'secret',
    headers: [idempotencyKey(false)],
    request: { names: ['WebhookEndpointRequest'], required: true },
    answers: {
      201: {
        description: 'Keep the secret.',
        body: 'WebhookEndpointWithSecret',
        headers: { Location: 'Of the endpoint.' },
      },
    },
    problems: ['idempotency_mismatch', 'limit_reached', 'secret_told'],
  },
  {
    method: 'get',
    path: '/v1/webhook-endpoints',
    id: 'listWebhookEndpoints',
    tag: 'Webhooks',
    summary: 'List endpoints',
    keys: 'secret',
    answers: { 200: { description: 'All of them, without secrets.', body: 'WebhookEndpointList' } },
  },
  {
    method: 'get',
    path: '/v1/webhook-endpoints/{id}',
    id: 'getWebhookEndpoint',
    tag: 'Webhooks',
    summary: 'Read an endpoint',
    keys: 'secret',
    pathParameters: { id: 'whe_…' },
    answers: { 200: { description: 'Without its secret.', body: 'WebhookEndpoint' } },
  },
  {
    method: 'delete',
    path: '/v1/webhook-endpoints/{id}',
    id: 'deleteWebhookEndpoint',
    tag: 'Webhooks',
    summary: 'Remove an endpoint',
    keys: 'secret',
    pathParameters: { id: 'whe_…' },
    answers: { 204: { description: 'Nothing more is sent there.' } },
  },
  {
    method: 'post',
    path: '/v1/webhook-endpoints/{id}/secret',
    id: 'rotateWebhookSecret',
    tag: 'Webhooks',
    summary: 'Rotate its secret',
    description:
      'Not to be repeated blindly: each call makes another secret. Until the overlap is over, both sign; two at most, a third ends the first.',
    keys: 'secret',
    pathParameters: { id: 'whe_…' },
    request: { names: ['SecretRotationRequest'], required: false },
    answers: { 200: { description: 'Keep the secret.', body: 'WebhookEndpointWithSecret' } },
  },
  {
    method: 'post',
    path: '/v1/webhook-endpoints/{id}/enable',
    id: 'enableWebhookEndpoint',
    tag: 'Webhooks',
    summary: 'Enable it again',
    keys: 'secret',
    pathParameters: { id: 'whe_…' },
    answers: { 200: { description: 'What was held goes out, oldest first.', body: 'WebhookEndpoint' } },
  },
  {
    method: 'post',
    path: '/v1/webhook-endpoints/{id}/replay',
    id: 'replayToWebhookEndpoint',
    tag: 'Webhooks',
    summary: 'Send a range of events again',
    keys: 'secret',
    pathParameters: { id: 'whe_…' },
    request: { names: ['ReplayRangeRequest'], required: false },
    answers: { 202: { description: 'Queued, at most 1,000 at once, of the next 10,000 events.', body: 'Replayed' } },
  },
]

const EVENTS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/events',
    id: 'listEvents',
    tag: 'Events',
    summary: 'List events, oldest first',
    keys: 'secret',
    query: eventListQuery,
    answers: {
      200: {
        description:
          'With how far each has come to the endpoints. One call looks at 10,000 events: a page of a type may be empty and have a nextCursor.',
        body: 'EventList',
      },
    },
  },
  {
    method: 'get',
    path: '/v1/events/{id}',
    id: 'getEvent',
    tag: 'Events',
    summary: 'Read an event',
    keys: 'secret',
    pathParameters: { id: 'evt_…' },
    answers: { 200: { description: 'As it was sent.', body: 'Event' } },
  },
  {
    method: 'post',
    path: '/v1/events/{id}/replay',
    id: 'replayEvent',
    tag: 'Events',
    summary: 'Send an event again',
    description: 'Under the same webhook-id: to a shop that has it already it is a repetition.',
    keys: 'secret',
    pathParameters: { id: 'evt_…' },
    request: { names: ['EventReplayRequest'], required: false },
    answers: { 202: { description: 'To so many endpoints.', body: 'EventReplayed' } },
  },
]

const CALLBACK_ADDRESS = {
  path: '/webhooks/{gateway}/{operation}',
  tag: 'Gateways',
  keys: 'none',
  pathParameters: { gateway: 'pawapay', operation: 'deposits, payouts or refunds' },
} as const satisfies Partial<Operation>

const CALLBACK = {
  ...CALLBACK_ADDRESS,
  description: 'For gateways. The raw bytes are verified before anyone reads them.',
  answers: { 200: { description: 'Durable: do not send it again.' } },
  problems: ['unauthenticated', 'not_found', 'body_too_large', 'rate_limited', 'unavailable'],
} as const satisfies Partial<Operation>

const OTHERS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/ledger/balances',
    id: 'getBalances',
    tag: 'Ledger',
    summary: 'What the merchant is owed',
    keys: 'secret',
    answers: { 200: { description: 'One balance for each currency.', body: 'Balances' } },
  },
  {
    method: 'get',
    path: '/c/{id}',
    id: 'openCheckoutPage',
    tag: 'Pages',
    summary: 'The payment page',
    description: 'For browsers: works without JavaScript, and always shows the truth about the payment.',
    keys: 'none',
    pathParameters: { id: 'chk_…, or a signed link: lnk1.…' },
    answers: {
      303: {
        description: 'A repeatable link leads each visitor to an address of their own.',
        headers: { Location: 'The page.' },
      },
      200: { description: 'The form, or how the payment stands.', mediaType: 'text/html' },
      404: { description: 'There is no such checkout.', mediaType: 'text/html' },
      410: { description: 'It has expired, unpaid.', mediaType: 'text/html' },
      503: { description: 'A part did not answer; the page asks again by itself.', mediaType: 'text/html' },
    },
  },
  {
    method: 'post',
    path: '/c/{id}',
    id: 'payCheckoutPage',
    tag: 'Pages',
    summary: 'Its form',
    keys: 'none',
    pathParameters: { id: 'chk_…, or a signed link' },
    request: { names: ['CheckoutForm'], required: true, mediaType: 'application/x-www-form-urlencoded' },
    answers: {
      303: { description: 'To the page, which says how it went.', headers: { Location: 'The page.' } },
      400: { description: 'The form again, with what is wrong beside its field.', mediaType: 'text/html' },
      404: { description: 'There is no such checkout.', mediaType: 'text/html' },
      413: { description: 'The body is too large.', mediaType: 'text/html' },
      415: { description: 'Not a form.', mediaType: 'text/html' },
      429: { description: 'Too much at once.', mediaType: 'text/html' },
      503: { description: 'A part did not answer. Nothing was sent.', mediaType: 'text/html' },
    },
  },
  { method: 'post', id: 'acceptCallback', summary: "A gateway's callback", ...CALLBACK },
  {
    method: 'put',
    id: 'acceptPutCallback',
    summary: "A gateway's callback, of those that write with PUT",
    ...CALLBACK,
  },
  {
    method: 'get',
    id: 'lookAtCallbackAddress',
    summary: 'Whether callbacks may be sent here',
    ...CALLBACK_ADDRESS,
    description: 'For gateways that look before they send. Says nothing of which gateways there are.',
    answers: { 200: { description: 'They may.' } },
    problems: ['not_found'],
  },
  {
    method: 'get',
    path: '/health',
    id: 'getHealth',
    tag: 'Service',
    summary: 'Whether payments can be taken',
    keys: 'none',
    answers: {
      200: { description: 'They can (degraded: without Redis).', body: 'Health' },
      503: { description: 'They cannot.', body: 'Health' },
    },
  },
  {
    method: 'get',
    path: '/',
    id: 'getIndex',
    tag: 'Service',
    summary: 'Where things are',
    keys: 'none',
    answers: { 200: { description: 'Paths.', body: 'Index' } },
  },
  {
    method: 'get',
    path: '/lango.js',
    id: 'getSnippet',
    tag: 'Pages',
    summary: 'The script for buttons',
    description: 'Turns <button data-lango-checkout="URL"> of a shop\'s page into a checkout.',
    keys: 'none',
    answers: { 200: { description: 'JavaScript, for every browser of the last years.', mediaType: 'text/javascript' } },
  },
  {
    method: 'get',
    path: '/openapi.json',
    id: 'getOpenApi',
    tag: 'Service',
    summary: 'This document',
    keys: 'none',
    answers: { 200: { description: 'OpenAPI 3.1.', body: 'OpenApiDocument' } },
  },
  {
    method: 'get',
    path: '/docs',
    id: 'getReference',
    tag: 'Service',
    summary: 'This document, to read',
    keys: 'none',
    answers: { 200: { description: 'One page, without scripts.', mediaType: 'text/html' } },
  },
  {
    method: 'get',
    path: '/docs/guides/{guide}',
    id: 'getGuide',
    tag: 'Service',
    summary: 'A guide',
    keys: 'none',
    pathParameters: { guide: 'quick-start, idempotency, webhooks, testing or going-live' },
    answers: { 200: { description: 'One page, without scripts.', mediaType: 'text/html' } },
    problems: ['not_found'],
  },
]

export const OPERATIONS: readonly Operation[] = [...PAYMENTS, ...CHECKOUTS, ...WEBHOOKS, ...EVENTS, ...OTHERS]
