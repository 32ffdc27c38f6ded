import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { OTP_TRIES_MAX } from '../../../src/consumer/otp-tries.ts'
import type { PaymentObject } from '../../../src/consumer/payment-object.ts'
import type { BeginInput, OtpAnswer, OtpInput } from '../../../src/contracts/payment-object.ts'
import type { OtpOutcome, StatusOutcome } from '../../../src/contracts/vault.ts'
import type { MerchantId } from '../../../src/domain/ids.ts'
import type { PaymentView } from '../../../src/domain/payment.ts'
import type { Script } from './fakes/vault.ts'
import { again, begin, database, MERCHANT, order, read, referenceOf, stubOf, vault, verdictOn } from './kit.ts'

const PENDING: StatusOutcome = { kind: 'found', outcome: 'pending' }
const FAILED: StatusOutcome = { kind: 'found', outcome: 'failed', failureCode: 'FAILED' }
const APPROVE: OtpOutcome = { kind: 'accepted', nextAction: { type: 'approve_on_phone' } }
const WRONG: OtpOutcome = { kind: 'rejected', code: 'OTP_REJECTED' }
const MESSAGE = 'Please dial *110# to generate a voucher code'

/** A customer is asked for a code. */
const coded = async (script: Script = {}): Promise<BeginInput> => {
  const input = order()
  await vault.play(input.paymentId, {
    send: { kind: 'accepted', nextAction: { type: 'otp', message: MESSAGE } },
    status: PENDING,
    otps: { '481516': APPROVE, '000000': WRONG },
    ...script,
  })
  await begin(input)
  return input
}

const inputOf = ({ paymentId }: BeginInput, otp: string, over: Partial<OtpInput> = {}): OtpInput => ({
  v: 1,
  merchantId: MERCHANT,
  mode: 'test',
  otp,
  // As the edge's: it names payment and code, and tells neither.
  otpHash: `hash of ${[...otp].reverse().join('')} ${paymentId}`,
  waitMs: 5_000,
  ...over,
})
const submit = async (input: BeginInput, otp: string, over: Partial<OtpInput> = {}): Promise<OtpAnswer> =>
  (await stubOf(input.paymentId).submitOtp(inputOf(input, otp, over))) as OtpAnswer
const handedOn = async ({ paymentId }: BeginInput) => (await vault.calls(paymentId)).otps.map(({ otp }) => otp)
const viewOf = (answer: OtpAnswer): PaymentView => {
  if (!('snapshot' in answer)) throw new Error(`no snapshot in ${answer.kind}`)
  return JSON.parse(answer.snapshot.text) as PaymentView
}

describe('a code that the gateway asks for after the charge', () => {
  it('T31: is shown as wanted, handed on once, and then only the phone is left', async () => {
    const input = await coded()
    expect(await read(input.paymentId)).toMatchObject({
      status: 'needs_action',
      nextAction: { type: 'otp', message: MESSAGE },
    })
    const answer = await submit(input, '481516')
    expect(answer).toMatchObject({ kind: 'submitted', outcome: 'accepted' })
    expect(viewOf(answer)).toMatchObject({ status: 'pending', nextAction: { type: 'approve_on_phone' } })
    const [handed] = (await vault.calls(input.paymentId)).otps
    expect(handed).toEqual({
      v: 1,
      gateway: 'pawapay',
      reference: referenceOf(input.paymentId, 1),
      otp: '481516',
    })
    await stubOf(input.paymentId).apply(verdictOn(input), 'qstash')
    expect(await submit(input, '481516')).toMatchObject({ kind: 'submitted', outcome: 'accepted' })
    expect(await handedOn(input)).toEqual(['481516'])
    expect(await read(input.paymentId)).toMatchObject({ status: 'succeeded' })
  })

  it('T31: a wrong one is told, and another may be tried; the same one is not asked of the gateway again', async () => {
    const input = await coded()
    for (let n = 0; n < 2; n++) {
      const refused = await submit(input, '000000')
      expect(refused).toMatchObject({ kind: 'refused', because: 'rejected' })
      expect(viewOf(refused)).toMatchObject({ status: 'needs_action', nextAction: { type: 'otp' } })
    }
    expect(await submit(input, '481516')).toMatchObject({ kind: 'submitted', outcome: 'accepted' })
    expect(await handedOn(input)).toEqual(['000000', '481516'])
  })

  it('T31: sent twice at once it is handed on once, and both have its answer', async () => {
    const input = await coded({ otpDelayMs: 100 })
    const stub = stubOf(input.paymentId)
    const answers = await runInDurableObject(stub, (object: PaymentObject) =>
      Promise.all([1, 2, 3].map(() => object.submitOtp(inputOf(input, '481516')))),
    )
    for (const answer of answers) expect(answer).toMatchObject({ kind: 'submitted', outcome: 'accepted' })
    expect(await handedOn(input)).toEqual(['481516'])
  })

  it('T31: no answer is unknown: the code is not sent again, and a status query decides', async () => {
    const lost = await coded({ otps: { '481516': 'throw' } })
    expect(await submit(lost, '481516')).toMatchObject({ kind: 'submitted', outcome: 'unknown' })
    expect(await submit(lost, '481516')).toMatchObject({ kind: 'submitted', outcome: 'unknown' })
    expect(await handedOn(lost)).toEqual(['481516'])

    const paid: StatusOutcome = { kind: 'found', outcome: 'succeeded', amountMinor: '1550', currency: 'ZMW' }
    const arrived = await coded({ otps: { '481516': 'throw' }, status: paid })
    expect(viewOf(await submit(arrived, '481516'))).toMatchObject({ status: 'succeeded' })
    expect((await vault.calls(arrived.paymentId)).statuses).toHaveLength(1)
  })

  it('T31: cut off while it was handed on, it is not sent again, and the gateway is asked', async () => {
    const input = await coded({ otpDelayMs: 5_000 })
    await runInDurableObject(stubOf(input.paymentId), async (object: PaymentObject, state) => {
      await object.submitOtp(inputOf(input, '481516', { waitMs: 200 }))
      state.abort('a new instance')
    }).catch(() => {})
    expect(await submit(input, '481516')).toMatchObject({ kind: 'submitted', outcome: 'unknown' })
    expect(await handedOn(input)).toEqual(['481516'])
    await stubOf(input.paymentId).runDueAlarms(Date.now() + 1_000)
    expect((await vault.calls(input.paymentId)).statuses).toHaveLength(1)
  })

  it('T31: after its time the gateway says so, and another attempt may begin', async () => {
    const input = await coded({ otps: { '481516': WRONG }, status: FAILED })
    const late = await submit(input, '481516')
    expect(late).toMatchObject({ kind: 'refused', because: 'rejected' })
    expect(viewOf(late)).toMatchObject({ status: 'failed', failure: { code: 'FAILED' } })
    expect(await submit(input, '342234')).toMatchObject({ kind: 'refused', because: 'not_wanted' })
    await vault.play(input.paymentId, {
      send: { kind: 'accepted', nextAction: { type: 'otp' } },
      otps: { '481516': APPROVE },
    })
    expect(await begin(again(input))).toMatchObject({ kind: 'started' })
    // Of another attempt the same code is another request.
    expect(await submit(input, '481516')).toMatchObject({ kind: 'submitted', outcome: 'accepted' })
    expect((await vault.calls(input.paymentId)).otps.map(({ reference }) => reference)).toEqual(
      [1, 2].map((n) => referenceOf(input.paymentId, n)),
    )
  })

  it('T31: nobody who waits for none is sent one, and nobody else may send it', async () => {
    const prompted = order()
    await vault.play(prompted.paymentId, { send: { kind: 'accepted', nextAction: { type: 'approve_on_phone' } } })
    await begin(prompted)
    expect(await submit(prompted, '481516')).toMatchObject({ kind: 'refused', because: 'not_wanted' })
    const input = await coded()
    expect(await submit(input, '481516', { merchantId: 'mer_other' as MerchantId })).toEqual({ kind: 'absent' })
    expect(await submit(input, '481516', { mode: 'live' })).toEqual({ kind: 'absent' })
    expect(await submit(order(), '481516')).toEqual({ kind: 'absent' })
    expect([await handedOn(prompted), await handedOn(input)]).toEqual([[], []])
  })

  it('T31: guessing ends: so many codes are handed on, and then none', async () => {
    const input = await coded({ otps: {} })
    for (let n = 0; n < OTP_TRIES_MAX; n++) await submit(input, `${100_000 + n}`)
    expect(await submit(input, '481516')).toMatchObject({ kind: 'refused', because: 'exhausted' })
    expect(await handedOn(input)).toHaveLength(OTP_TRIES_MAX)
  })

  it('what certainly did not leave may be sent again', async () => {
    const input = await coded({ otps: { '481516': { kind: 'not_sent', code: 'E1001' } } })
    expect(await submit(input, '481516')).toEqual({ kind: 'sealed', code: 'E1001' })
    await vault.play(input.paymentId, { otps: { '481516': APPROVE } })
    expect(await submit(input, '481516')).toMatchObject({ kind: 'submitted', outcome: 'accepted' })
  })

  it('I11: is written nowhere', async () => {
    const input = await coded({ otps: { '481516': WRONG, '342234': 'throw' } })
    for (const otp of ['481516', '342234']) await submit(input, otp)
    const stored = await runInDurableObject(stubOf(input.paymentId), (_: PaymentObject, { storage }) => {
      const tables = storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray()
      const own = tables.filter(({ name }) => !name.startsWith('_cf'))
      return JSON.stringify(own.map(({ name }) => storage.sql.exec(`SELECT * FROM "${name}"`).toArray()))
    })
    expect(stored).toContain('otp_rejected')
    for (const otp of ['481516', '342234']) expect(stored).not.toContain(otp)
    const { results } = await database.prepare('SELECT * FROM events WHERE subject = ?').bind(input.paymentId).all()
    expect(JSON.stringify(results)).not.toContain('481516')
  })
})
