import { Hono } from 'hono'
import type { ConsumerDeps } from './deps.ts'
import { describeError, log } from './log.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { operatorRoutes } from './routes/operator.ts'

export const createApp = (deps: ConsumerDeps) =>
  new Hono()
    .get('/health', async (c) =>
      (await deps.databaseAnswers())
        ? c.json({ status: 'ok', dependencies: { d1: 'ok' } })
        : c.json({ status: 'unavailable', dependencies: { d1: 'unavailable' } }, 503),
    )
    .route('/deliveries', deliveryRoutes(deps))
    .route('/operator', operatorRoutes(deps))
    .notFound((c) => c.text('not found', 404))
    .onError((error, c) => {
      log({ event: 'bug', error: describeError(error) })
      return c.text('internal error', 500)
    })
