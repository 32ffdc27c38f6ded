/**
 * RPC between consumer and the payment object (Durable Object class `PaymentObject`, hosted by consumer, addressed by
 * `idFromName(paymentId)`), and what of it the edge may ask through the consumer. Version 1. Fields are only ever added:
 * Workers deploy at different moments.
 */
import type { GatewayReference, MerchantId, Msisdn, PaymentId } from '../domain/ids.ts'
import type { DeliveredVia, Mode } from '../domain/payment.ts'
import type { PaymentState } from './decide.ts'
import type { EventRow } from './events.ts'
import type { PaymentIndexRow } from './payment-index.ts'
import type { RouteDecision } from './route.ts'
import type { AttestedVerdict, GatewayName, Seal, Verdict } from './vault.ts'

/** Field name → keyed hash of its canonical value: enough to name what differs, nothing to read. */
export type Fingerprint = Readonly<Record<string, string>>

export interface BeginInput {
  readonly v: 1
  readonly paymentId: PaymentId
  readonly merchantId: MerchantId
  readonly mode: Mode
  /** What the id was derived from: the invoice, or the idempotency key under `allowRepeat`. */
  readonly natural: { readonly kind: 'invoice' | 'idempotency_key'; readonly value: string }
  readonly invoice?: string
  readonly sessionId: string
  readonly amountMinor: string
  readonly currency: string
  /** Full number: passes through to the vault, is never stored (I14). */
  readonly phoneNumber: Msisdn
  readonly provider: string
  /** Through which it goes when the deployment has no routing policy. */
  readonly gateway: GatewayName
  readonly customerMessage?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly returnUrl?: string
  /** Of a provider that asks its customer beforehand: passes through to the vault, is never stored. */
  readonly preAuthorisationCode?: string
  /** Where a provider with a page of its own sends the customer back to: an address as the core takes it. */
  readonly resumeUrl?: string
  /** Whether the request named its provider, or it was predicted from the number. */
  readonly namedProvider?: boolean
  /** What the shop signed of it: passes through to the vault, is never stored, and no part of what makes two requests the same. */
  readonly intent?: string
  /** SHA-256 (hex) of merchant, mode and Idempotency-Key. */
  readonly keyHash: string
  readonly fingerprint: Fingerprint
  /** How long the caller waits for the gateway's answer. The call goes on afterwards, whoever listens. */
  readonly waitMs: number
}

/** A payment as the object tells it. `text` is the JSON of a `PaymentView`; the seal covers `sealedText`. */
export interface Snapshot {
  readonly text: string
  /** Whose payment it is: the edge answers 404 to anyone else. */
  readonly merchantId: MerchantId
  readonly mode: Mode
  readonly fingerprint: Fingerprint
  readonly final: boolean
  /** The snapshot may be kept this long outside the object. */
  readonly ttlMs: number
  /** After this nobody believes it: an old truth that is put back (failed, then paid) is a lie. */
  readonly expiresAtMs: number
  /** Absent when the vault could not be had: the snapshot is then true for whoever asked, and for nobody else. */
  readonly seal?: Seal
}

/** What a snapshot's seal covers: all that a reader acts on, and until when. */
export const sealedText = (snapshot: Omit<Snapshot, 'seal' | 'final' | 'ttlMs'>): string => {
  const { expiresAtMs, merchantId, mode, fingerprint, text } = snapshot
  return JSON.stringify([expiresAtMs, merchantId, mode, fingerprint, text])
}

export type BeginAnswer =
  /** This call made an attempt. `outcome` is what the gateway had said at the deadline. */
  | {
      readonly kind: 'started'
      readonly outcome: 'accepted' | 'rejected' | 'unknown' | 'in_flight'
      readonly snapshot: Snapshot
    }
  /** The payment was there; nothing was sent. `refused`: this key's own attempt was refused by the gateway (replayed as 422). */
  | { readonly kind: 'existing'; readonly refused: boolean; readonly snapshot: Snapshot }
  /** Same key, other content: `field` is the first that differs. */
  | { readonly kind: 'mismatch'; readonly field: string }
  /** Other key, same invoice, other amount, currency or number. */
  | { readonly kind: 'conflict'; readonly field: string }
  /** Certainly nothing was sent: the vault's core is closed, or does not send this (`SendOutcome.code`). The key stays usable. */
  | { readonly kind: 'sealed'; readonly code: string }
  /**
   * The router found no way for it, or none that is up, or its policy cannot be read (`misconfigured`): nothing was stored or
   * sent. The key stays usable.
   */
  | { readonly kind: 'no_route'; readonly because: RouteDecision['because'] | 'misconfigured' }
  /** An earlier attempt is being called off, and its gateway has not said yet: nothing was stored or sent. The key stays usable. */
  | { readonly kind: 'calling_off' }
  /** Attempts exhausted (255) or a derived-id collision: nothing was sent. */
  | { readonly kind: 'refused'; readonly code: string }

/** A code that the customer was asked for (`nextAction` otp). */
export interface OtpInput {
  readonly v: 1
  readonly merchantId: MerchantId
  readonly mode: Mode
  /** Passes through to the vault, is never stored. */
  readonly otp: string
  /** Keyed hash of payment and code: the same code again is the same request. The key is not the object's to know. */
  readonly otpHash: string
  /** How long the caller waits for the gateway's answer. The call goes on afterwards, whoever listens. */
  readonly waitMs: number
}

/** `rejected`: by the gateway, and another may be tried · `not_wanted`: nobody waits for one · `exhausted`: too many were tried. */
export type OtpRefusal = 'rejected' | 'not_wanted' | 'exhausted'

export type OtpAnswer =
  /** No such payment, or another merchant's. */
  | { readonly kind: 'absent' }
  /** What is known of this code, which is asked of the gateway once. `unknown`: no answer came; the payment's status will tell. */
  | { readonly kind: 'submitted'; readonly outcome: 'accepted' | 'unknown' | 'in_flight'; readonly snapshot: Snapshot }
  | { readonly kind: 'refused'; readonly because: OtpRefusal; readonly snapshot: Snapshot }
  /** Certainly nothing was sent (`OtpOutcome.code`): the same code may come again. */
  | { readonly kind: 'sealed'; readonly code: string }

/** A queue message that could not be published; the object keeps it and publishes it later. */
export interface KeptMessage {
  readonly v: 1
  readonly kind: 'callback' | 'fulfilment'
  /** The message body exactly as it would have been published. */
  readonly body: string
  /** Deduplicates: keeping the same message twice keeps it once. */
  readonly dedupId: string
}

export type ApplyAnswer =
  | { readonly kind: 'applied'; readonly due: FulfilmentDue | null }
  /** No such payment in this object: nothing was created. */
  | { readonly kind: 'absent' }

/**
 * `armed`: its alarm is set · `rearmed`: it had none, though something is due · `at_rest`: nothing will be due · `unanswered`:
 * armed, and a gateway has been asked in vain for too long.
 */
export type Poked = 'absent' | 'at_rest' | 'armed' | 'rearmed' | 'unanswered'

/** What a succeeded payment still needs. Read from the object, so that no message can claim it. */
export interface FulfilmentDue {
  readonly paymentId: PaymentId
  readonly merchantId: MerchantId
  readonly mode: Mode
  readonly invoice: string | null
  readonly gateway: string
  readonly reference: GatewayReference
  readonly attempt: number
  readonly amountMinor: string
  readonly currency: string
  readonly succeededAtMs: number
  /** Goes into the search index with the fulfilment. */
  readonly index?: PaymentIndexRow
  /** What the shop was to be told before, and D1 does not have yet, oldest first; stored with the fulfilment, before `event`. */
  readonly owed?: readonly EventRow[]
  /** `payment.succeeded`; stored with the fulfilment. */
  readonly event?: EventRow
}

export interface EraseRequest {
  readonly v: 1
  /** Only tells what would be done. */
  readonly dryRun: boolean
  /** Only a payment that shows this masked number: there is no hash to know it by. */
  readonly masked?: string
  /** Only a payment that nothing has happened to since. */
  readonly restingSinceMs?: number
}

/**
 * `open`: an attempt is under way, or a call to the vault for one · `in_review`: people are at it · `not_fulfilled`: paid, the
 * order is still to be told · `refund_open`: money is on its way back · `asking`: the gateway is still to be asked, or a message
 * to be sent · `too_young`: something happened to it since.
 */
export type KeptBecause = 'open' | 'in_review' | 'not_fulfilled' | 'refund_open' | 'asking' | 'too_young'

export type EraseAnswer =
  | { readonly kind: 'absent' }
  /** It shows another masked number than the one asked for. */
  | { readonly kind: 'other_number' }
  | { readonly kind: 'kept'; readonly status: PaymentState['status']; readonly because: KeptBecause }
  /** A dry run: it would be erased. `updatedAtMs`: when anything last happened to it; absent from an object of before. */
  | { readonly kind: 'erasable'; readonly status: PaymentState['status']; readonly updatedAtMs?: number }
  /** Now, or before. `told`: D1's search index knows; if not, the object tells it as soon as it can. */
  | { readonly kind: 'erased'; readonly told: boolean }

/** One line of a payment's history, oldest first: what `npm start` prints and the history checker reads. */
export interface HistoryEntry {
  readonly atMs: number
  readonly event: string
  readonly detail: string
}

/** Why the attempts of a payment went where they went, as far as a routing policy decided it and it is still kept. */
export interface Decisions {
  readonly merchantId: MerchantId
  readonly mode: Mode
  /** Oldest first, of the latest ten attempts. */
  readonly decisions: readonly {
    readonly attempt: number
    readonly decision: RouteDecision
    /** The same in a few lines, for people. */
    readonly explained: string
  }[]
}

/** What people gave back at the gateway for a refund task, outside Lango. */
export interface GivenBack {
  readonly amountMinor: string
  /** The gateway's own id of it. */
  readonly transactionId: string
}

export type SettledRefund =
  | { readonly kind: 'absent' }
  /** Now, or by the same words before. */
  | { readonly kind: 'settled' }
  /** The reducer's code (`StepAnswer`): `refund_exists` is one that is no open task, `refund_mismatch` another amount. */
  | { readonly kind: 'refused'; readonly code: string }

export interface PaymentObjectRpc {
  begin(input: BeginInput): Promise<BeginAnswer>
  /**
   * `null`: no such payment. With `askWithinMs` the gateway is first asked about an open payment of which nothing has been
   * heard for a while: once for all who read at the same time, and waited for at most this long.
   */
  get(askWithinMs?: number): Promise<Snapshot | null>
  /** Hands a code on to the gateway that asked for it: the same one once, whoever sends it how often. */
  submitOtp(input: OtpInput): Promise<OtpAnswer>
  /**
   * For a sweep that looks for payments whose alarm was lost: sets it again. `toldStatus`: what D1's search index says; if
   * that is not so and this object knows of no debt, the index is told again.
   */
  poke(toldStatus?: string): Promise<Poked>
  /** Gateways that have been asked about an open attempt for too long and did not answer, and since when. */
  unanswered(): Promise<readonly { readonly gateway: string; readonly sinceMs: number }[]>
  /** Durable when it resolves. `false`: no such payment, nothing kept. */
  keep(message: KeptMessage): Promise<boolean>
  /** Applies a verdict that the vault's core attested (checked by the caller through `checkAttestation`). */
  apply(verdict: Verdict, via: DeliveredVia): Promise<ApplyAnswer>
  /** A hint: causes at most one status query per 10 s, then applies what the gateway says. `attempt`: which; the latest by default. */
  refresh(attempt?: number): Promise<ApplyAnswer>
  /**
   * A callback about this attempt is in the queue, which may lose it. An open attempt is polled anyway, until an older word
   * closes it; about one that is closed (a late success) only this asks later, unless the callback has arrived by then.
   */
  expectCallback(attempt: number): Promise<void>
  /** What is still to be fulfilled, or null. */
  due(): Promise<FulfilmentDue | null>
  /** `indexRevision`: of the index row that was written with it. */
  markFulfilled(via: DeliveredVia, indexRevision?: number): Promise<void>
  /** Takes everything of the customer out of the payment, here and in D1's search index. Durable when it resolves. */
  erase(request: EraseRequest): Promise<EraseAnswer>
  /** Records that people gave the money of a double back (I1): the task is over, and its customer may be erased. */
  settleRefund(n: number, given: GivenBack): Promise<SettledRefund>
  history(): Promise<readonly HistoryEntry[]>
  /** `null`: no such payment. */
  decisions(): Promise<Decisions | null>
  /** As the reducer left it, with what no public view tells: doubles, late success, why in review. `null`: no such payment. */
  state(): Promise<PaymentState | null>
  /** Development only: runs what would be due at `nowMs`. Throws in staging and production. */
  runDueAlarms(nowMs: number): Promise<number>
}

/** A callback about this attempt is in the queue. */
export interface ExpectedCallback {
  readonly paymentId: PaymentId
  readonly attempt: number
}

/**
 * The consumer's entrypoint `PaymentsForEdge`: what the edge may ask of a payment object. Whoever is bound to the objects
 * themselves can apply a verdict of his own making, so the edge, with all its packages, is not.
 */
export interface PaymentsForEdge {
  begin(input: BeginInput): ReturnType<PaymentObjectRpc['begin']>
  get(id: PaymentId, askWithinMs?: number): ReturnType<PaymentObjectRpc['get']>
  submitOtp(id: PaymentId, input: OtpInput): ReturnType<PaymentObjectRpc['submitOtp']>
  keep(id: PaymentId, message: KeptMessage): ReturnType<PaymentObjectRpc['keep']>
  decisions(id: PaymentId): ReturnType<PaymentObjectRpc['decisions']>
  /** `expectCallback` of each object. The answer: those that could not be told. */
  expectCallbacks(expected: readonly ExpectedCallback[]): Promise<readonly ExpectedCallback[]>
}

export type { AttestedVerdict }
