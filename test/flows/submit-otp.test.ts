import { expect, it } from 'vitest'
import type { OtpAnswer, OtpInput } from '../../src/contracts/payment-object.ts'
import type { MerchantId } from '../../src/domain/ids.ts'
import { submitOtp } from '../../src/flows/submit-otp.ts'
import { fakeLock, MERCHANT, PAYMENT, snapshot, view } from './fakes.ts'

const WAITING = snapshot(view({ status: 'needs_action', nextAction: { type: 'otp' } }))
const TAKEN = snapshot(view({ nextAction: { type: 'approve_on_phone' } }))
const OWNER = { merchantId: MERCHANT, mode: 'test', paymentId: PAYMENT } as const

const submit = async (told: readonly (OtpAnswer | Error)[], owner: Parameters<typeof submitOtp>[1] = OWNER) => {
  const { lock, asked } = fakeLock({ kind: 'first' }, null)
  const answers = [...told]
  const inputs: OtpInput[] = []
  const noted: string[] = []
  const answer = await submitOtp(
    {
      lock,
      payment: () => ({
        submitOtp: async (input) => {
          inputs.push(input)
          const next = answers.shift()
          if (next === undefined || next instanceof Error) throw next ?? new Error('not to be asked')
          return next
        },
      }),
      // Stands for a keyed hash: other texts have others.
      derive: async (text) =>
        [...text].reduce((sum, c) => (sum * 31n + BigInt(c.charCodeAt(0))) % 2n ** 256n, 7n).toString(16),
      later: (work) => void work,
      note: (event) => noted.push(event),
    },
    owner,
    '481516',
    4_000,
  )
  return { answer, inputs, noted, kept: asked.kept }
}

it.each<[string, OtpAnswer, object]>([
  ['accepted', { kind: 'submitted', outcome: 'accepted', snapshot: TAKEN }, { kind: 'accepted' }],
  ['lost', { kind: 'submitted', outcome: 'unknown', snapshot: WAITING }, { kind: 'open' }],
  ['under way', { kind: 'submitted', outcome: 'in_flight', snapshot: WAITING }, { kind: 'open' }],
])('a code that is %s is a value, with the payment as it is', async (_, told, value) => {
  const { answer, kept } = await submit([told])
  expect(answer).toMatchObject({ ok: true, value: { ...value, view: { id: PAYMENT } } })
  // Redis must not tell the next reader to enter it again.
  expect(kept).toHaveLength(1)
})

it.each<[OtpAnswer, object]>([
  [{ kind: 'absent' }, { reason: 'not_found' }],
  [
    { kind: 'refused', because: 'rejected', snapshot: WAITING },
    { reason: 'otp_refused', paymentId: PAYMENT, because: 'rejected' },
  ],
  [
    { kind: 'refused', because: 'exhausted', snapshot: WAITING },
    { reason: 'otp_refused', paymentId: PAYMENT, because: 'exhausted' },
  ],
  [
    { kind: 'sealed', code: 'E1001' },
    { reason: 'core_sealed', code: 'E1001' },
  ],
  [
    { kind: 'sealed', code: 'E1322' },
    { reason: 'unavailable', part: 'token' },
  ],
])('%j is an error that says so', async (told, error) => {
  expect((await submit([told])).answer).toEqual({ ok: false, error })
})

it('an object that does not answer is asked once more, and then it is unavailable', async () => {
  const broken = new Error('the object was reset')
  const again = await submit([broken, { kind: 'submitted', outcome: 'accepted', snapshot: TAKEN }])
  expect(again.answer).toMatchObject({ ok: true })
  expect(again.noted).toEqual(['otp_repeated'])
  expect(again.inputs[0]).toEqual(again.inputs[1])
  expect((await submit([broken, broken])).answer).toEqual({
    ok: false,
    error: { reason: 'unavailable', part: 'payments' },
  })
})

it('the hash names payment, code, merchant and mode, and holds no code', async () => {
  const hashOf = async (owner: Parameters<typeof submitOtp>[1]) => (await submit([{ kind: 'absent' }], owner)).inputs[0]
  const [one, same, other, live] = await Promise.all([
    hashOf(OWNER),
    hashOf(OWNER),
    hashOf({ ...OWNER, merchantId: 'mer_two' as MerchantId }),
    hashOf({ ...OWNER, mode: 'live' }),
  ])
  expect(one).toEqual(same)
  expect(one).toMatchObject({ otp: '481516', waitMs: 4_000, otpHash: expect.stringMatching(/^[0-9a-f]{16}$/) })
  expect(new Set([one?.otpHash, other?.otpHash, live?.otpHash]).size).toBe(3)
  expect(one?.otpHash).not.toContain('481516')
})
