import type { MerchantId } from './ids.ts'
import type { Mode } from './payment.ts'

export type KeyScope = 'secret' | 'publishable'

/** How a merchant's checkout page looks. */
export interface Branding {
  readonly name: string
  /** `#rrggbb`; null: the page's own. */
  readonly colour: string | null
  /** A `data:image/…` URI of a few kilobytes; null: none. */
  readonly logo: string | null
  /** BCP 47 tags, preferred first; empty: every language that the page has. */
  readonly languages: readonly string[]
}

/** What an API key stands for. The key itself is never stored, only its SHA-256. */
export interface KeyHolder {
  readonly merchantId: MerchantId
  readonly merchantName: string
  readonly mode: Mode
  readonly scope: KeyScope
  /** Origins whose pages may call with a publishable key; none if absent. */
  readonly allowedOrigins?: readonly string[]
}
