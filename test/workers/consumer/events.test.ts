import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import type { EventDebt } from '../../../src/consumer/payment-events.ts'
import { PaymentObject } from '../../../src/consumer/payment-object.ts'
import type { BeginInput } from '../../../src/contracts/payment-object.ts'
import type { Msisdn } from '../../../src/domain/ids.ts'
import {
  again,
  begin,
  callbackMessage,
  database,
  deliver,
  eventually,
  order,
  PHONE,
  read,
  stubOf,
  vault,
  verdictOn,
} from './kit.ts'

interface Row {
  readonly seq: number
  readonly id: string
  readonly type: string
  readonly merchant_id: string
  readonly body: string
}

const stored = async ({ paymentId }: BeginInput): Promise<Row[]> =>
  (await database.prepare('SELECT * FROM events WHERE subject = ? ORDER BY seq').bind(paymentId).all<Row>()).results
const types = async (input: BeginInput) => (await stored(input)).map(({ type }) => type)
const until = (input: BeginInput, count: number) =>
  eventually(
    () => types(input),
    (known) => known.length >= count,
  )
const tell = async (input: BeginInput, over: Parameters<typeof verdictOn>[1] = {}) =>
  expect((await deliver(callbackMessage(verdictOn(input, over)))).status).toBe(200)

/** What the object owes to D1. */
const owes = ({ paymentId }: BeginInput): Promise<EventDebt> =>
  runInDurableObject(stubOf(paymentId), (_, state) => {
    const [row] = state.storage.sql.exec<{ record: string }>('SELECT record FROM payment').toArray()
    return (JSON.parse(row?.record ?? '{}') as { readonly events: EventDebt }).events
  })

let isAway = false
const away = async (value: boolean) => {
  if (isAway === value) return
  isAway = value
  await database.exec(value ? 'ALTER TABLE events RENAME TO events_away' : 'ALTER TABLE events_away RENAME TO events')
}
afterEach(() => away(false))

describe('what happened is an event', () => {
  it('of a payment that is paid: one row, in the transaction of its ledger entry, and no number in full', async () => {
    const input = order({ metadata: { color: 'red' } })
    await begin(input)
    await tell(input)
    const [row, ...more] = await stored(input)
    expect(more).toEqual([])
    expect(row).toMatchObject({ type: 'payment.succeeded', merchant_id: input.merchantId })
    expect(row?.id).toBe(`evt_${input.paymentId.slice(4)}_succeeded_1`)
    expect(JSON.parse(row?.body ?? '')).toMatchObject({
      type: 'payment.succeeded',
      data: {
        id: input.paymentId,
        status: 'succeeded',
        amount: '15.50',
        invoice: input.invoice,
        metadata: { color: 'red' },
      },
    })
    expect(row?.body).not.toContain(PHONE)
    expect(row?.body).not.toContain('fulfilment')
  })

  it('that nothing left, when its shop had been told that it was under way', async () => {
    const never = { kind: 'not_sent', code: 'E1322' } as const
    const first = order({ waitMs: 0 })
    await vault.play(first.paymentId, { send: never, sendDelayMs: 150 })
    expect(await begin(first)).toMatchObject({ outcome: 'in_flight' })
    await until(first, 1)
    const [row] = await stored(first)
    expect(row).toMatchObject({ type: 'payment.failed', id: `evt_${first.paymentId.slice(4)}_not_sent_1` })
    expect(JSON.parse(row?.body ?? '')).toMatchObject({ data: { status: 'created', failure: { code: 'not_sent' } } })

    // The same of a later attempt, whose payment stands as the attempt before left it.
    const second = order()
    await vault.play(second.paymentId, { send: { kind: 'rejected', code: 'NO' } })
    await begin(second)
    await until(second, 1)
    await vault.play(second.paymentId, { send: never, sendDelayMs: 150 })
    expect(await begin(again(second, { waitMs: 0 }))).toMatchObject({ outcome: 'in_flight' })
    await until(second, 2)
    expect((await stored(second)).map(({ id }) => id.split('_').slice(2).join('_'))).toEqual(['failed_1', 'not_sent_2'])
  })

  it('and not, when the attempt before was paid meanwhile', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'NO' } })
    await begin(input)
    await until(input, 1)
    await vault.play(input.paymentId, { send: { kind: 'not_sent', code: 'E1322' }, sendDelayMs: 2_000 })
    expect(await begin(again(input, { waitMs: 0 }))).toMatchObject({ outcome: 'in_flight' })
    await tell(input)
    await eventually(
      () => read(input.paymentId),
      (view) => view?.attempts[1]?.failureCode === 'not_sent',
    )
    expect((await types(input)).toSorted()).toEqual(['payment.failed', 'payment.late_success', 'payment.succeeded'])
    expect(await owes(input)).toMatchObject({ owed: [] })
  })

  it('and not, when it was told so at once', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'NO' } })
    await begin(input)
    await until(input, 1)
    await vault.play(input.paymentId, { send: { kind: 'not_sent', code: 'E1322' } })
    expect(await begin(again(input, { waitMs: 5_000 }))).toMatchObject({ kind: 'sealed' })
    expect(await owes(input)).toMatchObject({ owed: [] })
    expect(await types(input)).toEqual(['payment.failed'])
  })

  it('with D1 away there is neither entry nor event, and afterwards there are both, once', async () => {
    const input = order()
    await begin(input)
    const message = callbackMessage(verdictOn(input))
    await away(true)
    expect((await deliver(message)).status).toBe(503)
    const entries = () =>
      database.prepare('SELECT count(*) AS n FROM ledger_entries WHERE payment_id = ?').bind(input.paymentId).first('n')
    expect(await entries()).toBe(0)
    await away(false)
    for (let i = 0; i < 3; i++) expect((await deliver(message)).status).toBe(200)
    expect(await entries()).toBe(1)
    expect(await types(input)).toEqual(['payment.succeeded'])
  })

  it('of one that failed, was tried again and was paid: both are told, in this order', async () => {
    const input = order()
    await begin(input)
    await tell(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
    const second = again(input, { phoneNumber: '260763450000' as Msisdn })
    await begin(second)
    await tell(second, { attempt: 2 })
    await until(input, 2)
    const rows = await stored(input)
    expect(rows.map(({ type }) => type)).toEqual(['payment.failed', 'payment.succeeded'])
    expect(JSON.parse(rows[0]?.body ?? '').data).toMatchObject({
      status: 'failed',
      failure: { code: 'PAYMENT_NOT_APPROVED' },
      phoneNumber: '2607••••6789',
    })
  })

  it('a failed one and a new attempt while D1 was away: both failures are told, as they were', async () => {
    const input = order()
    await away(true)
    await begin(input)
    for (const [n, failureCode] of [
      [1, 'PAYMENT_NOT_APPROVED'],
      [2, 'INSUFFICIENT_BALANCE'],
    ] as const) {
      if (n === 2) await begin(again(input))
      await tell(input, { attempt: n, outcome: 'failed', failureCode })
    }
    // The object dies; what it owes is in its row.
    await expect(
      runInDurableObject(stubOf(input.paymentId), (_, state) => state.abort('crash of the test')),
    ).rejects.toThrow('crash of the test')
    await away(false)
    expect(await stored(input)).toEqual([])
    await stubOf(input.paymentId).runDueAlarms(Date.now() + 60_000)
    expect((await stored(input)).map(({ body }) => JSON.parse(body).data.failure.code)).toEqual([
      'PAYMENT_NOT_APPROVED',
      'INSUFFICIENT_BALANCE',
    ])
    // Told once: nothing is owed any more.
    await stubOf(input.paymentId).runDueAlarms(Date.now() + 600_000)
    expect(await types(input)).toHaveLength(2)
  })

  it('a failure that D1 was away for is told before the success of the next attempt, and once', async () => {
    const input = order()
    await away(true)
    await begin(input)
    await tell(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
    // Tried again in minutes, not at once.
    for (const ms of [20_000, 60_000, 200_000]) await stubOf(input.paymentId).runDueAlarms(Date.now() + ms)
    const second = again(input)
    await begin(second)
    await away(false)
    await tell(second, { attempt: 2 })
    expect(await types(input)).toEqual(['payment.failed', 'payment.succeeded'])
    await stubOf(input.paymentId).runDueAlarms(Date.now() + 900_000)
    expect(await types(input)).toEqual(['payment.failed', 'payment.succeeded'])
  })

  it('an unknown that D1 was away for is told before what the gateway says: another event follows', async () => {
    const input = order()
    await away(true)
    await vault.play(input.paymentId, { send: { kind: 'unknown', reason: 'timeout' } })
    await begin(input)
    // The first try is refused before D1 is back.
    await eventually(
      () => owes(input),
      ({ tries }) => tries > 0,
    )
    await away(false)
    await tell(input)
    expect(await types(input)).toEqual(['payment.unknown', 'payment.succeeded'])
    await stubOf(input.paymentId).runDueAlarms(Date.now() + 900_000)
    expect(await types(input)).toEqual(['payment.unknown', 'payment.succeeded'])
    expect(await owes(input)).toMatchObject({ owed: [], atMs: null })
  })

  it('of one whose answer was lost: unknown, then what the gateway says', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'unknown', reason: 'timeout' } })
    await begin(input)
    expect(await until(input, 1)).toEqual(['payment.unknown'])
    await tell(input)
    expect(await types(input)).toEqual(['payment.unknown', 'payment.succeeded'])
  })

  it('of a late success: that it is late, and that it is paid', async () => {
    const input = order()
    await begin(input)
    await tell(input, { outcome: 'failed', failureCode: 'UNSPECIFIED_FAILURE' })
    await until(input, 1)
    await tell(input)
    expect((await until(input, 3)).toSorted()).toEqual(['payment.failed', 'payment.late_success', 'payment.succeeded'])
  })

  it('of another amount: review, with the reason', async () => {
    const input = order()
    await begin(input)
    await tell(input, { amountMinor: '99' })
    await until(input, 1)
    const [row] = await stored(input)
    expect(row?.type).toBe('payment.review')
    expect(JSON.parse(row?.body ?? '').data).toMatchObject({ status: 'review', reviewReason: 'amount_mismatch' })
  })

  it('the same news again is no other event', async () => {
    const input = order()
    await begin(input)
    for (let i = 0; i < 5; i++) await tell(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
    await until(input, 1)
    await stubOf(input.paymentId).runDueAlarms(Date.now() + 60_000)
    expect(await types(input)).toEqual(['payment.failed'])
  })
})

it('a plain success owes nothing and writes nothing for it: the record has no debt', async () => {
  const input = order()
  await runInDurableObject(stubOf(input.paymentId), async (_, state) => {
    const object = new PaymentObject(state, env)
    await object.begin(input)
    const answer = await object.apply(verdictOn(input), 'qstash')
    expect(answer.kind === 'applied' && answer.due?.event?.type).toBe('payment.succeeded')
    const [row] = state.storage.sql.exec<{ record: string }>('SELECT record FROM payment').toArray()
    expect(JSON.parse(row?.record ?? '{}').events).toBeUndefined()
  })
})
