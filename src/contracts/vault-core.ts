/**
 * The types of vault.wasm: the half of the core that holds keys. `src/core/vault-core.ts` is its only importer and the
 * vault Worker its only user. JSON (UTF-8) crosses a numeric mailbox; the module exports no memory.
 */
import type { PaymentId } from '../domain/ids.ts'
import type {
  AttestedVerdict,
  DepositOrder,
  GatewayName,
  PredictOutcome,
  RawCallback,
  Seal,
  SendOutcome,
  StatusOutcome,
  Verdict,
} from './vault.ts'

/** Everything the core needs to know, handed over once per isolate. Refused whole when any part is missing or malformed. */
export interface VaultConfig {
  readonly environment: string
  /** 64 hex digits. Never rotates. */
  readonly referenceKey: string
  /** HMAC-SHA256 key, at least 64 hex digits; `previous` still verifies. */
  readonly attestation: { readonly current: string; readonly previous?: string }
  /** Authorities (host[:port], lower case) that callbacks may have been sent to. */
  readonly callbackAuthorities: readonly string[]
  readonly pawapay: {
    /** `https://host[:port]`; http only when the environment is `development`. Every request goes here and nowhere else. */
    readonly origin: string
    readonly token: string
    /** PKCS#8 PEM, P-256. */
    readonly signingKey: string
    readonly keyId: string
    readonly signatureEncoding: 'der' | 'raw'
    readonly callbackMode: 'signed' | 'hint'
  }
}

/** A complete request as the core built and signed it. The glue sends it as it is: no header added, no redirect followed. */
export interface GatewayRequest {
  readonly method: 'GET' | 'POST'
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

export type Built =
  | { readonly ok: true; readonly request: GatewayRequest }
  | { readonly ok: false; readonly code: string }

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
  /** `field` names the part that is missing or malformed. */
  configure(
    config: VaultConfig,
  ): { readonly ok: true } | { readonly ok: false; readonly code: string; readonly field?: string }
  buildDeposit(order: DepositOrder, nowMs: number): Built
  /** With `reference`, an answer about another deposit is `unknown`. */
  readDeposit(response: GatewayResponse, reference?: string): SendOutcome
  buildDepositStatus(reference: string): Built
  /** `currency` is our own row's: the amount is read by its exponent. */
  readDepositStatus(response: GatewayResponse, currency: string, reference?: string): StatusOutcome
  buildPublicKeys(gateway: GatewayName): Built
  /** null: unreadable. */
  readPublicKeys(response: GatewayResponse): readonly PublicKey[] | null
  buildPredictProvider(phoneNumber: string): Built
  readPredictProvider(response: GatewayResponse): PredictOutcome
  /** `country`: ISO 3166-1 alpha-3. The answer is for people to look at, and the glue reads it. */
  buildActiveConf(country: string): Built
  verifyCallback(callback: RawCallback, keys: readonly PublicKey[], nowMs: number): CoreCallbackAnswer
  checkAttestation(attested: AttestedVerdict): Verdict | null
  sealSnapshot(paymentId: PaymentId, text: string): Seal
  checkSnapshot(paymentId: PaymentId, text: string, seal: Seal): boolean
  version(): { readonly version: string; readonly buildId: string }
}
