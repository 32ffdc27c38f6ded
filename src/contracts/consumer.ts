/** RPC of the consumer Worker for the edge (entrypoint `ForEdge`). Version 1; fields are only ever added. */
import type { CheckoutId, MerchantId } from '../domain/ids.ts'
import type { Branding, KeyHolder } from '../domain/merchant.ts'
import type { Mode } from '../domain/payment.ts'
import type { PaymentPage, PaymentQuery } from './payment-index.ts'
import type { GatewayName } from './vault.ts'
import type { WebhooksForEdge } from './webhooks.ts'

export interface Checkout {
  readonly id: CheckoutId
  readonly merchantId: MerchantId
  readonly merchantName: string
  readonly mode: Mode
  readonly invoice: string
  readonly amountMinor: string
  readonly currency: string
  readonly description: string | null
  readonly returnUrl: string | null
  readonly createdAtMs: number
  readonly expiresAtMs: number
  /** The merchant's, as it is now. In every answer; what is created needs none. */
  readonly branding?: Branding
}

/** What an account of the ledger was debited and credited in all: integers of minor units, as text. */
export interface AccountBalance {
  readonly account: string
  readonly currency: string
  readonly debitMinor: string
  readonly creditMinor: string
}

/** Who signed a link, and what checks it. */
export interface LinkSigner {
  readonly merchantId: MerchantId
  readonly merchantName: string
  readonly mode: Mode
  readonly branding: Branding
  /** base64url, 32 bytes. */
  readonly linkKey: string
}

/** A gateway that payments to a provider may go through. */
export interface ProviderRoute {
  readonly gateway: GatewayName
  readonly provider: string
  readonly currency: string
}

export interface ConsumerForEdge extends WebhooksForEdge {
  /** Key hashes are SHA-256 in hex. The edge may cache an answer for at most 60 s. */
  merchantByKeyHash(keyHash: string): Promise<KeyHolder | null>
  /** By the id of a secret key, as links carry it: 16 hex digits. The edge may cache an answer for at most 60 s. */
  linkSigner(keyId: string): Promise<LinkSigner | null>
  /** Idempotent: the same id twice stores the first. `renews`: only, it may then expire later than it did. */
  createCheckout(checkout: Checkout, renews?: boolean): Promise<Checkout>
  checkout(id: CheckoutId): Promise<Checkout | null>
  /** Where the payments are that a merchant looks for. Throws when D1 does not answer. */
  findPayments(query: PaymentQuery): Promise<PaymentPage>
  /** The merchant's own accounts, in one mode. Throws when D1 does not answer. */
  ledgerBalances(merchantId: MerchantId, mode: Mode): Promise<readonly AccountBalance[]>
  /**
   * Every way that the routing policy has for payments of a country (ISO 3166-1 alpha-3). Null without a policy: each payment
   * goes through the gateway that it was begun for.
   */
  routes(country: string): Promise<readonly ProviderRoute[] | null>
  health(): Promise<{ readonly d1: 'ok' | 'unavailable' }>
}
