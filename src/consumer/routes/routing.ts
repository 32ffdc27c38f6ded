import { Hono } from 'hono'
import type { ConsumerDeps } from '../deps.ts'

/** `/operator/routing/health`: how gateways and rails are doing, as the next decision takes it. */
export const routingRoutes = ({ routeHealth, routingProblem }: Pick<ConsumerDeps, 'routeHealth' | 'routingProblem'>) =>
  new Hono().get('/health', async (c) => {
    if (routingProblem !== null)
      return c.json(
        {
          code: 'misconfigured',
          title: 'LANGO_ROUTING has a mistake, and no new payment is sent.',
          problem: routingProblem,
        },
        503,
      )
    const health = await routeHealth()
    return health
      ? c.json(health)
      : c.json({ code: 'not_found', title: 'This deployment has no routing policy: set LANGO_ROUTING.' }, 404)
  })
