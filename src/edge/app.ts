import { Hono } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { type EdgeEnv, fail, noteIn, requestContext } from './context.ts'
import type { EdgeDeps } from './deps.ts'
import { checkoutRoutes } from './routes/checkouts.ts'
import { docsRoutes } from './routes/docs.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { ledgerRoutes } from './routes/ledger.ts'
import { linkOpenings } from './routes/link-openings.ts'
import { pageRoutes } from './routes/pages.ts'
import { paymentListRoutes } from './routes/payment-list.ts'
import { paymentRoutes } from './routes/payments.ts'
import { snippetRoutes } from './routes/snippet.ts'
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts'
import { webhookRoutes } from './routes/webhooks.ts'

export const createApp = (deps: EdgeDeps) => {
  const app = new Hono<EdgeEnv>()
  app.use(requestContext(deps))
  app.get('/', (c) =>
    c.json({
      name: 'lango',
      health: '/health',
      docs: '/docs',
      description: '/openapi.json',
      payments: '/v1/payments',
      checkouts: '/v1/checkouts',
    }),
  )
  app.route('/health', healthRoutes(deps))
  app.route('/v1/payments', paymentRoutes(deps))
  app.route('/v1/payments', paymentListRoutes(deps))
  app.route('/v1/checkouts', checkoutRoutes(deps))
  app.route('/v1/webhook-endpoints', webhookEndpointRoutes(deps))
  app.route('/v1/events', eventRoutes(deps))
  app.route('/v1/ledger', ledgerRoutes(deps))
  app.route('/webhooks', webhookRoutes(deps))
  app.route('/c', linkOpenings(deps))
  app.route('/c', pageRoutes(deps))
  app.route('/', snippetRoutes())
  app.route('/', docsRoutes(deps))
  const askedOtherwise = methodNotAllowed({
    app,
    onMethodNotAllowed: (c, allow) => fail(c, { reason: 'method_not_allowed', allow }),
  })
  app.notFound(async (c) => {
    c.res = fail(c, { reason: 'not_found' })
    // Only here, as a layer around every request would cost each of them something.
    await askedOtherwise(c, async () => {})
    return c.res
  })
  app.onError((error, c) => {
    noteIn(deps, c)('unexpected_error', error)
    return fail(c, { reason: 'internal' })
  })
  return app
}
