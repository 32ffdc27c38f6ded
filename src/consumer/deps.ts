import type { KeepUnmatched } from '../adapters/d1-unmatched-callbacks.ts'
import type { PaymentObjectRpc } from '../contracts/payment-object.ts'
import type { VaultForConsumer } from '../contracts/vault.ts'
import type { PaymentId } from '../domain/ids.ts'
import type { FulfilPorts } from '../flows/fulfil.ts'

/** What the routes reach beyond themselves. */
export interface ConsumerDeps {
  readonly vault: Pick<VaultForConsumer, 'checkAttestation'>
  readonly payment: (id: PaymentId) => PaymentObjectRpc
  readonly post: FulfilPorts['post']
  readonly notify: FulfilPorts['notify']
  readonly keepUnmatched: KeepUnmatched
  /** Whether QStash signed these bytes for this path. */
  readonly verifyQueue: (signature: string, body: string, path: string) => Promise<boolean>
  /** Of the people who run this deployment; `/operator` asks for it. */
  readonly operatorKey: string
  readonly databaseAnswers: () => Promise<boolean>
  readonly nowMs: () => number
}
