import { createD1LedgerBalances } from '../adapters/d1-ledger-balances.ts'
import { createD1LedgerSeals } from '../adapters/d1-ledger-seals.ts'
import { sha256Hex } from '../adapters/sha256.ts'
import { sealLedger } from '../flows/seal-ledger.ts'
import { undrained } from '../flows/undrained.ts'
import type { CronTask } from './cron.ts'
import type { ConsumerSettings } from './env.ts'
import { log } from './log.ts'

/** An entry is sealed within a minute as a rule; longer than this, and the sealer does not work. */
export const UNSEALED_MS_MAX = 5 * 60_000
const DAY_MS = 86_400_000

/** Seals the ledger, and says when it is not sealed, or when a gateway keeps money for too long (docs/ledger.md). */
export const ledgerTasks = ({
  database,
  clearingDays,
}: Pick<ConsumerSettings, 'database' | 'clearingDays'>): readonly CronTask[] => {
  const seals = createD1LedgerSeals(database)
  const balances = createD1LedgerBalances(database)
  return [
    {
      name: 'ledger_seal',
      everyMinutes: 1,
      async run(nowMs) {
        const { batches, entries } = await sealLedger(
          {
            ...seals,
            sha256: sha256Hex,
            alert: ({ code, number }) => log({ event: 'alert', code, number }),
            // The root leaves the database with each batch: whoever rewrites all of it has not rewritten the log.
            sealed: ({ sequence, lastNumber, root }) =>
              log({ event: 'ledger_sealed', sequence, last: lastNumber, root }),
          },
          nowMs,
        )
        return { batches, entries }
      },
    },
    {
      name: 'ledger_unsealed',
      everyMinutes: 1,
      async run(nowMs) {
        const { entries, oldestAtMs } = await seals.unsealed()
        const ageMs = oldestAtMs === null ? 0 : nowMs - oldestAtMs
        if (ageMs > UNSEALED_MS_MAX) log({ event: 'alert', code: 'ledger_unsealed', entries, ageMs })
        return { entries }
      },
    },
    {
      name: 'ledger_clearing',
      everyMinutes: 60,
      async run(nowMs) {
        const found = undrained(await balances.clearing(), Math.floor(nowMs / DAY_MS) - clearingDays)
        for (const { account, mode, currency, side, sinceDay, amountMinor } of found) {
          const since = new Date(sinceDay * DAY_MS).toISOString().slice(0, 10)
          const about = { account, mode, currency, since, amountMinor }
          if (side === 'debit') log({ event: 'alert', code: 'clearing_not_drained', ...about })
          else log({ event: 'alert', code: 'clearing_overdrawn', ...about })
        }
        return { accounts: found.length }
      },
    },
  ]
}
