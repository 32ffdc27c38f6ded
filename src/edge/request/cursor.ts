import { sha256Hex } from '../../adapters/sha256.ts'
import type { PaymentPosition } from '../../contracts/payment-index.ts'
import { fromBase64Url, toBase64Url } from '../../domain/encoding.ts'
import { parsePaymentId } from '../../domain/ids.ts'

/** Of a list: what it was asked for, whose it is. A cursor goes on with the same list and no other. */
export type ListName = readonly (string | number | undefined)[]

const nameHash = async (list: ListName): Promise<string> => (await sha256Hex(JSON.stringify(list))).slice(0, 16)

/**
 * Opaque, and not signed: it holds a place in an order that the caller's own key has access to, so that a forged one can
 * only skip or repeat what its forger may see anyway.
 */
export const writeCursor = async ({ createdAtMs, paymentId }: PaymentPosition, list: ListName): Promise<string> =>
  toBase64Url(new TextEncoder().encode(JSON.stringify([1, createdAtMs, paymentId, await nameHash(list)])))

/** `undefined`: not a cursor of ours, or of another list. */
export const readCursor = async (text: string, list: ListName): Promise<PaymentPosition | undefined> => {
  let parts: unknown
  try {
    parts = JSON.parse(new TextDecoder().decode(fromBase64Url(text)))
  } catch {
    return undefined
  }
  if (!Array.isArray(parts) || parts.length !== 4) return undefined
  const [version, createdAtMs, id, name] = parts as unknown[]
  const paymentId = typeof id === 'string' ? parsePaymentId(id) : undefined
  if (version !== 1 || !Number.isSafeInteger(createdAtMs) || !paymentId || name !== (await nameHash(list)))
    return undefined
  return { createdAtMs: createdAtMs as number, paymentId }
}
