import type { ReadDecisionsPorts } from '../flows/read-decisions.ts'
import type { ReadPaymentPorts } from '../flows/read-payment.ts'
import type { StartPaymentPorts } from '../flows/start-payment.ts'
import type { SubmitOtpPorts } from '../flows/submit-otp.ts'
import { type EdgeContext, laterIn, noteIn } from './context.ts'
import type { EdgeDeps } from './deps.ts'

/** What the payment flows need, for one request. */
export const paymentPorts = (
  deps: EdgeDeps,
  c: EdgeContext,
): StartPaymentPorts & ReadPaymentPorts & ReadDecisionsPorts & SubmitOtpPorts => ({
  lock: deps.lock,
  payment: deps.payment,
  limits: deps.limits,
  derive: deps.derive,
  checkSeal: (paymentId, text, seal) => deps.vault.checkSnapshot(paymentId, text, seal),
  nowMs: deps.nowMs,
  later: laterIn(deps, c),
  note: noteIn(deps, c),
})
