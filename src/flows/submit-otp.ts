import type { PaymentLock, PaymentOwner } from '../contracts/payment-lock.ts'
import type { OtpAnswer, OtpInput, PaymentObjectRpc } from '../contracts/payment-object.ts'
import { NO_TOKEN_CODE } from '../contracts/vault.ts'
import type { PaymentError } from '../domain/errors.ts'
import type { PaymentView } from '../domain/payment.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { viewOf } from './trusted-view.ts'

export interface SubmitOtpPorts {
  readonly lock: Pick<PaymentLock, 'keep'>
  /** A fresh stub each time: one that threw may be broken. */
  readonly payment: (id: PaymentOwner['paymentId']) => Pick<PaymentObjectRpc, 'submitOtp'>
  /** Keyed: what is hashed can be tried out by nobody who has only the hash. */
  readonly derive: (text: string) => Promise<string>
  readonly later: (work: Promise<unknown>) => void
  readonly note: (event: string, error: unknown) => void
}

export type SubmittedOtp =
  /** The gateway took the code: 200. */
  | { readonly kind: 'accepted'; readonly view: PaymentView }
  /** In flight, or its answer was lost: 202. */
  | { readonly kind: 'open'; readonly view: PaymentView }

/** Of the hash, 64 bits are kept, as of a fingerprint. */
const HASH_DIGITS = 16

/** One repetition when the object did not answer: it asks the gateway once, whoever brings the same code again. */
const submit = async (
  ports: SubmitOtpPorts,
  { paymentId }: PaymentOwner,
  input: OtpInput,
): Promise<OtpAnswer | null> => {
  for (const event of ['otp_repeated', 'otp_failed']) {
    try {
      return await ports.payment(paymentId).submitOtp(input)
    } catch (error) {
      ports.note(event, error)
    }
  }
  return null
}

/** Hands a code on for a payment that waits for one. Another merchant's payment, or the other mode's, is not there. */
export const submitOtp = async (
  ports: SubmitOtpPorts,
  owner: PaymentOwner,
  otp: string,
  waitMs: number,
): Promise<Result<SubmittedOtp, PaymentError>> => {
  const { merchantId, mode, paymentId } = owner
  const hash = await ports.derive(['otp', merchantId, mode, paymentId, otp].join('\n'))
  const otpHash = hash.slice(0, HASH_DIGITS)
  const answer = await submit(ports, owner, { v: 1, merchantId, mode, otp, otpHash, waitMs })
  switch (answer?.kind) {
    case undefined:
      return err({ reason: 'unavailable', part: 'payments' })
    case 'absent':
      return err({ reason: 'not_found' })
    case 'sealed':
      return answer.code === NO_TOKEN_CODE
        ? err({ reason: 'unavailable', part: 'token' })
        : err({ reason: 'core_sealed', code: answer.code })
    case 'refused':
      ports.later(ports.lock.keep(owner, answer.snapshot))
      return err({ reason: 'otp_refused', paymentId, because: answer.because })
    case 'submitted':
      // Who reads right after this must see what came of it, if the gateway has said.
      await ports.lock.keep(owner, answer.snapshot)
      return ok({ kind: answer.outcome === 'accepted' ? 'accepted' : 'open', view: viewOf(answer.snapshot) })
  }
}
