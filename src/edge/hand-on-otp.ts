import type { PaymentOwner } from '../contracts/payment-lock.ts'
import type { PaymentError } from '../domain/errors.ts'
import { err, type Result } from '../domain/result.ts'
import { type SubmittedOtp, submitOtp } from '../flows/submit-otp.ts'
import { type EdgeContext, laterIn } from './context.ts'
import type { EdgeDeps } from './deps.ts'
import { paymentPorts } from './ports.ts'

/** Hands a code on, unless too many come for this payment. The work goes on when the caller hangs up. */
export const handOnOtp = async (
  deps: EdgeDeps,
  c: EdgeContext,
  owner: PaymentOwner,
  otp: string,
  waitMs: number,
): Promise<Result<SubmittedOtp, PaymentError>> => {
  // Whose payment it is the object knows: nobody else's codes count for it.
  const bucket = `${owner.merchantId} ${owner.mode} ${owner.paymentId}`
  const retryAfterMs = deps.otps.waitMs(bucket)
  if (retryAfterMs > 0) return err({ reason: 'rate_limited', limit: 'otp', retryAfterMs })
  deps.otps.charge(bucket)
  const work = submitOtp(paymentPorts(deps, c), owner, otp, waitMs)
  laterIn(deps, c)(work)
  return work
}
