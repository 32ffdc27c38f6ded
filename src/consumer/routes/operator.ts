import { Hono } from 'hono'
import type { ConsumerDeps } from '../deps.ts'
import { operatorOnly } from '../operator.ts'
import { deadLetterRoutes } from './dead-letters.ts'
import { decisionRoutes } from './decisions.ts'
import { erasureRoutes } from './erasures.ts'
import { ledgerRoutes } from './ledger.ts'
import { merchantRoutes } from './merchants.ts'
import { refundRoutes } from './refunds.ts'
import { routingRoutes } from './routing.ts'
import { statementRoutes } from './statements.ts'

/** What people do who run the deployment: `npm run lango -- …`. Every answer is JSON. */
export const operatorRoutes = (deps: ConsumerDeps) =>
  new Hono()
    .use('*', operatorOnly(deps.operatorKey))
    .get('/', (c) => c.json({ status: 'ok' }))
    .route('/dlq', deadLetterRoutes(deps))
    .route('/ledger', ledgerRoutes(deps))
    .route('/statements', statementRoutes(deps))
    .route('/decisions', decisionRoutes(deps))
    .route('/refunds', refundRoutes(deps))
    .route('/routing', routingRoutes(deps))
    .route('/erasures', erasureRoutes(deps.eraser))
    .route('/merchants', merchantRoutes(deps.merchants))
