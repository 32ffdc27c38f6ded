import type { MerchantId } from './ids.ts'
import type { Mode } from './payment.ts'

export type KeyScope = 'secret' | 'publishable'

/** What an API key stands for. The key itself is never stored, only its SHA-256. */
export interface KeyHolder {
  readonly merchantId: MerchantId
  readonly merchantName: string
  readonly mode: Mode
  readonly scope: KeyScope
}
