import { expect, it } from 'vitest'
import { judgeOtp, withOtpTry } from '../../../src/consumer/otp-tries.ts'
import type { OtpTry, PaymentRecord } from '../../../src/consumer/payment-record.ts'

it('T31: an answer that comes late, about an earlier attempt, forgets no code of the one that waits now', () => {
  const first: OtpTry = { n: 1, hash: 'a', outcome: 'in_flight' }
  const second: OtpTry = { n: 2, hash: 'b', outcome: 'rejected' }
  const otpTries = withOtpTry(withOtpTry(withOtpTry([], first), second), { ...first, outcome: 'accepted' })
  const record = {
    state: { attempts: [{ n: 1 }, { n: 2, status: 'needs_action' }], nextAction: { type: 'otp' } },
    otpTries,
  } as unknown as PaymentRecord
  expect(judgeOtp(record, 'b')).toEqual({ kind: 'known', tried: second })
  expect(judgeOtp(record, 'c')).toMatchObject({ kind: 'new' })
})

it('codes of an attempt that is over are forgotten with the first of the next one', () => {
  const tries = withOtpTry([{ n: 1, hash: 'a', outcome: 'rejected' }], { n: 2, hash: 'b', outcome: 'in_flight' })
  expect(tries).toEqual([{ n: 2, hash: 'b', outcome: 'in_flight' }])
})
