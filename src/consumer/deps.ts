import type { DeadLetters } from '../adapters/d1-dead-letters.ts'
import type { createD1LedgerBalances } from '../adapters/d1-ledger-balances.ts'
import type { LedgerDesk } from '../adapters/d1-ledger-desk.ts'
import type { Statements } from '../adapters/d1-statements.ts'
import type { KeepUnmatched } from '../adapters/d1-unmatched-callbacks.ts'
import type { PublishTo } from '../adapters/qstash-publish.ts'
import type { VerifyQueue } from '../adapters/qstash-verify.ts'
import type { PaymentObjectRpc } from '../contracts/payment-object.ts'
import type { NotificationMessage } from '../contracts/queue.ts'
import type { VaultForConsumer } from '../contracts/vault.ts'
import type { PaymentId } from '../domain/ids.ts'
import type { Notified } from '../flows/deliver-notification.ts'
import type { FulfilPorts } from '../flows/fulfil.ts'
import type { Eraser } from './erase.ts'
import type { RouteHealth } from './route-watch.ts'
import type { MerchantRoutesDeps } from './routes/merchants.ts'

/** What the routes reach beyond themselves. */
export interface ConsumerDeps {
  readonly vault: Pick<VaultForConsumer, 'checkAttestation'>
  readonly payment: (id: PaymentId) => PaymentObjectRpc
  readonly post: FulfilPorts['post']
  readonly notify: FulfilPorts['notify']
  readonly fulfilOrder: FulfilPorts['fulfilOrder']
  /** One try of one event at one endpoint of a shop. Throws when D1 is away. */
  readonly deliverNotification: (message: NotificationMessage) => Promise<Notified>
  readonly keepUnmatched: KeepUnmatched
  readonly verifyQueue: VerifyQueue
  readonly deadLetters: DeadLetters
  readonly ledger: LedgerDesk & { readonly balances: ReturnType<typeof createD1LedgerBalances>['all'] }
  readonly statements: Statements
  /** Replays of dead letters go this way. */
  readonly publish: PublishTo
  /** Scheme and authority, as QStash is told it. */
  readonly consumerOrigin: string
  /** Of the people who run this deployment; `/operator` asks for it. */
  readonly operatorKey: string
  readonly eraser: Eraser
  readonly merchants: MerchantRoutesDeps
  /** What all isolates know of gateways and rails; null without a routing policy. */
  readonly routeHealth: () => Promise<RouteHealth | null>
  /** What is wrong in the routing policy; null when nothing is, or there is none. */
  readonly routingProblem: string | null
  readonly databaseAnswers: () => Promise<boolean>
  readonly nowMs: () => number
}
