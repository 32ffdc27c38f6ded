import type { DecideCore, PaymentState } from '../contracts/decide.ts'
import type { DepositOrder } from '../contracts/vault.ts'
import type { GatewayReference } from '../domain/ids.ts'
import { SETTLE_MS } from './known-gateways.ts'

export type BegunAttempt =
  | {
      readonly ok: true
      readonly reference: GatewayReference
      readonly state: PaymentState
      readonly wakeAtMs: number | null
    }
  /** The reducer's refusal. */
  | { readonly ok: false; readonly code: string }

/** Of a gateway that src/gateways does not have, the reducer is told nothing. */
const settlingOf = (gateway: string): { readonly settleMs?: number } => {
  const settleMs = Object.hasOwn(SETTLE_MS, gateway) ? SETTLE_MS[gateway] : undefined
  return settleMs === undefined ? {} : { settleMs }
}

/** The state with a new attempt, and the reference that its gateway will know it by. The reducer has the last word. */
export const beginAttempt = (
  decide: Pick<DecideCore, 'step' | 'gatewayReference'>,
  referenceKey: string,
  state: PaymentState | null,
  wanted: Pick<DepositOrder, 'paymentId' | 'gateway' | 'amountMinor' | 'currency'> & { readonly n: number },
  nowMs: number,
): BegunAttempt => {
  const { paymentId, n, gateway, amountMinor, currency } = wanted
  const reference = decide.gatewayReference(referenceKey, paymentId, n)
  const begin = { type: 'begin', n, gateway, reference, amountMinor, currency, ...settlingOf(gateway), nowMs } as const
  const step = decide.step(state, begin)
  if (!step.ok) return step
  const wakeAt = step.effects.find((effect) => effect.type === 'wakeAt')
  return { ok: true, reference, state: step.state, wakeAtMs: wakeAt?.atMs ?? null }
}
