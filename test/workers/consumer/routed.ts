import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { PaymentObject } from '../../../src/consumer/payment-object.ts'
import { surroundingsOf } from '../../../src/consumer/payment-surroundings.ts'
import type { ApplyAnswer, BeginAnswer, BeginInput } from '../../../src/contracts/payment-object.ts'
import type { Verdict } from '../../../src/contracts/vault.ts'
import type { PaymentId } from '../../../src/domain/ids.ts'
import type { PaymentView } from '../../../src/domain/payment.ts'
import { stubOf } from './kit.ts'

/** A deployment with this policy, and with what its payments have seen: each is another. */
export const routedBy = (policy: unknown) => {
  const routed = { ...(env as object), LANGO_ROUTING: JSON.stringify(policy) }
  /** The payment's own object, as that deployment would have made it, over the same storage. */
  const inObject = <Value>(id: PaymentId, work: (object: PaymentObject) => Promise<Value>): Promise<Value> =>
    runInDurableObject(stubOf(id), (_, state) => work(new PaymentObject(state, routed)))
  return {
    /** How gateways and rails stand there. */
    health: () => surroundingsOf(routed).routes?.health(),
    inObject,
    begin: (input: BeginInput): Promise<BeginAnswer> => inObject(input.paymentId, (object) => object.begin(input)),
    apply: (input: BeginInput, verdict: Verdict): Promise<ApplyAnswer> =>
      inObject(input.paymentId, (object) => object.apply(verdict, 'qstash')),
    read: async (id: PaymentId): Promise<PaymentView | null> => {
      const snapshot = await inObject(id, (object) => object.get())
      return snapshot && (JSON.parse(snapshot.text) as PaymentView)
    },
    events: async (id: PaymentId): Promise<string[]> =>
      (await inObject(id, (object) => object.history())).map(({ event }) => event),
  }
}
