import type { AccountBalance } from '../contracts/consumer.ts'
import { merchantPayable, merchantRefunds } from '../domain/ledger-accounts.ts'

/** What a merchant is owed in one currency. Decimal strings; negative with a leading "-". */
export interface MerchantBalance {
  readonly currency: string
  /** Of what customers paid, what has not been paid out. */
  readonly payable: string
  /** What went back to customers. */
  readonly refunds: string
  /** Payable less refunds. */
  readonly balance: string
}

export const merchantBalances = (
  accounts: readonly AccountBalance[],
  merchantId: string,
  format: (amountMinor: string, currency: string) => string,
): readonly MerchantBalance[] => {
  const decimal = (amount: bigint, currency: string): string =>
    amount < 0n ? `-${format(String(-amount), currency)}` : format(String(amount), currency)
  return [...Map.groupBy(accounts, ({ currency }) => currency)].map(([currency, own]) => {
    const credit = (account: string): bigint =>
      own
        .filter((each) => each.account === account)
        .reduce((sum, { debitMinor, creditMinor }) => sum + BigInt(creditMinor) - BigInt(debitMinor), 0n)
    const payable = credit(merchantPayable(merchantId))
    const refunds = -credit(merchantRefunds(merchantId))
    return {
      currency,
      payable: decimal(payable, currency),
      refunds: decimal(refunds, currency),
      balance: decimal(payable - refunds, currency),
    }
  })
}
