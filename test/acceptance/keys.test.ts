import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createRedisPaymentLock } from '../../src/adapters/redis-payment-lock.ts'
import type { PaymentLock } from '../../src/contracts/payment-lock.ts'
import type { BeginAnswer } from '../../src/contracts/payment-object.ts'
import type { MerchantId } from '../../src/domain/ids.ts'
import type { Mode } from '../../src/domain/payment.ts'
import { createFingerprinter } from '../../src/flows/fingerprint.ts'
import { startPayment } from '../../src/flows/start-payment.ts'
import { type RedisRest, startRedisRest } from '../emulators/upstash-redis/server.ts'
import { beginInput, snapshot, UNLIMITED, view } from '../flows/fakes.ts'
import { decide } from './core.ts'

let redis: RedisRest
let lock: PaymentLock
const failures: string[] = []
beforeAll(async () => {
  redis = await startRedisRest({ port: 0, token: 'token-of-the-acceptance-tests', backend: 'embedded' })
  lock = createRedisPaymentLock({
    url: redis.url,
    token: redis.token,
    nowMs: () => Date.now(),
    onFailure: (operation, name) => failures.push(`${operation} ${name}`),
  })
})
afterAll(() => redis.close())
beforeEach(() => redis.control.reset({ flush: true }))

let owners = 0
/** One request, from the claim to the last word to Redis. */
const request = async (over: Parameters<typeof beginInput>[0], begins: () => BeginAnswer) => {
  const later: Promise<unknown>[] = []
  let begun = 0
  const answer = await startPayment(
    {
      lock,
      payment: () => ({
        begin: async () => {
          begun += 1
          return begins()
        },
      }),
      limits: UNLIMITED,
      checkSeal: async () => true,
      nowMs: () => Date.now(),
      later: (work) => void later.push(work),
      note: () => {},
    },
    beginInput(over),
    `${++owners}`.padStart(32, '0'),
  )
  await Promise.all(later)
  return { answer, begun }
}

const accepted = (): BeginAnswer => ({
  kind: 'started',
  outcome: 'accepted',
  snapshot: snapshot(view(), { expiresAtMs: Date.now() + 60_000 }),
})

const word = fc.string({ minLength: 1, maxLength: 12 })
const identity = fc.record({
  merchantId: fc.constantFrom('mer_one', 'mer_two', 'mer_onetwo').map((id) => id as MerchantId),
  mode: fc.constantFrom<Mode>('test', 'live'),
  kind: fc.constantFrom('invoice' as const, 'idempotency_key' as const),
  value: fc.oneof(word, fc.constantFrom('test', 'live', 'mer_one', '\n', '1', '11')),
})
type Identity = typeof identity extends fc.Arbitrary<infer T> ? T : never

it('T04: two payments have one id when merchant, mode, kind of key and key are the same, and never otherwise', () => {
  const idOf = ({ merchantId, mode, kind, value }: Identity) => decide.paymentId(merchantId, mode, { kind, value })
  const same = (a: Identity, b: Identity) =>
    a.merchantId === b.merchantId && a.mode === b.mode && a.kind === b.kind && a.value === b.value
  fc.assert(
    fc.property(identity, identity, (one, other) => {
      expect(idOf(one) === idOf(other)).toBe(same(one, other))
      expect(idOf(one)).toBe(idOf({ ...one }))
      // The nearest that two can be: all the same but the merchant, or but the mode.
      for (const near of [
        { ...one, merchantId: 'mer_near' as MerchantId },
        { ...one, mode: one.mode === 'test' ? ('live' as const) : ('test' as const) },
      ])
        expect(idOf(near)).not.toBe(idOf(one))
    }),
    { numRuns: 2_000 },
  )
})

it('T04: fingerprints of two merchants or of two modes share no value, whatever is paid for', async () => {
  const print = createFingerprinter('5a'.repeat(32))
  const fields = fc.record({ amountMinor: fc.bigInt({ min: 1n, max: 10n ** 9n }).map(String), invoice: word })
  await fc.assert(
    fc.asyncProperty(fields, async (over) => {
      const { currency, phoneNumber, provider } = beginInput()
      const of = (merchantId: string, mode: Mode) =>
        print({ ...over, currency, phoneNumber, provider, mode, merchantId: merchantId as MerchantId })
      const prints = await Promise.all([of('mer_one', 'test'), of('mer_two', 'test'), of('mer_one', 'live')])
      const values = prints.flatMap((each) => Object.values(each))
      expect(new Set(values).size).toBe(values.length)
    }),
    { numRuns: 200 },
  )
})

const refusal = fc.constantFrom<BeginAnswer>(
  { kind: 'conflict', field: 'amount' },
  { kind: 'mismatch', field: 'amount' },
  { kind: 'sealed', code: 'E1001' },
  { kind: 'refused', code: 'attempts_exhausted' },
)

it('T13: after any number of refusals that began nothing, the same key with the same body goes through, once', async () => {
  let round = 0
  await fc.assert(
    fc.asyncProperty(fc.array(refusal, { maxLength: 6 }), async (refusals) => {
      const keyHash = `${++round}`.padStart(64, 'k')
      await redis.control.reset({ flush: true })
      for (const refused of refusals) {
        const { answer, begun } = await request({ keyHash }, () => refused)
        expect([answer.ok, begun]).toEqual([false, 1])
      }
      expect(await redis.control.keys()).toEqual([])
      expect((await request({ keyHash }, accepted)).answer).toMatchObject({ ok: true, value: { kind: 'accepted' } })
      const repeated = await request({ keyHash }, () => {
        throw new Error('the object is not needed for this')
      })
      expect(repeated.answer).toMatchObject({ ok: true, value: { kind: 'open', replayed: true } })
    }),
    { numRuns: 60 },
  )
  expect(failures).toEqual([])
})
