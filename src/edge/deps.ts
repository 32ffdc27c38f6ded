import type { ConsumerForEdge } from '../contracts/consumer.ts'
import type { DecideCore } from '../contracts/decide.ts'
import type { PaymentLock } from '../contracts/payment-lock.ts'
import type { PaymentObjectRpc } from '../contracts/payment-object.ts'
import type { QueueMessage } from '../contracts/queue.ts'
import type { VaultForEdge } from '../contracts/vault.ts'
import type { PaymentId } from '../domain/ids.ts'
import type { Fingerprinter } from '../flows/fingerprint.ts'
import type { RateLimits } from '../flows/rate-limits.ts'
import type { AddressMeter } from './address-meter.ts'
import type { Conditions } from './conditions-cache.ts'
import type { Expect } from './expectations.ts'
import type { Log } from './log.ts'
import type { FindMerchant, FindSigner } from './merchants.ts'
import type { WorkLimit } from './work-limit.ts'

/** Everything that the app reaches beyond itself. Lives as long as the isolate: nothing here belongs to one request. */
export interface EdgeDeps {
  readonly publicOrigin: string
  readonly decide: DecideCore
  readonly vault: VaultForEdge
  readonly consumer: ConsumerForEdge
  readonly payment: (id: PaymentId) => Pick<PaymentObjectRpc, 'begin' | 'get' | 'submitOtp' | 'keep' | 'decisions'>
  readonly expectCallback: Expect
  readonly lock: PaymentLock
  readonly publish: (message: QueueMessage, dedupId: string, flow?: string) => Promise<'published' | 'failed'>
  readonly findMerchant: FindMerchant
  readonly findSigner: FindSigner
  /** The gateway that new payments go through. */
  readonly gateway: string
  readonly limits: RateLimits
  readonly addresses: AddressMeter
  /** Of callbacks: what an isolate makes durable at once. */
  readonly callbacks: WorkLimit
  /** How often an address may have a number looked up at the gateway. */
  readonly lookups: AddressMeter
  /** How many codes are handed on for a payment. */
  readonly otps: AddressMeter
  readonly conditions: Conditions
  readonly fingerprint: Fingerprinter
  /** HMAC-SHA256 (hex) under a key of this deployment: names that nobody else can guess. */
  readonly derive: (text: string) => Promise<string>
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly randomBytes: (count: number) => Uint8Array
  readonly log: Log
}
