import type { BeginInput } from '../contracts/payment-object.ts'
import { ERASED } from '../domain/payment.ts'
import { withoutPersonal } from '../flows/fingerprint.ts'
import type { EarlierPayer, PaymentRecord } from './payment-record.ts'
import { captured, latestSent } from './sent-attempts.ts'

export interface Payer extends Pick<PaymentRecord, 'phoneMasked' | 'provider' | 'gateway' | 'fingerprint'> {
  /** The attempt that it is the payer of; 0: none was made. */
  readonly n: number
}

/**
 * Whose the payment is. The attempt that was captured says so, whatever was tried after it; until one is, the latest that left.
 * A record of before there were earlier payers knows only who tried last.
 */
export const payerOf = (record: PaymentRecord): Payer => {
  const { state, earlierPayers } = record
  const attempt = captured(state) ?? latestSent(state)
  if (!attempt) return { ...named(record), n: state.attempts.at(-1)?.n ?? 0, gateway: record.gateway }
  const { n, gateway } = attempt
  return { ...named(earlierPayers?.find((each) => each.n >= n) ?? record), n, gateway }
}

const named = ({ phoneMasked, provider, fingerprint }: Omit<EarlierPayer, 'n'>): Omit<EarlierPayer, 'n'> => ({
  phoneMasked,
  provider,
  fingerprint,
})

/**
 * The earlier payers for the record of a new attempt: with whom it replaces, if that was another one, or another wallet of his,
 * and his attempt may yet turn out to be paid.
 */
export const earlierPayersOf = (
  before: PaymentRecord | null,
  { provider, fingerprint }: Pick<BeginInput, 'provider' | 'fingerprint'>,
): Pick<PaymentRecord, 'earlierPayers'> => {
  const n = before ? (latestSent(before.state)?.n ?? 0) : 0
  const known = before?.earlierPayers ?? []
  const isSame = before?.provider === provider && before.fingerprint['phoneNumber'] === fingerprint['phoneNumber']
  if (!before || isSame || n <= (known.at(-1)?.n ?? 0)) return {}
  return { earlierPayers: [...known, { ...named(before), n }] }
}

/**
 * The masks of numbers that may have no hash. In a record of before they were told apart that is any of several numbers; a single one
 * only where there is no hash at all.
 */
export const mayLackHash = ({
  unhashed,
  phoneHashes,
  phoneMasked,
  earlierPayers = [],
}: PaymentRecord): readonly string[] => {
  if (unhashed) return unhashed
  const masks = [phoneMasked, ...earlierPayers.map((each) => each.phoneMasked)]
  return phoneHashes?.length && masks.length === 1 ? [] : masks
}

/** A payer of whom nothing is known any more. */
export const erasedPayer = (payer: EarlierPayer): EarlierPayer => ({
  ...payer,
  phoneMasked: ERASED,
  fingerprint: withoutPersonal(payer.fingerprint),
})
