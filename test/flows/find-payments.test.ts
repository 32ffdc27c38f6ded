import { expect, it } from 'vitest'
import type { PaymentPage, PaymentPosition, PaymentQuery } from '../../src/contracts/payment-index.ts'
import type { Snapshot } from '../../src/contracts/payment-object.ts'
import type { MerchantId, PaymentId } from '../../src/domain/ids.ts'
import { readCursor, writeCursor } from '../../src/edge/request/cursor.ts'
import { findPayments } from '../../src/flows/find-payments.ts'
import { MERCHANT, OTHER_PAYMENT, PAYMENT, snapshot, view } from './fakes.ts'

const position = (paymentId: PaymentId): PaymentPosition => ({ createdAtMs: 1, paymentId })
const LATER = { id: OTHER_PAYMENT, createdAt: '2026-11-21T09:00:00.000Z' }

const find = async (
  query: Partial<PaymentQuery>,
  page: Partial<PaymentPage> | Error,
  objects: Readonly<Record<string, Snapshot | Error>>,
) => {
  const asked: PaymentId[] = []
  const noted: string[] = []
  const answer = await findPayments(
    {
      findPayments: async () => {
        if (page instanceof Error) throw page
        return { positions: [], more: false, ...page }
      },
      payment: (id) => ({
        get: async () => {
          asked.push(id)
          const told = objects[id]
          if (told instanceof Error) throw told
          return told ?? null
        },
      }),
      paymentOfInvoice: () => PAYMENT,
      note: (event) => noted.push(event),
    },
    { merchantId: MERCHANT, mode: 'test', limit: 20, ...query },
  )
  return { answer, asked, noted, ids: answer.ok ? answer.value.payments.map(({ id }) => id) : null }
}
const both = {
  [PAYMENT]: snapshot(view()),
  [OTHER_PAYMENT]: snapshot(view(LATER)),
}
const positions = [position(PAYMENT), position(OTHER_PAYMENT)]

it('tells what the objects tell, newest first', async () => {
  const { ids, answer } = await find({}, { positions }, both)
  expect(ids).toEqual([OTHER_PAYMENT, PAYMENT])
  expect(answer).toMatchObject({ ok: true, value: { next: null } })
})

it('tells those of one moment in one order, whatever the index says', async () => {
  const twins = { ...both, [OTHER_PAYMENT]: snapshot(view({ id: OTHER_PAYMENT })) }
  expect((await find({}, { positions }, twins)).ids).toEqual([OTHER_PAYMENT, PAYMENT])
  expect((await find({}, { positions: positions.toReversed() }, twins)).ids).toEqual([OTHER_PAYMENT, PAYMENT])
})

it('asks for nothing but what the index proposes', async () => {
  expect((await find({}, { positions: [position(OTHER_PAYMENT)] }, both)).asked).toEqual([OTHER_PAYMENT])
})

it('leaves out a payment that is nowhere', async () => {
  expect((await find({}, { positions }, { [PAYMENT]: snapshot(view()) })).ids).toEqual([PAYMENT])
})

it('goes on from the only one, too', async () => {
  const { answer } = await find({}, { positions: [position(PAYMENT)], more: true }, both)
  expect(answer).toMatchObject({ ok: true, value: { next: position(PAYMENT) } })
})

it('goes on from the last that the index proposed, also when that one is left out', async () => {
  const { answer } = await find({ status: 'succeeded' }, { positions, more: true }, both)
  expect(answer).toEqual({ ok: true, value: { payments: [], next: position(OTHER_PAYMENT) } })
})

it.each<[string, Partial<PaymentQuery>]>([
  ['another status by now', { status: 'failed' }],
  ['another number by now', { phoneSuffix: '0000' }],
  ['another invoice', { invoice: 'INV-2' }],
  ['created before', { fromMs: Date.parse('2026-11-21T08:00:00.001Z') }],
  ['created after, or at the very moment', { toMs: Date.parse('2026-11-21T08:00:00.000Z') }],
  ['a number that only begins so', { phoneSuffix: '2607' }],
])('leaves out what is no longer so: %s', async (_, query) => {
  expect((await find(query, { positions: [position(PAYMENT)] }, { [PAYMENT]: snapshot(view()) })).ids).toEqual([])
})

it.each<[string, Partial<PaymentQuery>]>([
  ['its status', { status: 'pending' }],
  ['the end of its number', { phoneSuffix: '6789' }],
  ['its invoice', { invoice: 'INV-1' }],
  ['the moment it was created', { fromMs: Date.parse('2026-11-21T08:00:00.000Z') }],
  ['a moment after it', { toMs: Date.parse('2026-11-21T08:00:00.001Z') }],
])('finds by %s', async (_, query) => {
  const page = { positions: [position(PAYMENT)] }
  expect((await find(query, page, { [PAYMENT]: snapshot(view()) })).ids).toEqual([PAYMENT])
})

it.each<[string, Snapshot]>([
  ["another merchant's", snapshot(view(), { merchantId: 'mer_two' as MerchantId })],
  ['of the other mode', snapshot(view(), { mode: 'live' })],
])('never tells a payment that is %s, whatever the index says', async (_, foreign) => {
  expect((await find({}, { positions: [position(PAYMENT)] }, { [PAYMENT]: foreign })).ids).toEqual([])
})

it('asks the invoice’s own payment, which the index may not know yet', async () => {
  const { ids, asked } = await find({ invoice: 'INV-1' }, { positions: [position(OTHER_PAYMENT)] }, both)
  expect(ids).toEqual([OTHER_PAYMENT, PAYMENT])
  expect(asked.toSorted()).toEqual([PAYMENT, OTHER_PAYMENT])
  expect((await find({ invoice: 'INV-1' }, { positions }, both)).asked).toHaveLength(2)
})

it.each<[string, Partial<PaymentQuery>, boolean]>([
  ['a later page', { after: position(PAYMENT) }, false],
  ['a page with more behind it', {}, true],
  ['a transaction that a view cannot confirm', { providerTransactionId: 'T' }, false],
])('but not for %s', async (_, query, more) => {
  const page = { positions: [position(OTHER_PAYMENT)], more }
  expect((await find({ invoice: 'INV-1', ...query }, page, both)).asked).toEqual([OTHER_PAYMENT])
})

it('fails as a whole when one payment cannot be asked, and asks it twice before', async () => {
  const { answer, asked } = await find({}, { positions }, { ...both, [PAYMENT]: new Error('the object was reset') })
  expect(answer).toEqual({ ok: false, error: { reason: 'unavailable', part: 'payments' } })
  expect(asked.filter((id) => id === PAYMENT)).toHaveLength(2)
})

it('fails when the index does not answer', async () => {
  const { answer, noted } = await find({ invoice: 'INV-1' }, new Error('D1 is away'), both)
  expect(noted).toEqual(['find_payments_failed'])
  expect(answer).toEqual({ ok: false, error: { reason: 'unavailable', part: 'consumer' } })
})

it('a cursor is read back for its own list alone', async () => {
  const list = [MERCHANT, 'test', 'INV-1', undefined]
  const cursor = await writeCursor(position(PAYMENT), list)
  expect(await readCursor(cursor, list)).toEqual(position(PAYMENT))
  expect(await readCursor(cursor, ['mer_two', 'test', 'INV-1', undefined])).toBeUndefined()
  for (const broken of ['', '!', 'bnVsbA', cursor.slice(1), cursor.slice(0, -4)])
    expect(await readCursor(broken, list)).toBeUndefined()
})
