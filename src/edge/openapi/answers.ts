/**
 * The bodies of answers, for the API description. Requests are described by the very schemas that check them; answers are
 * built by code of ours, so here the compiler holds the two together (`Told` below) and a test holds real answers against
 * the document. Fields are only ever added: readers ignore what they do not know.
 */
import * as v from 'valibot'
import { EVENT_TYPES } from '../../contracts/events.ts'
import type { PaymentView } from '../../domain/payment.ts'
import type { MerchantBalance } from '../../flows/merchant-balances.ts'
import type { checkoutView } from '../checkout-view.ts'
import type { decisionView } from '../decision-view.ts'
import type { Problem } from '../problem.ts'
import type { endpointView } from '../webhook-view.ts'

const time = v.pipe(v.string(), v.metadata({ format: 'date-time', description: 'RFC 3339, UTC.' }))
const said = (description: string) => v.pipe(v.string(), v.description(description))
const id = (pattern: string, example: string) => v.pipe(v.string(), v.metadata({ pattern, examples: [example] }))
const decimal = v.pipe(v.string(), v.metadata({ pattern: '^-?\\d+(\\.\\d+)?$', examples: ['10.50'] }))
const currency = v.pipe(v.string(), v.metadata({ pattern: '^[A-Z]{3}$', examples: ['ZMW'] }))
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const paymentId = id('^pay_[0-9a-f]{26}$', 'pay_9fa1c2d3e4f5061728394a5b6c')

const attempt = v.object({
  n: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(255)),
  gateway: v.string(),
  reference: v.pipe(v.string(), v.metadata({ format: 'uuid', description: 'What the gateway knows it by.' })),
  status: v.picklist(['created', 'pending', 'needs_action', 'unknown', 'succeeded', 'failed', 'expired']),
  failureCode: v.exactOptional(v.string()),
  createdAt: time,
})

const payment = v.object({
  id: paymentId,
  status: v.pipe(
    v.picklist(['created', 'pending', 'needs_action', 'unknown', 'succeeded', 'failed', 'expired', 'review']),
    v.description(
      'succeeded, failed and expired are final. unknown: the gateway has not said; never a failure. review: people look into it.',
    ),
  ),
  amount: decimal,
  currency,
  phoneNumber: v.pipe(
    v.string(),
    v.metadata({ description: 'Masked; "erased" after the customer was erased.', examples: ['2607••••6789'] }),
  ),
  provider: v.string(),
  gateway: v.string(),
  invoice: v.exactOptional(v.string()),
  sessionId: v.string(),
  attempts: v.array(attempt),
  nextAction: v.exactOptional(
    v.object({
      type: v.picklist(['approve_on_phone', 'redirect', 'otp']),
      url: v.exactOptional(v.string()),
      message: v.exactOptional(said('How a code is to be had, as the gateway words it.')),
    }),
  ),
  failure: v.exactOptional(v.object({ code: v.string(), message: said('For the customer.') })),
  fulfilment: v.object({
    status: v.picklist(['none', 'pending', 'fulfilled']),
    deliveredVia: v.exactOptional(v.picklist(['qstash', 'outbox', 'sweep'])),
    at: v.exactOptional(time),
  }),
  refundedAmount: decimal,
  metadata: v.exactOptional(v.record(v.string(), v.string())),
  returnUrl: v.exactOptional(v.string()),
  erasedAt: v.exactOptional(time),
  createdAt: time,
  updatedAt: time,
})

const breaker = v.picklist(['closed', 'open', 'half_open'])
const bp = v.pipe(v.number(), v.integer())
const decision = v.object({
  attempt: attempt.entries.n,
  decidedAt: time,
  trigger: v.picklist(['request', 'failover']),
  gateway: v.nullable(v.string()),
  because: said('score, priority, split, exploration, probe or last_resort.'),
  rule: v.nullable(said('Of the policy: the one that spoke.')),
  policyVersion: v.string(),
  probe: v.boolean(),
  rail: v.object({ provider: v.string(), breaker }),
  candidates: v.array(
    v.object({
      gateway: v.string(),
      breaker,
      whyNot: v.nullable(v.looseObject({ code: v.string() })),
      score: v.nullable(
        v.pipe(
          v.object({
            totalBp: bp,
            successBp: bp,
            latencyBp: bp,
            costBp: bp,
            promptMs: bp,
            feeBp: bp,
            feePaidBy: v.nullable(v.picklist(['merchant', 'customer'])),
            evidence: bp,
          }),
          v.description('Hundredths of a percent of the amount: totalBp is successBp less latencyBp and costBp.'),
        ),
      ),
    }),
  ),
  explained: said('The same in a few lines, for people.'),
})
const decisionList = v.object({
  decisions: v.pipe(
    v.array(decision),
    v.description('Oldest first, of the latest ten attempts; empty without a routing policy.'),
  ),
})

const cursor = v.nullable(said('Send it as cursor for the next page; null: this is the last one.'))
const paymentList = v.object({ payments: v.array(payment), nextCursor: cursor })

const checkout = v.object({
  id: id('^chk_[A-Za-z0-9_-]{22}$', 'chk_Zm9vYmFyYmF6cXV4MTIzNA'),
  url: v.pipe(v.string(), v.metadata({ format: 'uri', description: 'Whoever has it may look and pay.' })),
  expiresAt: time,
})

const checkoutDetails = v.object({
  ...checkout.entries,
  status: v.pipe(
    v.picklist(['open', 'pending', 'paid', 'closed', 'expired']),
    v.description(
      'pending: a payment is under way, or its end is not known yet. closed: the invoice has a payment at another price, so that nobody can pay this one.',
    ),
  ),
  invoice: v.string(),
  amount: decimal,
  currency,
  description: v.exactOptional(v.string()),
  returnUrl: v.exactOptional(v.string()),
  paymentId: v.exactOptional(paymentId),
  createdAt: time,
})

const webhookEndpoint = v.object({
  id: id('^whe_[0-9a-f]{26}$', 'whe_9fa1c2d3e4f5061728394a5b6c'),
  url: v.string(),
  description: v.exactOptional(v.string()),
  events: v.exactOptional(v.array(v.picklist(EVENT_TYPES))),
  status: v.picklist(['enabled', 'disabled']),
  disabledReason: v.exactOptional(v.picklist(['gone', 'failing'])),
  disabledAt: v.exactOptional(time),
  failingSince: v.exactOptional(time),
  previousSecretUntil: v.exactOptional(time),
  createdAt: time,
})
const webhookEndpointWithSecret = v.object({
  ...webhookEndpoint.entries,
  secret: v.pipe(
    v.string(),
    v.metadata({
      pattern: '^whsec_',
      description: 'For the signature (Standard Webhooks). Keep it: shown here, and never when endpoints are read.',
    }),
  ),
})
const webhookEndpointList = v.object({ webhookEndpoints: v.array(webhookEndpoint) })
const replayed = v.object({
  queued: count,
  next: v.nullable(
    said(
      'Send it as after to go on, also when few or none were queued; null: the range has been looked at to its end.',
    ),
  ),
})

const eventDelivery = v.object({
  endpointId: v.string(),
  status: v.picklist(['pending', 'queued', 'held', 'applied', 'unconfirmed', 'failed']),
  tries: count,
  lastTriedAt: v.exactOptional(time),
  lastStatus: v.exactOptional(v.pipe(v.number(), v.integer())),
  lastError: v.exactOptional(v.string()),
  nextTryAt: v.exactOptional(time),
})
/** What is signed and sent. `data` of a payment's event is the payment as it was then, without its fulfilment. */
const eventBody = v.object({
  type: v.picklist(EVENT_TYPES),
  timestamp: time,
  data: v.record(v.string(), v.unknown()),
})
const event = v.object({
  id: v.pipe(v.string(), v.metadata({ pattern: '^evt_' })),
  ...eventBody.entries,
  createdAt: time,
  deliveries: v.array(eventDelivery),
})
const eventList = v.object({ events: v.array(event), nextCursor: cursor })
const eventReplayed = v.object({ id: v.string(), endpoints: count })

const balances = v.object({
  balances: v.array(
    v.object({
      currency,
      payable: v.pipe(decimal, v.description('Of what customers paid, what has not been paid out.')),
      refunds: v.pipe(decimal, v.description('What went back to customers.')),
      balance: v.pipe(decimal, v.description('Payable less refunds.')),
    }),
  ),
})

const part = v.picklist(['ok', 'unavailable'])
const health = v.object({
  status: v.picklist(['ok', 'degraded', 'unavailable']),
  core: v.object({
    version: v.nullable(v.string()),
    buildId: v.nullable(v.string()),
    sealed: said('"ok", or the code of what is wrong.'),
    epoch: v.exactOptional(v.number()),
    programId: v.exactOptional(v.nullable(v.string())),
    decide: v.unknown(),
  }),
  callbackMode: v.exactOptional(v.picklist(['signed', 'hint'])),
  dependencies: v.object({ redis: part, consumer: part, d1: part, vault: part }),
})

const index = v.record(v.string(), v.string())
const openApiDocument = v.looseObject({ openapi: v.string() })

const problem = v.object({
  type: v.pipe(v.string(), v.metadata({ examples: ['urn:lango:problem:invalid-request'] })),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  detail: said('What happened here, in words.'),
  instance: said('The id of the request: it finds the log lines.'),
  code: v.string(),
  errors: v.exactOptional(v.array(v.object({ field: v.string(), message: v.string() }))),
  field: v.exactOptional(said('Of idempotency_mismatch and invoice_conflict: what differs.')),
  paymentId: v.exactOptional(paymentId),
  failureCode: v.exactOptional(v.string()),
  rule: v.exactOptional(said('Of policy_refused: which rule.')),
  because: v.exactOptional(
    said(
      'Of intent_refused: what is not right, or in what it differs. Of no_route: rail_down, no_gateway or misconfigured. Of otp_refused: rejected, not_wanted or exhausted.',
    ),
  ),
  refusal: v.exactOptional(v.string()),
  limit: v.exactOptional(v.picklist(['merchant', 'phone', 'gateway', 'address', 'otp'])),
  sealed: v.exactOptional(v.string()),
  max: v.exactOptional(count),
  endpointId: v.exactOptional(said('Of secret_told: the endpoint that is there.')),
})

/** Name in the document → body. */
export const ANSWERS = {
  Payment: payment,
  PaymentAttempt: attempt,
  PaymentList: paymentList,
  Decision: decision,
  DecisionList: decisionList,
  Checkout: checkout,
  CheckoutDetails: checkoutDetails,
  WebhookEndpoint: webhookEndpoint,
  WebhookEndpointWithSecret: webhookEndpointWithSecret,
  WebhookEndpointList: webhookEndpointList,
  Replayed: replayed,
  Event: event,
  EventBody: eventBody,
  EventDelivery: eventDelivery,
  EventList: eventList,
  EventReplayed: eventReplayed,
  Balances: balances,
  Health: health,
  Index: index,
  OpenApiDocument: openApiDocument,
  Problem: problem,
} as const

export type AnswerName = keyof typeof ANSWERS

type Unchanging<T> = T extends readonly (infer Item)[]
  ? readonly Unchanging<Item>[]
  : T extends object
    ? { readonly [Name in keyof T]: Unchanging<T[Name]> }
    : T
/** Does not compile when a view has a field that its description lacks, or another type of it. */
type Told<View, Description> = [View] extends [Unchanging<Description>]
  ? [keyof View] extends [keyof Description]
    ? true
    : never
  : never
type Described = v.InferOutput<typeof problem>
type Members = 'type' | 'title' | 'status' | 'detail' | 'instance' | 'code' | 'errors'
export const TOLD: {
  readonly payment: Told<PaymentView, v.InferOutput<typeof payment>>
  readonly decision: Told<ReturnType<typeof decisionView>, v.InferOutput<typeof decision>>
  readonly checkout: Told<ReturnType<typeof checkoutView>, v.InferOutput<typeof checkoutDetails>>
  readonly endpoint: Told<ReturnType<typeof endpointView>, v.InferOutput<typeof webhookEndpoint>>
  readonly balance: Told<MerchantBalance, v.InferOutput<typeof balances>['balances'][number]>
  readonly problem: Told<Pick<Problem, Members>, Pick<Described, Members>>
} = { payment: true, decision: true, checkout: true, endpoint: true, balance: true, problem: true }
