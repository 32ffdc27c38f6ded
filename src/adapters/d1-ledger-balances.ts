import type { AccountBalance } from '../contracts/consumer.ts'
import type { MerchantId } from '../domain/ids.ts'
import { merchantPayable, merchantRefunds } from '../domain/ledger-accounts.ts'
import type { LedgerTotal } from '../domain/ledger-batch.ts'
import type { Mode } from '../domain/payment.ts'

interface SumRow {
  readonly account: string
  readonly mode: Mode
  readonly currency: string
  readonly day: number
  readonly debit_minor: string
  readonly credit_minor: string
}

const balanceOf = ({ account, currency, debit_minor, credit_minor }: SumRow): AccountBalance => ({
  account,
  currency,
  debitMinor: debit_minor,
  creditMinor: credit_minor,
})

/** The sums of what is sealed, and what was posted since: as many rows as days, however many entries there are. */
const SINCE_SEALED = `
  FROM ledger_entries e CROSS JOIN ledger_postings p ON p.entry_id = e.id
  WHERE e.number > (SELECT last_number FROM ledger_head)`

/** Exported for the test that reads its plan. */
export const MERCHANT_BALANCES = `
SELECT account, currency, CAST(sum(debit_minor) AS TEXT) AS debit_minor, CAST(sum(credit_minor) AS TEXT) AS credit_minor
FROM (
  SELECT account, currency, debit_minor, credit_minor FROM ledger_totals WHERE account IN (?1, ?2) AND mode = ?3
  UNION ALL
  SELECT p.account, p.currency,
    iif(p.direction = 'debit', p.amount_minor, 0), iif(p.direction = 'credit', p.amount_minor, 0)
  ${SINCE_SEALED} AND p.account IN (?1, ?2) AND e.mode = ?3
)
GROUP BY account, currency ORDER BY currency, account`

/** ';' is the character after ':'. */
const CLEARING_DAYS = `
SELECT account, mode, currency, day,
  CAST(sum(debit_minor) AS TEXT) AS debit_minor, CAST(sum(credit_minor) AS TEXT) AS credit_minor
FROM (
  SELECT account, mode, currency, day, debit_minor, credit_minor FROM ledger_totals
  WHERE account > 'gateway:' AND account < 'gateway;' AND account LIKE '%:clearing'
  UNION ALL
  SELECT p.account, e.mode, p.currency, e.occurred_at_ms / 86400000,
    iif(p.direction = 'debit', p.amount_minor, 0), iif(p.direction = 'credit', p.amount_minor, 0)
  ${SINCE_SEALED} AND p.account LIKE 'gateway:%:clearing'
)
GROUP BY account, mode, currency, day`

/** Throws when D1 does not answer. */
export const createD1LedgerBalances = (database: D1Database) => ({
  async ofMerchant(merchantId: MerchantId, mode: Mode): Promise<readonly AccountBalance[]> {
    const { results } = await database
      .prepare(MERCHANT_BALANCES)
      .bind(merchantPayable(merchantId), merchantRefunds(merchantId), mode)
      .all<SumRow>()
    return results.map(balanceOf)
  },

  /** Every account of one mode, for people. */
  async all(mode: Mode): Promise<readonly AccountBalance[]> {
    const { results } = await database
      .prepare(
        `SELECT account, currency, CAST(debit_minor AS TEXT) AS debit_minor, CAST(credit_minor AS TEXT) AS credit_minor
         FROM ledger_balances WHERE mode = ? ORDER BY account, currency`,
      )
      .bind(mode)
      .all<SumRow>()
    return results.map(balanceOf)
  },

  /** What came into and left the clearing account of each gateway, by day. */
  async clearing(): Promise<readonly LedgerTotal[]> {
    const { results } = await database.prepare(CLEARING_DAYS).all<SumRow>()
    return results.map((row) => ({ ...balanceOf(row), mode: row.mode, day: row.day }))
  },
})
