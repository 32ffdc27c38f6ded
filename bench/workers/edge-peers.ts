import { WorkerEntrypoint } from 'cloudflare:workers'
import type { ExpectedCallback } from '../../src/contracts/payment-object.ts'
import type { CallbackAnswer, RawCallback, Verdict } from '../../src/contracts/vault.ts'
import type { GatewayReference, PaymentId } from '../../src/domain/ids.ts'

/** Stand-ins for vault and consumer that answer at once: what is measured is the edge. */
const PAYMENT = 'pay_00000000000000000000000001' as PaymentId
const text = new TextDecoder()

/** Bound as the vault's `ForEdge` and as the consumer's. */
export class ForEdge extends WorkerEntrypoint {
  async verifyCallback(callback: RawCallback): Promise<CallbackAnswer> {
    const { depositId } = JSON.parse(text.decode(callback.body)) as { depositId: string }
    const verdict: Verdict = {
      v: 1,
      gateway: 'pawapay',
      operation: 'deposit',
      authentic: 'signed',
      reference: depositId as GatewayReference,
      paymentId: PAYMENT,
      attempt: 1,
      outcome: 'succeeded',
      failureCode: null,
      amountMinor: '1550',
      currency: 'ZMW',
      providerTransactionId: 'T1',
      bodySha256: '0'.repeat(64),
      receivedAtMs: Date.now(),
    }
    const attested = { v: 1, text: JSON.stringify(verdict), mac: 'a7'.repeat(32), kid: '1' } as const
    return { kind: 'verified', verdict, attested }
  }
}

export class PaymentsForEdge extends WorkerEntrypoint {
  async expectCallbacks(): Promise<readonly ExpectedCallback[]> {
    return []
  }
}

export default { fetch: () => new Response(null, { status: 404 }) }
