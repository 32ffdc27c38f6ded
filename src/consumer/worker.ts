import { WorkerEntrypoint } from 'cloudflare:workers'
import { createD1Checkouts } from '../adapters/d1-checkouts.ts'
import { createD1DeadLetters } from '../adapters/d1-dead-letters.ts'
import { d1Answers } from '../adapters/d1-health.ts'
import { createD1Ledger } from '../adapters/d1-ledger.ts'
import { createD1LedgerBalances } from '../adapters/d1-ledger-balances.ts'
import { createD1LedgerDesk } from '../adapters/d1-ledger-desk.ts'
import { createD1MerchantDesk } from '../adapters/d1-merchant-desk.ts'
import { createD1Merchants } from '../adapters/d1-merchants.ts'
import { createD1FindPayments } from '../adapters/d1-payment-index.ts'
import { createD1Statements } from '../adapters/d1-statements.ts'
import { createD1UnmatchedCallbacks } from '../adapters/d1-unmatched-callbacks.ts'
import { createQueuePublisher } from '../adapters/qstash-publish.ts'
import { createQstashVerifier } from '../adapters/qstash-verify.ts'
import type { AccountBalance, Checkout, ConsumerForEdge, LinkSigner, ProviderRoute } from '../contracts/consumer.ts'
import type { PaymentPage, PaymentQuery } from '../contracts/payment-index.ts'
import type {
  BeginAnswer,
  BeginInput,
  Decisions,
  ExpectedCallback,
  KeptMessage,
  OtpAnswer,
  OtpInput,
  PaymentsForEdge as PaymentsForEdgeRpc,
  Snapshot,
} from '../contracts/payment-object.ts'
import type {
  EndpointAnswer,
  EndpointWish,
  EventPage,
  EventQuery,
  Owner,
  ReplayRange,
  StoredEvent,
  WebhookEndpoint,
} from '../contracts/webhooks.ts'
import type { CheckoutId, EventId, MerchantId, PaymentId, WebhookEndpointId } from '../domain/ids.ts'
import type { KeyHolder } from '../domain/merchant.ts'
import type { Mode } from '../domain/payment.ts'
import { deliverNotification } from '../flows/deliver-notification.ts'
import { createLinkKeySeal } from '../flows/link-key-seal.ts'
import { createApp } from './app.ts'
import { countryRoutes } from './country-routes.ts'
import { runTasks } from './cron.ts'
import { type ConsumerSettings, parseEnv } from './env.ts'
import { createEraser } from './erase.ts'
import { expectCallbacks } from './expect-callbacks.ts'
import { fulfilOrderBy } from './fulfil-order.ts'
import { describeError, log } from './log.ts'
import { createMakeKey } from './make-key.ts'
import { surroundingsOf } from './payment-surroundings.ts'
import { ifServed, servedModes } from './served-modes.ts'
import { tasksOf } from './tasks.ts'
import { notificationPortsOf, notifierOf, shopWebhooksOf } from './webhook-deps.ts'

export { PaymentObject } from './payment-object.ts'

let settings: ConsumerSettings | undefined

/** Throws when a variable is missing: the log names it, the caller sees only that something is wrong. */
const settingsOf = (env: unknown): ConsumerSettings => {
  if (settings) return settings
  const parsed = parseEnv(env)
  if (!parsed.ok) {
    log({ event: 'misconfigured', ...parsed.error })
    throw new Error('the environment is not complete')
  }
  settings = parsed.value
  return settings
}

const randomBytes = (count: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(count))

const merchantsOf = ({ database, webhookKey }: ConsumerSettings) =>
  createD1Merchants(database, createLinkKeySeal(webhookKey), () => Date.now())

const build = (settings: ConsumerSettings, env: unknown) => {
  const { vault, payment, database, qstash, consumerOrigin, operatorKey } = settings
  const notificationPorts = notificationPortsOf(settings)
  return createApp({
    vault,
    payment,
    post: createD1Ledger(database),
    fulfilOrder: fulfilOrderBy(settings.fulfilment, () => Date.now()),
    notify: notifierOf(settings),
    deliverNotification: (message) => deliverNotification(notificationPorts, message),
    keepUnmatched: createD1UnmatchedCallbacks(database),
    verifyQueue: createQstashVerifier({ ...qstash, consumerOrigin }),
    deadLetters: createD1DeadLetters(database),
    ledger: { ...createD1LedgerDesk(database), balances: createD1LedgerBalances(database).all },
    statements: createD1Statements(database),
    publish: createQueuePublisher({
      ...qstash,
      consumerOrigin,
      onFailure: (error) => log({ event: 'publish_failed', error: describeError(error) }),
    }),
    consumerOrigin,
    operatorKey,
    eraser: createEraser(settings, () => Date.now()),
    merchants: {
      desk: createD1MerchantDesk(database),
      makeKey: createMakeKey(createLinkKeySeal(settings.webhookKey), randomBytes),
      modes: servedModes(settings),
      randomBytes,
      nowMs: () => Date.now(),
    },
    routeHealth: async () => (await surroundingsOf(env).routes?.health()) ?? null,
    routingProblem: settings.routing.ok ? null : settings.routing.error,
    databaseAnswers: () => d1Answers(database),
    nowMs: () => Date.now(),
  })
}

let app: ReturnType<typeof build> | undefined

/** What the edge may ask: API keys, checkouts, where payments are and may go. What a payment is, its object tells. */
export class ForEdge extends WorkerEntrypoint implements ConsumerForEdge {
  async merchantByKeyHash(keyHash: string): Promise<KeyHolder | null> {
    const own = settingsOf(this.env)
    return ifServed(own, await merchantsOf(own).byKeyHash(keyHash))
  }

  async linkSigner(keyId: string): Promise<LinkSigner | null> {
    const own = settingsOf(this.env)
    return ifServed(own, await merchantsOf(own).signer(keyId))
  }

  async createCheckout(checkout: Checkout, renews = false): Promise<Checkout> {
    return createD1Checkouts(settingsOf(this.env).database).create(checkout, renews)
  }

  async checkout(id: CheckoutId): Promise<Checkout | null> {
    return createD1Checkouts(settingsOf(this.env).database).find(id)
  }

  async findPayments(query: PaymentQuery): Promise<PaymentPage> {
    return createD1FindPayments(settingsOf(this.env).database)(query)
  }

  async ledgerBalances(merchantId: MerchantId, mode: Mode): Promise<readonly AccountBalance[]> {
    return createD1LedgerBalances(settingsOf(this.env).database).ofMerchant(merchantId, mode)
  }

  async createWebhookEndpoint(wish: EndpointWish): Promise<EndpointAnswer> {
    return shopWebhooksOf(settingsOf(this.env)).createWebhookEndpoint(wish)
  }

  async webhookEndpoints(owner: Owner): Promise<readonly WebhookEndpoint[]> {
    return shopWebhooksOf(settingsOf(this.env)).webhookEndpoints(owner)
  }

  async deleteWebhookEndpoint(owner: Owner, id: WebhookEndpointId): Promise<boolean> {
    return shopWebhooksOf(settingsOf(this.env)).deleteWebhookEndpoint(owner, id)
  }

  rotateWebhookSecret(owner: Owner, id: WebhookEndpointId, overlapMs: number) {
    return shopWebhooksOf(settingsOf(this.env)).rotateWebhookSecret(owner, id, overlapMs)
  }

  async enableWebhookEndpoint(owner: Owner, id: WebhookEndpointId): Promise<WebhookEndpoint | null> {
    return shopWebhooksOf(settingsOf(this.env)).enableWebhookEndpoint(owner, id)
  }

  replayToWebhookEndpoint(owner: Owner, id: WebhookEndpointId, range: ReplayRange) {
    return shopWebhooksOf(settingsOf(this.env)).replayToWebhookEndpoint(owner, id, range)
  }

  async events(query: EventQuery): Promise<EventPage> {
    return shopWebhooksOf(settingsOf(this.env)).events(query)
  }

  async event(owner: Owner, id: EventId): Promise<StoredEvent | null> {
    return shopWebhooksOf(settingsOf(this.env)).event(owner, id)
  }

  async replayEvent(owner: Owner, id: EventId, endpointId?: WebhookEndpointId): Promise<number | null> {
    return shopWebhooksOf(settingsOf(this.env)).replayEvent(owner, id, endpointId)
  }

  async routes(country: string): Promise<readonly ProviderRoute[] | null> {
    const { routing } = settingsOf(this.env)
    // By a policy that cannot be read nobody goes anywhere.
    return routing.ok ? countryRoutes(routing.value, country) : []
  }

  async health(): Promise<{ readonly d1: 'ok' | 'unavailable' }> {
    return { d1: (await d1Answers(settingsOf(this.env).database)) ? 'ok' : 'unavailable' }
  }
}

/** What the edge may ask of payment objects: to begin, to hand a code on, to look, and to hold a callback that the queue would not take. */
export class PaymentsForEdge extends WorkerEntrypoint implements PaymentsForEdgeRpc {
  begin(input: BeginInput): Promise<BeginAnswer> {
    return settingsOf(this.env).payment(input.paymentId).begin(input)
  }

  get(id: PaymentId, askWithinMs?: number): Promise<Snapshot | null> {
    return settingsOf(this.env).payment(id).get(askWithinMs)
  }

  submitOtp(id: PaymentId, input: OtpInput): Promise<OtpAnswer> {
    return settingsOf(this.env).payment(id).submitOtp(input)
  }

  keep(id: PaymentId, message: KeptMessage): Promise<boolean> {
    return settingsOf(this.env).payment(id).keep(message)
  }

  async expectCallbacks(expected: readonly ExpectedCallback[]): Promise<readonly ExpectedCallback[]> {
    return expectCallbacks(settingsOf(this.env).payment, expected, (error) =>
      log({ event: 'expect_lost', error: describeError(error) }),
    )
  }

  decisions(id: PaymentId): Promise<Decisions | null> {
    return settingsOf(this.env).payment(id).decisions()
  }
}

export default {
  async fetch(request: Request, env: unknown, ctx: ExecutionContext): Promise<Response> {
    try {
      app ??= build(settingsOf(env), env)
    } catch {
      return new Response('internal error', { status: 500 })
    }
    return app.fetch(request, {}, ctx)
  },
  async scheduled(controller: ScheduledController, env: unknown): Promise<void> {
    await runTasks(tasksOf(settingsOf(env)), controller.scheduledTime)
  },
}
