import type { NewKey } from '../adapters/d1-merchant-desk.ts'
import { sha256Hex } from '../adapters/sha256.ts'
import { toHex } from '../domain/encoding.ts'
import { linkKeyOf } from '../flows/checkout-link.ts'
import type { LinkKeySeal } from '../flows/link-key-seal.ts'

const KEY_BYTES = 24
const IV_BYTES = 12
const KEY_ID_HEX = 16
const PREFIX = { secret: 'sk', publishable: 'pk' } as const

export type MakeKey = (
  wanted: Pick<NewKey, 'merchantId' | 'mode' | 'scope' | 'label' | 'createdAtMs'>,
) => Promise<{ readonly key: string; readonly id: string; readonly record: NewKey }>

/** A new API key: `sk_test_` and 48 hex digits of randomness. What is stored of it opens nothing. */
export const createMakeKey =
  (seal: Pick<LinkKeySeal, 'seal'>, randomBytes: (count: number) => Uint8Array<ArrayBuffer>): MakeKey =>
  async (wanted) => {
    const key = `${PREFIX[wanted.scope]}_${wanted.mode}_${toHex(randomBytes(KEY_BYTES))}`
    const keyHash = await sha256Hex(key)
    const id = keyHash.slice(0, KEY_ID_HEX)
    const sealedLinkKey =
      wanted.scope === 'secret' ? await seal.seal(id, await linkKeyOf(key), randomBytes(IV_BYTES)) : null
    return { key, id, record: { ...wanted, keyHash, sealedLinkKey, hint: `${key.slice(0, 8)}…${key.slice(-4)}` } }
  }
