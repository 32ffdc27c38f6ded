import type { Checkout, ConsumerForEdge } from '../contracts/consumer.ts'
import type { DecideCore } from '../contracts/decide.ts'
import type { FieldError, PaymentError } from '../domain/errors.ts'
import { err, ok, type Result } from '../domain/result.ts'

export interface CreateCheckoutPorts {
  readonly decide: Pick<DecideCore, 'knownCurrency' | 'parseAmount'>
  /** Idempotent by id. May throw. */
  readonly createCheckout: ConsumerForEdge['createCheckout']
  readonly note: (event: string, error: unknown) => void
}

const DAY_MS = 86_400_000

/**
 * Until when a link's checkout is kept open: as long as the link, and a month, for a row must not stay for the years that a link
 * may say. Whoever opens it again has it for longer, in whole days, so that it is not written at each opening.
 */
export const openUntilMs = (linkExpiresAtMs: number, nowMs: number): number =>
  Math.min(linkExpiresAtMs, (Math.floor(nowMs / DAY_MS) + 31) * DAY_MS)

export type CheckoutWish = Omit<Checkout, 'amountMinor'> & { readonly amount: string }

/** What a repeated request must agree in. The times are the first request's. */
const SAME = ['amountMinor', 'currency', 'invoice', 'description', 'returnUrl'] as const
const NAMES: Partial<Record<(typeof SAME)[number], string>> = { amountMinor: 'amount' }

/** In minor units; the error names the field. */
export const readAmount = (
  decide: CreateCheckoutPorts['decide'],
  wish: { readonly amount: string; readonly currency: string },
): Result<string, FieldError> => {
  if (!decide.knownCurrency(wish.currency)) return err({ field: 'currency', message: 'This currency is not known.' })
  const minor = decide.parseAmount(wish.amount, wish.currency)
  if (minor === null) return err({ field: 'amount', message: `This does not fit the decimals of ${wish.currency}.` })
  return BigInt(minor) === 0n ? err({ field: 'amount', message: 'Send an amount above zero.' }) : ok(minor)
}

/** Stores a checkout, or finds the one of the same id. `renews`: that one may then expire later than it did. */
export const createCheckout = async (
  ports: CreateCheckoutPorts,
  wish: CheckoutWish,
  renews = false,
): Promise<Result<Checkout, PaymentError>> => {
  const amountMinor = readAmount(ports.decide, wish)
  if (!amountMinor.ok) return err({ reason: 'invalid_request', errors: [amountMinor.error] })
  const { amount: _, ...rest } = wish
  const wanted: Checkout = { ...rest, amountMinor: amountMinor.value }
  let stored: Checkout
  try {
    stored = await ports.createCheckout(wanted, renews)
  } catch (error) {
    ports.note('create_checkout_failed', error)
    return err({ reason: 'unavailable', part: 'consumer' })
  }
  const differs = SAME.find((field) => stored[field] !== wanted[field])
  return differs ? err({ reason: 'idempotency_mismatch', field: NAMES[differs] ?? differs }) : ok(stored)
}
