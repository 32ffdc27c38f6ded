import { Hono } from 'hono'
import * as v from 'valibot'
import { parsePaymentId } from '../../domain/ids.ts'
import { decideCore } from '../core.ts'
import type { ConsumerDeps } from '../deps.ts'
import { amount, jsonOf, refuse, word } from './operator-input.ts'

const BODY_BYTES_MAX = 1_024

const settled = v.strictObject({
  /** As people write it, in the payment's currency. */
  amount,
  /** The gateway's own id of the refund. */
  transactionId: word,
})

const WHY: Readonly<Record<string, string>> = {
  refund_exists: 'This refund is no open task: it is settled otherwise, or under way.',
  refund_mismatch: 'Another amount was taken: a double is given back as a whole.',
  refund_too_much: 'More than was taken.',
  nothing_to_refund:
    'The gateway never said how much it took in this currency, or has taken it back itself (refund list).',
}

/** `/operator/refunds/{payment}`: what is to be given back, and the word that people have done it. */
export const refundRoutes = ({ payment }: Pick<ConsumerDeps, 'payment'>) =>
  new Hono()
    .get('/:id', async (c) => {
      const id = parsePaymentId(c.req.param('id'))
      const state = id && (await payment(id).state())
      if (!state) return c.json({ code: 'not_found', title: 'There is no such payment.' }, 404)
      const { currency, refunds = [], attempts } = state
      return c.json({
        refunds: refunds.map(({ n, attempt, reason, status, amountMinor, providerTransactionId }) => {
          const of = attempts.find((each) => each.n === attempt)
          return {
            n,
            reason,
            status,
            amount: amountMinor === null ? null : decideCore().formatAmount(amountMinor, currency),
            currency,
            gateway: of?.gateway ?? null,
            /** Of the attempt that is given back: what the gateway knows it by. */
            reference: of?.reference ?? null,
            transactionId: providerTransactionId,
            /** Why the gateway says that it took nothing after all: then nothing is to be given back. */
            takenBack: (of?.status === 'succeeded' && of.failureCode) || null,
          }
        }),
      })
    })
    .post('/:id/:n{[0-9]{1,3}}', async (c) => {
      const id = parsePaymentId(c.req.param('id'))
      const parsed = v.safeParse(settled, await jsonOf(c, BODY_BYTES_MAX))
      if (!parsed.success) return refuse(c, parsed.issues)
      const state = id && (await payment(id).state())
      if (!state) return c.json({ code: 'not_found', title: 'There is no such payment.' }, 404)
      const amountMinor = decideCore().parseAmount(parsed.output.amount, state.currency)
      if (amountMinor === null)
        return c.json(
          {
            code: 'invalid_request',
            errors: [
              { field: 'amount', message: `${parsed.output.amount} ${state.currency} is no amount of that currency` },
            ],
          },
          400,
        )
      const { transactionId } = parsed.output
      const answer = await payment(id).settleRefund(Number(c.req.param('n')), { amountMinor, transactionId })
      switch (answer.kind) {
        case 'settled':
          return c.json({ status: 'succeeded' })
        case 'absent':
          return c.json({ code: 'not_found', title: 'The payment has no refund of that number.' }, 404)
        case 'refused':
          return c.json({ code: answer.code, title: WHY[answer.code] ?? 'The refund cannot be settled so.' }, 409)
      }
    })
