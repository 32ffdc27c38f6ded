import { Hono } from 'hono'
import { merchantBalances } from '../../flows/merchant-balances.ts'
import { secretKey } from '../api-key.ts'
import { type EdgeEnv, fail, noteIn } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'

/** What a merchant is owed, in the mode of the key, one balance for each currency. */
export const ledgerRoutes = (deps: EdgeDeps) =>
  new Hono<EdgeEnv>().get('/balances', secretKey(deps), async (c) => {
    const { merchantId, mode } = c.get('holder')
    try {
      const accounts = await deps.consumer.ledgerBalances(merchantId, mode)
      const balances = merchantBalances(accounts, merchantId, (amount, currency) =>
        deps.decide.formatAmount(amount, currency),
      )
      return c.json({ balances }, 200, { 'Cache-Control': 'no-store' })
    } catch (error) {
      noteIn(deps, c)('ledger_balances_failed', error)
      return fail(c, { reason: 'unavailable', part: 'consumer' })
    }
  })
