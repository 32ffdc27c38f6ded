/**
 * The types of vault.wasm: the half of the core that holds keys. `src/core/vault-core.ts` is its only importer and the
 * vault Worker its only user. JSON (UTF-8) crosses a numeric mailbox; the module exports no memory.
 */
import type { Msisdn, PaymentId } from '../domain/ids.ts'
import type {
  AttestedVerdict,
  DepositOrder,
  GatewayName,
  OtpOutcome,
  PhoneHashes,
  PredictOutcome,
  RawCallback,
  Seal,
  SendOutcome,
  StatusOutcome,
  Verdict,
} from './vault.ts'

/** What can be seen of the deployment from inside. The core hashes it (imprint); it decides nothing here. */
export interface SeenFacts {
  readonly versionTag: string
  /** Name and JavaScript type of each binding. */
  readonly bindings: readonly (readonly [name: string, type: string])[]
  /** The plain vars that the vault reads. */
  readonly vars: readonly (readonly [name: string, value: string])[]
}

/** 64 hex digits each. */
export interface MasterKeys {
  readonly master: string
  /** Exists while the master key is being changed. */
  readonly masterPrevious?: string
  /** For blobs of two shares. */
  readonly secondShare?: string
}

/** What the vault is, and what was sealed to that. Handed over whenever an instance opens. */
export interface Deployment {
  /** The facts as they were when it was sealed. */
  readonly manifest: Uint8Array
  /** PSB1: keys, origins, limits, program. */
  readonly sealed: Uint8Array
  /** The public half of the provisioning key and the lowest epoch that is taken. */
  readonly trust: Uint8Array
  /** The bytes of vault.wasm itself. */
  readonly module: Uint8Array
  readonly seen: SeenFacts
  /** Asked when an instance opens, and kept nowhere. */
  readonly keys: () => MasterKeys
}

/** What may be told about an open core. */
export interface Opening {
  readonly epoch: number
  /** Seconds since 1970: nothing is signed after it. */
  readonly notAfterS: number
  /** Hex. */
  readonly imprint: string
  /** SHA-256 of the plain program, in hex. */
  readonly programId: string
  /** Of the program, by name: where each is, and whether its callbacks are signed. */
  readonly gateways: readonly {
    readonly name: GatewayName
    readonly origin: string
    readonly callbackMode: 'signed' | 'hint'
  }[]
}

export type Opened =
  | { readonly ok: true; readonly opening: Opening }
  /** `fields` names what is missing, malformed or other than it was sealed for; never a value. */
  | { readonly ok: false; readonly code: string; readonly fields: readonly string[] }

/** A complete request as the core built and signed it. The glue sends it as it is: no header added, no redirect followed. */
export interface GatewayRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** UTF-8; null for GET. */
  readonly body: string | null
}

/** What came back, or that nothing did. `body` is at most 64 KiB of text; `truncated` says that there was more. */
export type GatewayResponse =
  | {
      readonly kind: 'response'
      readonly status: number
      readonly contentType: string
      readonly body: string
      readonly truncated: boolean
    }
  | { readonly kind: 'no_response'; readonly reason: 'timeout' | 'network' }

/** The sealed policy's cap for this merchant and currency: the request may leave once its amount is counted against it. */
export interface DayCap {
  /** One more with each midnight, wherever the merchant's is. */
  readonly day: number
  /** Minor units. */
  readonly capMinor: string
}

export type Built =
  | { readonly ok: true; readonly request: GatewayRequest; readonly dayCap?: DayCap }
  /** E1320 alone has a `rule`: the merchant's policy refuses. E1330 alone has an `intent`: in what it is other than the shop signed. */
  | { readonly ok: false; readonly code: string; readonly rule?: string; readonly intent?: string }

/** No token was handed over, and the gateway wants one: nothing else is the matter. */
export const TOKEN_WANTED_CODE = 'E1313'

/** What a gateway gives for its credentials, and takes in their place. */
export interface GatewayToken {
  readonly token: string
  readonly expiresInS: number
}

export interface PublicKey {
  readonly id: string
  /** SPKI PEM. */
  readonly key: string
}

export type CoreCallbackAnswer =
  | { readonly kind: 'verified'; readonly verdict: Verdict; readonly attested: AttestedVerdict }
  /** The callback names a key that was not among `keys`, or the signature did not verify under it: refetch once, then refuse. */
  | { readonly kind: 'need_key'; readonly keyId: string; readonly reason: 'unknown_key' | 'signature_invalid' }
  | { readonly kind: 'refused'; readonly reason: string }

/** Every method answers a value; a trap in the module throws, and the instance must then be discarded. */
export interface VaultCore {
  /** Opens anew; the instance must be open before it builds, signs, verifies or vouches for anything. */
  open(): Opened
  /** `token`: what was fetched, if there is one. So it is for the other questions. */
  buildDeposit(order: DepositOrder, nowMs: number, token?: string): Built
  /** With `reference`, an answer about another deposit is `unknown`. */
  readDeposit(gateway: GatewayName, response: GatewayResponse, reference?: string): SendOutcome
  buildDepositStatus(gateway: GatewayName, reference: string, token?: string): Built
  /** `currency` is our own row's: the amount is read by its exponent. */
  readDepositStatus(
    gateway: GatewayName,
    response: GatewayResponse,
    currency: string,
    reference?: string,
  ): StatusOutcome
  /** `gatewayId`: what the gateway calls it, if it said so. */
  buildCancel(gateway: GatewayName, reference: string, gatewayId?: string, token?: string): Built
  /** Read as a status is: what failed then is over for good. */
  readCancel(gateway: GatewayName, response: GatewayResponse, currency: string, reference?: string): StatusOutcome
  buildOtp(gateway: GatewayName, reference: string, otp: string, token?: string): Built
  /** Read as a deposit is, and said of the code. */
  readOtp(
    gateway: GatewayName,
    response: GatewayResponse,
    reference?: string,
  ): Exclude<OtpOutcome, { kind: 'not_sent' }>
  buildToken(gateway: GatewayName): Built
  /** null: there is none in it. */
  readToken(gateway: GatewayName, response: GatewayResponse): GatewayToken | null
  buildPublicKeys(gateway: GatewayName): Built
  /** null: unreadable. */
  readPublicKeys(response: GatewayResponse): readonly PublicKey[] | null
  buildPredictProvider(gateway: GatewayName, phoneNumber: string): Built
  readPredictProvider(gateway: GatewayName, response: GatewayResponse): PredictOutcome
  /** `country`: ISO 3166-1 alpha-3. The answer is for people to look at, and the glue reads it. */
  buildActiveConf(gateway: GatewayName, country: string): Built
  verifyCallback(callback: RawCallback, keys: readonly PublicKey[], nowMs: number): CoreCallbackAnswer
  checkAttestation(attested: AttestedVerdict): Verdict | null
  sealSnapshot(paymentId: PaymentId, text: string): Seal
  checkSnapshot(paymentId: PaymentId, text: string, seal: Seal): boolean
  hashPhone(phoneNumber: Msisdn): PhoneHashes
  version(): { readonly version: string; readonly buildId: string }
}
