import { Hono } from 'hono'
import { parsePaymentId } from '../../domain/ids.ts'
import type { ConsumerDeps } from '../deps.ts'

/** `/operator/decisions/{payment}`: why its attempts went where they went, in words. */
export const decisionRoutes = ({ payment }: Pick<ConsumerDeps, 'payment'>) =>
  new Hono().get('/:id', async (c) => {
    const id = parsePaymentId(c.req.param('id'))
    const found = id && (await payment(id).decisions())
    if (!found) return c.json({ code: 'not_found', title: 'There is no such payment.' }, 404)
    return c.json({ decisions: found.decisions.map(({ attempt, explained }) => ({ attempt, explained })) })
  })
