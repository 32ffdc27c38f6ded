/**
 * The chart of accounts, and which kind of entry may debit and credit what (docs/ledger.md). Data: whoever writes an entry
 * asks `sideAllowed` first, and who verifies the ledger asks again.
 */
import type { Direction, LedgerKind } from './ledger-entry.ts'

/** What a gateway holds of ours: drains to zero when it settles. Grows by debits. */
export const gatewayClearing = (gateway: string): string => `gateway:${gateway}:clearing`
/** What a gateway kept. Grows by debits. */
export const gatewayFees = (gateway: string): string => `gateway:${gateway}:fees`
/** What nobody can place yet. Grows by credits. */
export const gatewaySuspense = (gateway: string): string => `gateway:${gateway}:suspense`
/** What a merchant is owed. Grows by credits. */
export const merchantPayable = (merchantId: string): string => `merchant:${merchantId}:payable`
/** What went back to a merchant's customers. Grows by debits; what is left to pay is payable less refunds. */
export const merchantRefunds = (merchantId: string): string => `merchant:${merchantId}:refunds`

/** `owner:purpose` of an account, and who owns it; null: no account of the chart. */
const accountOf = (account: string): { readonly form: string; readonly owner: string } | null => {
  const [, kind, owner, purpose] = /^(gateway|merchant|bank):([A-Za-z0-9_-]{1,64}):([a-z]+)$/.exec(account) ?? []
  return kind === undefined || owner === undefined ? null : { form: `${kind}:${purpose}`, owner }
}

interface Sides {
  readonly debit: readonly string[]
  readonly credit: readonly string[]
}

export const CHART: Readonly<Record<Exclude<LedgerKind, 'correction'>, Sides>> = {
  deposit: { debit: ['gateway:clearing'], credit: ['merchant:payable'] },
  refund: { debit: ['merchant:refunds', 'gateway:suspense'], credit: ['gateway:clearing'] },
  payout: { debit: ['merchant:payable'], credit: ['gateway:clearing'] },
  fee: { debit: ['gateway:fees', 'merchant:payable'], credit: ['gateway:clearing', 'gateway:fees'] },
  settlement: { debit: ['bank:cash', 'gateway:fees'], credit: ['gateway:clearing'] },
  remittance: { debit: ['merchant:payable'], credit: ['bank:cash', 'merchant:refunds'] },
  suspense: {
    debit: ['gateway:clearing', 'gateway:suspense'],
    credit: ['gateway:suspense', 'gateway:clearing', 'merchant:payable'],
  },
}

const FORMS: readonly string[] = [
  ...new Set(Object.values(CHART).flatMap(({ debit, credit }) => [...debit, ...credit])),
]

/** Whether an entry of this kind, gateway and merchant may have this side. A correction may exchange the sides of any. */
export const sideAllowed = (
  entry: { readonly kind: LedgerKind; readonly gateway: string; readonly merchantId: string | null },
  direction: Direction,
  account: string,
): boolean => {
  const found = accountOf(account)
  if (!found) return false
  if (found.form.startsWith('gateway:') && found.owner !== entry.gateway) return false
  if (found.form.startsWith('merchant:') && found.owner !== entry.merchantId) return false
  if (entry.kind === 'correction') return FORMS.includes(found.form)
  return CHART[entry.kind][direction].includes(found.form)
}
