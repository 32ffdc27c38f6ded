import { Hono } from 'hono'
import type { ConsumerDeps } from '../deps.ts'

/** `/operator/routing/health`: how gateways and rails are doing, as the next decision takes it. */
export const routingRoutes = ({ routeHealth }: Pick<ConsumerDeps, 'routeHealth'>) =>
  new Hono().get('/health', async (c) => {
    const health = await routeHealth()
    return health
      ? c.json(health)
      : c.json({ code: 'not_found', title: 'This deployment has no routing policy: set LANGO_ROUTING.' }, 404)
  })
