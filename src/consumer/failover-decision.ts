import type { AttemptState, DecideCore, PaymentState } from '../contracts/decide.ts'
import type { RouteDecision, Routed, Router } from '../contracts/route.ts'
import { type DepositOrder, NO_TOKEN_CODE, type SendOutcome } from '../contracts/vault.ts'
import type { GatewayReference } from '../domain/ids.ts'
import { isUnfit } from '../flows/unfit-order.ts'
import { beginAttempt } from './begin-attempt.ts'
import type { PaymentRecord } from './payment-record.ts'
import { routeRequest } from './route-request.ts'

export type FailoverDecision =
  /** The refusal is the shop's answer. `because`: the router's word, or the reducer's. */
  | { readonly kind: 'over'; readonly because: string }
  | {
      readonly kind: 'attempt'
      readonly n: number
      readonly gateway: string
      readonly route: Routed
      readonly reference: GatewayReference
      readonly state: PaymentState
      readonly wakeAtMs: number | null
    }

/** Nothing left, by a fault of the gateway's, or of what the policy supposes of it: not its provider, not in the program, no token. */
const GATEWAYS_OWN: ReadonlySet<string> = new Set(['E1304', 'E1307', 'E1312', NO_TOKEN_CODE])

/** It is the gateway's failure, and counts as one. */
export const isGatewaysOwn = (outcome: SendOutcome): boolean =>
  outcome.kind === 'not_sent' && GATEWAYS_OWN.has(outcome.code)

/** Nothing left, and another gateway may take it. What else kept it would again. An order that does not suit is nobody's failure. */
const maySuitAnother = (code: string): boolean => GATEWAYS_OWN.has(code) || isUnfit(code)

/**
 * Whether this answer ended attempt `n`, so that a failover may be asked for. What had failed by a callback before the answer
 * came is another matter: the shop may have been told of it.
 */
export const isEndedBy = (outcome: SendOutcome, attempt: AttemptState | undefined): boolean => {
  if (outcome.kind === 'not_sent') return attempt?.failureCode === 'not_sent' && maySuitAnother(outcome.code)
  return outcome.kind === 'rejected' && attempt?.refused === true
}

/**
 * The attempts of the shop's one request whose latest is `n`, oldest first: its own, and those that Lango went on with, whose
 * decisions say so.
 */
export const attemptsOfRequest = (
  { attempts }: PaymentState,
  decisions: readonly { readonly attempt: number; readonly decision: RouteDecision }[],
  n: number,
): readonly AttemptState[] => {
  let first = n
  const goesOn = (attempt: number) =>
    decisions.some((each) => each.attempt === attempt && each.decision.trigger === 'failover')
  while (goesOn(first)) first--
  return attempts.filter((each) => each.n >= first && each.n <= n)
}

/**
 * Where a payment goes whose attempt was refused for good. Pure but for the router, which knows the rules, and the reducer, which
 * has the last word on a new attempt. `order`: that attempt's; `attempts`: of its request.
 */
export const decideFailover = (
  decide: Pick<DecideCore, 'step' | 'gatewayReference' | 'providersOf'>,
  router: Pick<Router, 'route'>,
  referenceKey: string,
  { merchantId, state }: PaymentRecord,
  order: DepositOrder,
  attempts: readonly AttemptState[],
  nowMs: number,
): FailoverDecision => {
  const { paymentId, provider, currency, amountMinor } = order
  const asked = { paymentId, merchantId, provider, currency, amountMinor }
  const route = router.route(routeRequest(asked, 'failover', attempts, decide.providersOf, nowMs))
  const { gateway, because } = route
  if (gateway === null) return { kind: 'over', because }
  const n = order.attempt + 1
  const step = beginAttempt(decide, referenceKey, state, { paymentId, n, gateway, amountMinor, currency }, nowMs)
  // Paid meanwhile by an older attempt, in review, or the 255th.
  if (!step.ok) return { kind: 'over', because: step.code }
  const { reference, state: next, wakeAtMs } = step
  return { kind: 'attempt', n, gateway, route, reference, state: next, wakeAtMs }
}
