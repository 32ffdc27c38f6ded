import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { RETENTION_MS } from '../../../src/consumer/retention.ts'
import type { Msisdn, PaymentId } from '../../../src/domain/ids.ts'
import {
  again,
  begin,
  callbackMessage,
  database,
  deliver,
  eventually,
  order,
  read,
  sleep,
  stubOf,
  vault,
  verdictOn,
} from './kit.ts'

const indexed = (id: PaymentId) =>
  database.prepare('SELECT status, phone_suffix, invoice, revision FROM payments WHERE payment_id = ?').bind(id).first()
const transactions = async (id: PaymentId) =>
  (
    await database
      .prepare('SELECT provider_transaction_id AS t FROM payment_transactions WHERE payment_id = ? ORDER BY t')
      .bind(id)
      .all<{ t: string }>()
  ).results.map(({ t }) => t)
const alarm = (id: PaymentId) => runInDurableObject(stubOf(id), (_, { storage }) => storage.getAlarm())
const wake = (id: PaymentId, aheadMs: number) => stubOf(id).runDueAlarms(Date.now() + aheadMs)

/** Takes the index away as D1 would be away: every statement about it fails. */
const away = (value: boolean) =>
  database.exec(value ? 'ALTER TABLE payments RENAME TO payments_away' : 'ALTER TABLE payments_away RENAME TO payments')
let isAway = false
const withoutIndex = async (value: boolean) => {
  if (isAway !== value) await away(value)
  isAway = value
}
afterEach(() => withoutIndex(false))

describe('what D1 is told, and when', () => {
  it('of a payment that is paid: one row, in the transaction of its fulfilment, and no alarm is left', async () => {
    const input = order()
    await begin(input)
    expect(await indexed(input.paymentId)).toBeNull()
    await deliver(callbackMessage(verdictOn(input, { providerTransactionId: `MP-${input.invoice}` })))
    expect(await indexed(input.paymentId)).toMatchObject({
      status: 'succeeded',
      phone_suffix: '6789',
      invoice: input.invoice,
    })
    expect(await transactions(input.paymentId)).toEqual([`MP-${input.invoice}`])
    expect(await alarm(input.paymentId)).toBeGreaterThan(Date.now() + RETENTION_MS - 60_000)
  })

  it('of one that stays open: after ten seconds', async () => {
    const input = order()
    await begin(input)
    await wake(input.paymentId, 9_000)
    expect(await indexed(input.paymentId)).toBeNull()
    await wake(input.paymentId, 10_500)
    expect(await indexed(input.paymentId)).toMatchObject({ status: 'pending' })
  })

  it('of one whose answer was lost, and of one that was refused: the same', async () => {
    const [lost, refused] = [order(), order()]
    await vault.play(lost.paymentId, { send: { kind: 'unknown', reason: 'timeout' } })
    await vault.play(refused.paymentId, { send: { kind: 'rejected', code: 'INSUFFICIENT_BALANCE' } })
    await begin(lost)
    await begin(refused)
    expect(await alarm(refused.paymentId)).not.toBeNull()
    await wake(lost.paymentId, 10_500)
    await wake(refused.paymentId, 10_500)
    expect(await indexed(lost.paymentId)).toMatchObject({ status: (await read(lost.paymentId))?.status })
    expect(await indexed(refused.paymentId)).toMatchObject({ status: 'failed' })
    expect(await alarm(refused.paymentId)).toBeGreaterThan(Date.now() + RETENTION_MS - 60_000)
  })

  it('of every transaction that an operator booked, and of the number that was tried last', async () => {
    const input = order()
    await begin(input)
    await deliver(callbackMessage(verdictOn(input, { outcome: 'failed', providerTransactionId: 'MP-first' })))
    const second = again(input, { phoneNumber: '260763450000' as Msisdn })
    await begin(second)
    await deliver(callbackMessage(verdictOn(second, { attempt: 2, providerTransactionId: 'MP-second' })))
    expect(await indexed(input.paymentId)).toMatchObject({ status: 'succeeded', phone_suffix: '0000' })
    expect(await transactions(input.paymentId)).toEqual(['MP-first', 'MP-second'])
  })

  it('nothing twice: polls that change nothing leave the row alone', async () => {
    const input = order()
    await begin(input)
    await wake(input.paymentId, 10_500)
    const before = await indexed(input.paymentId)
    await wake(input.paymentId, 60_000)
    await wake(input.paymentId, 120_000)
    expect(await indexed(input.paymentId)).toEqual(before)
  })
})

describe('T62: with D1 away', () => {
  it('a payment begins, is asked about and is found later: the index is owed, by the alarm', async () => {
    await withoutIndex(true)
    const input = order()
    expect(await begin(input)).toMatchObject({ kind: 'started', outcome: 'accepted' })
    await wake(input.paymentId, 10_500)
    const atMs = await alarm(input.paymentId)
    expect(atMs).not.toBeNull()
    await withoutIndex(false)
    expect(await indexed(input.paymentId)).toBeNull()
    await wake(input.paymentId, 60_000)
    expect(await indexed(input.paymentId)).toMatchObject({ status: 'pending' })
  })

  it('nothing that was refused is forgotten: the alarm stays until D1 has it', async () => {
    await withoutIndex(true)
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'INSUFFICIENT_BALANCE' } })
    await begin(input)
    for (const aheadMs of [10_500, 100_000, 1_000_000]) await wake(input.paymentId, aheadMs)
    expect(await alarm(input.paymentId)).toBeGreaterThan(Date.now())
    await withoutIndex(false)
    await wake(input.paymentId, 3_600_000)
    expect(await indexed(input.paymentId)).toMatchObject({ status: 'failed' })
    expect(await alarm(input.paymentId)).toBeGreaterThan(Date.now() + RETENTION_MS - 60_000)
  })
})

it('a row that was on its way when the payment was paid does not undo it', async () => {
  const input = order()
  await begin(input)
  const telling = wake(input.paymentId, 10_500)
  await deliver(callbackMessage(verdictOn(input)))
  await telling
  await eventually(
    () => indexed(input.paymentId),
    (row) => row?.['status'] === 'succeeded',
  )
  await sleep(50)
  expect(await indexed(input.paymentId)).toMatchObject({ status: 'succeeded' })
})

it('a payment from before there was an index tells it as soon as it wakes', async () => {
  const input = order()
  await begin(input)
  await runInDurableObject(stubOf(input.paymentId), async (_, state) => {
    const [row] = state.storage.sql.exec<{ record: string }>('SELECT record FROM payment').toArray()
    const { index: _index, ...older } = JSON.parse(row?.record ?? '{}')
    state.storage.sql.exec('UPDATE payment SET record = ?', JSON.stringify(older))
    const { PaymentObject } = await import('../../../src/consumer/payment-object.ts')
    await new PaymentObject(state, env).runDueAlarms(Date.now() + 10_500)
  })
  expect(await indexed(input.paymentId)).toMatchObject({ status: 'pending' })
})
