import { runInDurableObject } from 'cloudflare:test'
import { expect, it } from 'vitest'
import type { BeginInput } from '../../../src/contracts/payment-object.ts'
import type { Msisdn } from '../../../src/domain/ids.ts'
import type { PaymentView } from '../../../src/domain/payment.ts'
import type { Script } from './fakes/vault.ts'
import {
  again,
  begin,
  callbackMessage,
  database,
  deliver,
  eventually,
  forEdge,
  order,
  read,
  stubOf,
  vault,
  verdictOn,
} from './kit.ts'

const FIRST = { phoneNumber: '260763451111' as Msisdn, provider: 'MTN_MOMO_ZMB', gateway: 'mtn' } as const
const SECOND = { phoneNumber: '260973452222' as Msisdn, provider: 'AIRTEL_OAPI_ZMB', gateway: 'pawapay' } as const
const PAYER = { phoneNumber: '2607••••1111', provider: 'MTN_MOMO_ZMB', gateway: 'mtn' }
const NOT_SENT = { kind: 'not_sent', code: 'E1001' } as const
const REFUSED = { kind: 'rejected', code: 'PAYER_NOT_FOUND' } as const

const tell = async (input: BeginInput, over: Parameters<typeof verdictOn>[1] = {}) =>
  expect((await deliver(callbackMessage(verdictOn(input, { gateway: 'mtn', ...over })))).status).toBe(200)
const tellDatabase = (input: BeginInput) => stubOf(input.paymentId).runDueAlarms(Date.now() + 11_000)

/** The first phone's attempt has failed, and the second phone has tried. */
const triedTwice = async (script: Script): Promise<readonly [first: BeginInput, second: BeginInput]> => {
  const first = order(FIRST)
  await begin(first)
  await tell(first, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
  await vault.play(first.paymentId, script)
  const second = again(first, SECOND)
  await begin(second)
  return [first, second]
}

const toldOf = async ({ paymentId }: BeginInput): Promise<Record<string, PaymentView>> => {
  const { results } = await database
    .prepare('SELECT type, body FROM events WHERE subject = ?')
    .bind(paymentId)
    .all<{ readonly type: string; readonly body: string }>()
  return Object.fromEntries(results.map(({ type, body }) => [type, JSON.parse(body).data as PaymentView]))
}
const isFoundBy = async ({ merchantId, paymentId }: BeginInput, phoneSuffix: string): Promise<boolean> => {
  const { positions } = await forEdge().findPayments({ merchantId, mode: 'test', limit: 100, phoneSuffix })
  return positions.some((each) => each.paymentId === paymentId)
}

it.each<[string, Script]>([
  ['is open', {}],
  ['was refused', { send: REFUSED }],
  ['was lost', { send: { kind: 'unknown', reason: 'timeout' } }],
  ['never left', { send: NOT_SENT }],
])(
  'T23: a late success is his who paid, everywhere, while the attempt of another phone after it %s',
  async (_, script) => {
    const [first, second] = await triedTwice(script)
    await tell(first)
    expect(await read(first.paymentId)).toMatchObject({ status: 'succeeded', ...PAYER })

    const told = await eventually(
      () => toldOf(first),
      (each) => 'payment.late_success' in each && 'payment.succeeded' in each,
    )
    expect(told['payment.late_success']).toMatchObject(PAYER)
    expect(told['payment.succeeded']).toMatchObject(PAYER)

    await tellDatabase(first)
    expect(await isFoundBy(first, '1111')).toBe(true)
    expect(await isFoundBy(first, '2222')).toBe(false)

    // He asks again under a new key, and then under the same.
    const repeated = again(first)
    for (let i = 0; i < 2; i++) {
      const answer = await begin(repeated)
      expect(answer).toMatchObject({ kind: 'existing', refused: false })
      expect(JSON.parse('snapshot' in answer ? answer.snapshot.text : '')).toMatchObject(PAYER)
    }
    expect(await begin(again(second))).toEqual({ kind: 'conflict', field: 'phoneNumber' })
  },
)

it('T23: a key that finds the late success belongs to the attempt that was paid, whatever becomes of the next', async () => {
  const first = order(FIRST)
  await begin(first)
  await tell(first, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
  await vault.play(first.paymentId, { send: NOT_SENT, sendDelayMs: 400 })
  const trying = begin(again(first, SECOND))
  await eventually(
    async () => (await vault.calls(first.paymentId)).sends.length,
    (sends) => sends === 2,
  )
  await tell(first)
  const repeated = again(first)
  expect(await begin(repeated)).toMatchObject({ kind: 'existing' })
  expect(await trying).toMatchObject({ kind: 'sealed' })
  const rows = await runInDurableObject(stubOf(first.paymentId), (_, { storage }) =>
    storage.sql.exec('SELECT attempt FROM idempotency_keys WHERE key_hash = ?', repeated.keyHash).toArray(),
  )
  expect(rows).toEqual([{ attempt: 1 }])
})

it('T23: until one is paid it is his who tried last; of an attempt that never left nobody is told', async () => {
  const [open] = await triedTwice({})
  expect(await read(open.paymentId)).toMatchObject({ phoneNumber: '2609••••2222', gateway: 'pawapay' })
  const [unsent] = await triedTwice({ send: NOT_SENT })
  expect(await read(unsent.paymentId)).toMatchObject({ status: 'failed', ...PAYER })
  await tellDatabase(unsent)
  expect([await isFoundBy(unsent, '1111'), await isFoundBy(unsent, '2222')]).toEqual([true, false])
})

it('T53: a record of before there were earlier payers goes on, and says who tried last', async () => {
  const [first] = await triedTwice({})
  await runInDurableObject(stubOf(first.paymentId), (_, { storage }) =>
    storage.sql.exec("UPDATE payment SET record = json_remove(record, '$.earlierPayers')"),
  )
  await tell(first)
  expect(await read(first.paymentId)).toMatchObject({
    status: 'succeeded',
    phoneNumber: '2609••••2222',
    provider: 'AIRTEL_OAPI_ZMB',
    gateway: 'mtn',
  })
})
