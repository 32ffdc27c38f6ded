import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers'
import type { Checkout, ConsumerForEdge } from '../../../../src/contracts/consumer.ts'
import type {
  BeginAnswer,
  BeginInput,
  Decisions,
  KeptMessage,
  OtpAnswer,
  OtpInput,
  PaymentObjectRpc,
  Snapshot,
} from '../../../../src/contracts/payment-object.ts'
import type { RouteDecision } from '../../../../src/contracts/route.ts'
import type { EndpointWish, EventQuery, Owner, ReplayRange } from '../../../../src/contracts/webhooks.ts'
import type {
  CheckoutId,
  EventId,
  GatewayReference,
  MerchantId,
  WebhookEndpointId,
} from '../../../../src/domain/ids.ts'
import type { KeyHolder } from '../../../../src/domain/merchant.ts'
import type { PaymentStatus, PaymentView } from '../../../../src/domain/payment.ts'
import { linkKeyOf } from '../../../../src/flows/checkout-link.ts'

import { fakeWebhooks } from './webhooks.ts'

const holder = (merchantId: string, mode: KeyHolder['mode'], scope: KeyHolder['scope']): KeyHolder => ({
  merchantId: merchantId as MerchantId,
  merchantName: 'Duka <la> Lango',
  mode,
  scope,
  allowedOrigins: ['https://shop.example'],
})
const KEYS: Readonly<Record<string, KeyHolder>> = {
  sk_test_lango_dev: holder('mer_dev', 'test', 'secret'),
  sk_live_lango_dev: holder('mer_dev', 'live', 'secret'),
  sk_test_other: holder('mer_other', 'test', 'secret'),
  pk_test_lango_dev: holder('mer_dev', 'test', 'publishable'),
}
const checkouts = new Map<CheckoutId, Checkout>()

const sha256 = async (text: string) =>
  [...new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')

/** Plays the consumer, with keys and checkouts in memory. */
export class ForEdge extends WorkerEntrypoint implements ConsumerForEdge {
  async merchantByKeyHash(keyHash: string) {
    for (const [key, known] of Object.entries(KEYS)) if ((await sha256(key)) === keyHash) return known
    return null
  }
  /** Knows the link keys of every secret key. */
  async linkSigner(keyId: string) {
    for (const [key, { merchantId, merchantName, mode, scope }] of Object.entries(KEYS))
      if (scope === 'secret' && (await sha256(key)).startsWith(keyId))
        return {
          merchantId,
          merchantName,
          mode,
          branding: { name: merchantName, colour: null, logo: null, languages: [] },
          linkKey: await linkKeyOf(key),
        }
    return null
  }
  async createCheckout(checkout: Checkout, renews = false) {
    const first = checkouts.get(checkout.id) ?? checkout
    const expiresAtMs = renews ? Math.max(first.expiresAtMs, checkout.expiresAtMs) : first.expiresAtMs
    const stored = { ...first, expiresAtMs }
    checkouts.set(checkout.id, stored)
    return stored
  }
  async checkout(id: CheckoutId) {
    return checkouts.get(id) ?? null
  }
  /** Knows nothing of what the fake objects hold. */
  async findPayments() {
    return { positions: [], more: false }
  }
  /** Owes mer_dev in test mode, and has another currency in which more went back than came in. */
  async ledgerBalances(merchantId: MerchantId, mode: KeyHolder['mode']) {
    if (merchantId !== 'mer_dev' || mode !== 'test') return []
    const sum = (purpose: string, currency: string, debitMinor: string, creditMinor: string) => ({
      account: `merchant:${merchantId}:${purpose}`,
      currency,
      debitMinor,
      creditMinor,
    })
    return [
      sum('payable', 'RWF', '0', '500'),
      sum('refunds', 'RWF', '750', '0'),
      sum('payable', 'ZMW', '1000', '9007199254740993'),
    ]
  }
  async createWebhookEndpoint(wish: EndpointWish) {
    return fakeWebhooks.create(wish)
  }
  async webhookEndpoints(owner: Owner) {
    return fakeWebhooks.list(owner)
  }
  async deleteWebhookEndpoint(owner: Owner, id: WebhookEndpointId) {
    return fakeWebhooks.remove(owner, id)
  }
  async rotateWebhookSecret(owner: Owner, id: WebhookEndpointId, overlapMs: number) {
    const endpoint = fakeWebhooks.change(owner, id)
    return endpoint && { endpoint: { ...endpoint, previousSecretUntilMs: overlapMs }, secret: 'whsec_bmV3' }
  }
  async enableWebhookEndpoint(owner: Owner, id: WebhookEndpointId) {
    return fakeWebhooks.change(owner, id)
  }
  async replayToWebhookEndpoint(owner: Owner, id: WebhookEndpointId, range: ReplayRange) {
    if (range.after && !fakeWebhooks.events.some((event) => event.id === range.after))
      return { queued: 0, next: null, unknownAfter: true } as const
    return fakeWebhooks.change(owner, id) && { queued: range.include === 'all' ? 2 : 1, next: null }
  }
  async events({ after, limit }: EventQuery) {
    if (after && !fakeWebhooks.events.some(({ id }) => id === after)) return null
    return { events: after ? [] : fakeWebhooks.events.slice(0, limit), more: false }
  }
  async event(_: Owner, id: EventId) {
    return fakeWebhooks.events.find((event) => event.id === id) ?? null
  }
  async replayEvent(_: Owner, id: EventId, endpointId?: WebhookEndpointId) {
    return fakeWebhooks.events.some((event) => event.id === id) ? (endpointId ? 1 : 3) : null
  }
  /** Without a routing policy, but in Burkina Faso, where only one without codes takes Orange. */
  async routes(country: string) {
    return country === 'BFA' ? [{ gateway: 'cinetpay', provider: 'ORANGE_BFA', currency: 'XOF' }] : null
  }
  async health() {
    return { d1: 'ok' } as const
  }
}

/** How the fake begins, by the first word of the invoice: `reject-7` is rejected. Anything else is accepted. */
const OUTCOMES: Readonly<
  Record<string, { outcome: 'accepted' | 'rejected' | 'unknown' | 'in_flight'; status: PaymentStatus }>
> = {
  reject: { outcome: 'rejected', status: 'failed' },
  unknown: { outcome: 'unknown', status: 'unknown' },
  slow: { outcome: 'in_flight', status: 'created' },
  paid: { outcome: 'accepted', status: 'succeeded' },
}

/** The way to the fake objects. */
export class PaymentsForEdge extends WorkerEntrypoint<{ PAYMENTS: DurableObjectNamespace<PaymentObject> }> {
  #object(id: string) {
    return this.env.PAYMENTS.get(this.env.PAYMENTS.idFromName(id))
  }
  begin(input: BeginInput) {
    return this.#object(input.paymentId).begin(input)
  }
  get(id: string) {
    return this.#object(id).get()
  }
  submitOtp(id: string, input: OtpInput) {
    return this.#object(id).submitOtp(input)
  }
  keep(id: string, message: KeptMessage) {
    return this.#object(id).keep(message)
  }
  decisions(id: string) {
    return this.#object(id).decisions()
  }
  expectCallbacks() {
    return []
  }
  /** For the test: when a checkout expires, as time would have it. */
  async expire(id: CheckoutId, expiresAtMs: number) {
    const stored = checkouts.get(id)
    if (stored) checkouts.set(id, { ...stored, expiresAtMs })
  }
  seen(id: string) {
    return this.#object(id).seen()
  }
}

/** Plays the payment object: one attempt, idempotent, in memory. */
export class PaymentObject
  extends DurableObject
  implements Pick<PaymentObjectRpc, 'begin' | 'get' | 'submitOtp' | 'keep' | 'decisions'>
{
  #first: BeginInput | undefined
  #begins = 0
  #sends = 0
  #kept: KeptMessage[] = []
  readonly #otps: OtpInput[] = []

  async begin(input: BeginInput): Promise<BeginAnswer> {
    this.#begins += 1
    const word = input.invoice?.split('-')[0] ?? ''
    if (word === 'throw' || (word === 'throwonce' && this.#begins === 1)) throw new Error('the object was reset')
    if (word === 'sealed') return { kind: 'sealed', code: 'E1001' }
    if (word === 'unfit') return { kind: 'sealed', code: input.invoice?.split('-')[1] ?? '' }
    const first = this.#first
    // A customer who declines at once: whoever asks by a key of his own asks anew.
    if (!first || (word === 'decline' && first.keyHash !== input.keyHash)) {
      this.#first ??= input
      this.#sends += 1
      return { kind: 'started', outcome: OUTCOMES[word]?.outcome ?? 'accepted', snapshot: this.#snapshot(input) }
    }
    const differs = (fields: readonly string[]) =>
      fields.find((field) => first.fingerprint[field] !== input.fingerprint[field])
    const field = differs(
      first.keyHash === input.keyHash ? Object.keys(input.fingerprint) : ['amount', 'currency', 'phoneNumber'],
    )
    if (field !== undefined) return { kind: first.keyHash === input.keyHash ? 'mismatch' : 'conflict', field }
    return {
      kind: 'existing',
      refused: word === 'reject' && first.keyHash === input.keyHash,
      snapshot: this.#snapshot(first),
    }
  }

  async get() {
    return this.#first ? this.#snapshot(this.#first) : null
  }

  /** By the code: what the real object would find out. */
  async submitOtp(input: OtpInput): Promise<OtpAnswer> {
    this.#otps.push(input)
    const first = this.#first
    if (first?.merchantId !== input.merchantId) return { kind: 'absent' }
    if (input.otp === 'throwonce' && this.#otps.length === 1) throw new Error('the object was reset')
    const snapshot = this.#snapshot(first)
    switch (input.otp) {
      case '000000':
        return { kind: 'refused', because: 'rejected', snapshot }
      case 'sealed':
        return { kind: 'sealed', code: 'E1001' }
      case 'lost':
        return { kind: 'submitted', outcome: 'unknown', snapshot }
      default:
        return { kind: 'submitted', outcome: 'accepted', snapshot }
    }
  }

  async decisions(): Promise<Decisions | null> {
    if (this.#first?.invoice?.startsWith('nodecisions')) throw new Error('the object was reset')
    if (!this.#first) return null
    const { merchantId, mode, paymentId, provider } = this.#first
    const decision: RouteDecision = {
      v: 1,
      policyVersion: '7',
      paymentId,
      nowMs: Date.parse('2026-11-21T08:00:00.000Z'),
      trigger: 'request',
      gateway: 'mtn',
      because: 'score',
      rule: null,
      probe: false,
      rail: provider,
      railPosition: 'closed',
      failover: null,
      candidates: [{ gateway: 'mtn', position: 'closed', whyNot: null, score: null }],
    }
    return { merchantId, mode, decisions: [{ attempt: 1, decision, explained: 'in words' }] }
  }

  async keep(message: KeptMessage) {
    if (!this.#first) return false
    this.#kept.push(message)
    return true
  }

  /** For the test: what happened here. */
  async seen() {
    const waitMs = this.#first?.waitMs ?? null
    return { begins: this.#begins, sends: this.#sends, kept: this.#kept, waitMs, otps: this.#otps }
  }

  #snapshot(input: BeginInput): Snapshot {
    const word = input.invoice?.split('-')[0] ?? ''
    const status = OUTCOMES[word]?.status ?? 'pending'
    const final = status === 'succeeded' || status === 'failed'
    const at = '2026-11-21T08:00:00.000Z'
    const view: PaymentView = {
      id: input.paymentId,
      status,
      amount: input.amountMinor.replace(/(\d\d)$/, '.$1'),
      currency: input.currency,
      phoneNumber: `${input.phoneNumber.slice(0, 4)}••••${input.phoneNumber.slice(-4)}`,
      provider: input.provider,
      gateway: input.gateway,
      ...(input.invoice === undefined ? {} : { invoice: input.invoice }),
      sessionId: input.sessionId,
      attempts: [
        {
          n: 1,
          gateway: 'pawapay',
          reference: '00000000-0000-4000-8000-000000000001' as GatewayReference,
          status: final ? status : 'pending',
          createdAt: at,
        },
      ],
      ...(status === 'failed'
        ? { failure: { code: 'PAYER_LIMIT_REACHED', message: 'The wallet is over its limit.' } }
        : {}),
      fulfilment: { status: 'none' },
      refundedAmount: '0.00',
      createdAt: at,
      updatedAt: at,
    }
    return {
      text: JSON.stringify(view),
      merchantId: input.merchantId,
      mode: input.mode,
      fingerprint: input.fingerprint,
      final,
      ttlMs: 60_000,
      expiresAtMs: Date.now() + 60_000,
      seal: { mac: `good:${input.paymentId}`, kid: '1' },
    }
  }
}

export default { fetch: () => new Response(null, { status: 404 }) }
