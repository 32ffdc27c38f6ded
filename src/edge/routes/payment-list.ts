import { Hono } from 'hono'
import { findPayments } from '../../flows/find-payments.ts'
import { secretKey } from '../api-key.ts'
import { type EdgeEnv, fail, noteIn } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'
import { type ListName, readCursor, writeCursor } from '../request/cursor.ts'
import { checkPaymentListQuery, type PaymentListQuery } from '../request/payment-list-query.ts'

/** Newest first, one merchant's, one mode's. Retry rule: any answer but 4xx may be met with the same request. */
export const paymentListRoutes = (deps: EdgeDeps) =>
  new Hono<EdgeEnv>().get('/', secretKey(deps), async (c) => {
    const { merchantId, mode } = c.get('holder')
    const { fields, errors } = checkPaymentListQuery(new URL(c.req.url).searchParams)
    if (errors.length > 0) return fail(c, { reason: 'invalid_request', errors })
    const { cursor, limit, from, to, ...filters } = fields as PaymentListQuery
    const { invoice, phoneSuffix, providerTransactionId, status } = filters
    const list: ListName = [merchantId, mode, invoice, phoneSuffix, providerTransactionId, status, from, to]
    const after = cursor === undefined ? undefined : await readCursor(cursor, list)
    if (cursor !== undefined && !after)
      return fail(c, {
        reason: 'invalid_request',
        errors: [{ field: 'cursor', message: 'Send the nextCursor of the page before, with the same filters.' }],
      })
    const found = await findPayments(
      {
        findPayments: (query) => deps.consumer.findPayments(query),
        payment: deps.payment,
        paymentOfInvoice: (value) => deps.decide.paymentId(merchantId, mode, { kind: 'invoice', value }),
        note: noteIn(deps, c),
      },
      {
        merchantId,
        mode,
        ...filters,
        ...(from === undefined ? {} : { fromMs: from }),
        ...(to === undefined ? {} : { toMs: to }),
        ...(after ? { after } : {}),
        limit,
      },
    )
    if (!found.ok) return fail(c, found.error)
    const { payments, next } = found.value
    const nextCursor = next && (await writeCursor(next, list))
    return c.json({ payments, nextCursor }, 200, { 'Cache-Control': 'no-store' })
  })
