/**
 * RPC of the vault Worker. Version 1; fields are only ever added.
 * Two entrypoints, so that each caller can do only what it needs: `ForConsumer` and `ForEdge`.
 */
import type { GatewayReference, MerchantId, Msisdn, PaymentId } from '../domain/ids.ts'

/** One of the deployment's program (`src/gateways`). The vault refuses any other. */
export type GatewayName = string
/** How one looks: that of a folder. */
export const GATEWAY_NAME = /^[a-z][a-z0-9]{1,31}$/

/** A deposit as decided and written by the payment object. Money is integer minor units in a string. */
export interface DepositOrder {
  readonly v: 1
  readonly gateway: GatewayName
  readonly paymentId: PaymentId
  readonly attempt: number
  /** Must decode to (paymentId, attempt); the core refuses it otherwise. */
  readonly reference: GatewayReference
  readonly amountMinor: string
  readonly currency: string
  readonly phoneNumber: Msisdn
  readonly provider: string
  readonly customerMessage?: string
  /** The shop's own reference, put into the gateway's metadata. */
  readonly invoice?: string
  /** The code of a provider that asks its customer beforehand. Passes through and is never stored. */
  readonly preAuthorisationCode?: string
  /** Where a provider with a page of its own sends the customer back to. */
  readonly resumeUrl?: string
  /** Whose sealed policy holds. Absent, from a consumer of before: the deployment's own. */
  readonly merchantId?: MerchantId
  /** What the shop signed of it (docs/signed-intents.md), as it came. Passes through and is never stored. */
  readonly intent?: string
}

/** What the customer is to do. `message`: how a code is to be had, as the gateway words it. */
export interface NextAction {
  readonly type: 'approve_on_phone' | 'redirect' | 'otp'
  readonly url?: string
  readonly message?: string
}

export type SendOutcome =
  /** The gateway took the request; the customer is (or will be) asked. Not paid yet. */
  | {
      readonly kind: 'accepted'
      readonly nextAction?: NextAction
    }
  /**
   * Definitive: no money was or will be taken for this reference. `POLICY_CODE` with a rule behind it: the core
   * refused it by that rule of the merchant's policy, and nothing was sent.
   */
  | { readonly kind: 'rejected'; readonly code: string; readonly message?: string }
  /** Anything else: timeout, connection error, 5xx, 408, 429, unreadable. Never a failure (I7). */
  | { readonly kind: 'unknown'; readonly reason: string }
  /**
   * Certainly not sent: the core is closed (missing key, tampered seal), `DAY_COUNTER_CODE`, or `INTENT_CODE`
   * with a reason behind it. Else `code` is E1xxx.
   */
  | { readonly kind: 'not_sent'; readonly code: string }

/** A code that the customer was asked for after the deposit was made. Passes through and is never stored. */
export interface OtpOrder {
  readonly v: 1
  readonly gateway: GatewayName
  readonly reference: GatewayReference
  readonly otp: string
}

/** Of the code; the deposit stands as it stood, and its status tells how. */
export type OtpOutcome =
  | { readonly kind: 'accepted'; readonly nextAction?: NextAction }
  /** The gateway did not take it; another may be tried. */
  | { readonly kind: 'rejected'; readonly code: string; readonly message?: string }
  | { readonly kind: 'unknown'; readonly reason: string }
  /** Certainly not sent. `code` is E1xxx. */
  | { readonly kind: 'not_sent'; readonly code: string }

/** Before the rule of the merchant's policy that refused. */
export const POLICY_CODE = 'policy_'

/**
 * What a gateway's program does not take of an order, by the code with which it refuses it before anything is sent
 * (rust-core/crates/gateway/src/deposit.rs). Another gateway may take it.
 */
export const UNFIT_FIELDS = {
  E1302: 'amount',
  E1303: 'phoneNumber',
  E1304: 'provider',
  E1305: 'customerMessage',
  E1309: 'preAuthorisationCode',
} as const

/** Before the reason: the order is not what the shop signed, or has to be signed and is not. */
export const INTENT_CODE = 'intent_'

/** What the merchant has asked for today could not be counted, so that nobody knows whether there is room for more. */
export const DAY_COUNTER_CODE = 'E1321'

/** The gateway gave no token for our credentials, so that nothing could be asked of it. */
export const NO_TOKEN_CODE = 'E1322'

/**
 * What the vault answers to a send. `phoneHash`: of the order's number, so that its payment can be found by it (I14); absent
 * from a vault of before there was one.
 */
export type SendAnswer = SendOutcome & { readonly phoneHash?: string }

/** Keyed hashes of one phone number (`{key id}.{32 hex digits}`): nothing to read, and of no use without the vault's key. */
export interface PhoneHashes {
  readonly current: string
  /** Under the key of before a rotation, while that is still known. */
  readonly previous?: string
  /** For the log of erasures alone: it does not lead to a payment. */
  readonly erased: string
}

export type StatusOutcome =
  | {
      readonly kind: 'found'
      readonly outcome: 'pending' | 'succeeded' | 'failed' | 'expired' | 'unrecognised'
      readonly failureCode?: string
      readonly amountMinor?: string
      readonly currency?: string
      readonly providerTransactionId?: string
      readonly nextAction?: { readonly type: 'redirect'; readonly url: string }
      /** What the gateway calls it, of gateways that want it to call a deposit off. */
      readonly gatewayId?: string
    }
  | { readonly kind: 'not_found' }
  /** The question itself failed; nothing is learnt. */
  | { readonly kind: 'unknown'; readonly reason: string }

/** What became of calling a deposit off. */
export type CancelOutcome =
  /** Over for good: no money was or will be taken for this reference. */
  | { readonly kind: 'cancelled' }
  /** Too late: it is paid. */
  | {
      readonly kind: 'succeeded'
      readonly amountMinor?: string
      readonly currency?: string
      readonly providerTransactionId?: string
    }
  /** Whatever else: it may still be paid. */
  | { readonly kind: 'unknown'; readonly reason: string }

/** A callback as it arrived. `body` is the raw bytes; they are verified before anyone parses them (I9). */
export interface RawCallback {
  readonly v: 1
  readonly gateway: GatewayName
  readonly operation: 'deposits' | 'payouts' | 'refunds'
  readonly method: string
  /** As received: scheme, authority, path and query. */
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array
}

/** What the core concluded from a callback. Serialised by the core; the MAC covers exactly those bytes. */
export interface Verdict {
  readonly v: 1
  readonly gateway: GatewayName
  readonly operation: 'deposit' | 'payout' | 'refund'
  /** `signed`: the signature verified and was fresh. `hint`: ask the gateway, believe nothing of it. */
  readonly authentic: 'signed' | 'hint'
  readonly reference: GatewayReference
  /** From the reference; null when it is not one of ours. */
  readonly paymentId: PaymentId | null
  readonly attempt: number | null
  readonly outcome: 'pending' | 'succeeded' | 'failed' | 'expired' | 'unrecognised'
  readonly failureCode: string | null
  /** Null when it does not fit the currency's minor units: a mismatch by definition. */
  readonly amountMinor: string | null
  readonly currency: string | null
  readonly providerTransactionId: string | null
  readonly bodySha256: string
  readonly receivedAtMs: number
}

/** `text` is the verdict's JSON as the core wrote it; `mac` is HMAC-SHA256 in hex under the attestation key `kid`. */
export interface AttestedVerdict {
  readonly v: 1
  readonly text: string
  readonly mac: string
  readonly kid: string
}

export type CallbackAnswer =
  | { readonly kind: 'verified'; readonly verdict: Verdict; readonly attested: AttestedVerdict }
  /** Not authentic, whatever the cause; `reason` is for our own log only. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The program has no such gateway: nobody is called back here. */
  | { readonly kind: 'no_such_gateway' }
  /**
   * The gateway's public keys could not be had: answer 503, the gateway tries again. `unknownKey`: there are some, and it names
   * none of them. It may be forged, or signed with a key that is newer than the last time the gateway was asked.
   */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly unknownKey?: true }

/** HMAC-SHA256 (hex) over a snapshot's id and bytes. */
export interface Seal {
  readonly mac: string
  readonly kid: string
}

export interface VaultHealth {
  /** `ok`, or the code why the core is closed (SECURITY.md). */
  readonly sealed: 'ok' | string
  readonly core: { readonly version: string; readonly buildId: string }
  /**
   * pawaPay's, of a program that has it: an account decides whether its callbacks are signed. Of one without such a gateway
   * `hint` as soon as any of its gateways' callbacks prove nothing.
   */
  readonly callbackMode: 'signed' | 'hint'
  /** Of what was sealed; absent while the core is closed. */
  readonly epoch?: number
  /** SHA-256 of the sealed program, in hex; empty when there is none. Absent while the core is closed. */
  readonly programId?: string
}

export type PredictOutcome =
  | { readonly kind: 'found'; readonly provider: string; readonly country: string; readonly phoneNumber: Msisdn }
  | { readonly kind: 'invalid' }
  /** `nobodyPredicts`: no gateway of the program says it of any number, so asking again would teach nothing. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly nobodyPredicts?: true }

/** How a customer asks the provider for the PIN prompt again, or for a code: by its own menu. */
export interface PhoneInstructions {
  /** What is dialled, such as `*182*7*1#`; null when the steps have to do. */
  readonly ussd: string | null
  /** Language (`en`, `fr`) to steps, as the gateway words them. */
  readonly steps: Readonly<Record<string, readonly string[]>>
}

/** What a gateway says of deposits to one provider, for people to look at: it decides nothing. Amounts are decimal strings. */
export interface ProviderConditions {
  /** Who says so. Absent, from a vault of before: the first of its program. */
  readonly gateway?: GatewayName
  readonly provider: string
  readonly currency: string
  /** `delayed`: payouts wait, deposits are refused. A word that is not known is `operational`: a deposit will tell. */
  readonly state: 'operational' | 'delayed' | 'closed'
  readonly minAmount: string | null
  readonly maxAmount: string | null
  /** What the customer reads on the phone as the one who asks for money. */
  readonly shownAs: string | null
  readonly instructions: PhoneInstructions | null
}

export type ConditionsOutcome =
  | { readonly kind: 'found'; readonly conditions: readonly ProviderConditions[] }
  | { readonly kind: 'unknown'; readonly reason: string }

export interface StatusQuery {
  readonly v: 1
  readonly gateway: GatewayName
  readonly operation: 'deposit'
  readonly reference: GatewayReference
  readonly currency: string
}

/** Entrypoint `ForConsumer`. */
export interface VaultForConsumer {
  send(order: DepositOrder): Promise<SendAnswer>
  status(query: StatusQuery): Promise<StatusOutcome>
  /** Asks how it stands first. A gateway that cannot be told is `unknown`. */
  cancel(query: StatusQuery): Promise<CancelOutcome>
  /** Hands a code on to the gateway that asked for it. */
  submitOtp(order: OtpOrder): Promise<OtpOutcome>
  /** The verdict if the MAC is the core's own, else null. Constant-time. */
  checkAttestation(attested: AttestedVerdict): Promise<Verdict | null>
  sealSnapshot(paymentId: PaymentId, text: string): Promise<Seal>
  /** Of one gateway, if it can be asked at all. `country`: ISO 3166-1 alpha-3. */
  conditions(gateway: GatewayName, country: string): Promise<ConditionsOutcome>
  /** For a customer who is to be found by the whole number: to be erased, or for people to look. */
  phoneHashes(phoneNumber: Msisdn): Promise<PhoneHashes>
}

/** Entrypoint `ForEdge`. */
export interface VaultForEdge {
  verifyCallback(callback: RawCallback): Promise<CallbackAnswer>
  checkSnapshot(paymentId: PaymentId, text: string, seal: Seal): Promise<boolean>
  predictProvider(phoneNumber: string): Promise<PredictOutcome>
  /** Of the first gateway of the program that says any. `country`: ISO 3166-1 alpha-3. */
  conditions(country: string): Promise<ConditionsOutcome>
  health(): Promise<VaultHealth>
}
