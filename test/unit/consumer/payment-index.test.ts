import { describe, expect, it } from 'vitest'
import {
  indexPostponed,
  indexRow,
  indexTold,
  unhashedFor,
  withIndexDebt,
  withPhoneHash,
} from '../../../src/consumer/payment-index.ts'
import type { PaymentRecord } from '../../../src/consumer/payment-record.ts'
import type { PaymentState } from '../../../src/contracts/decide.ts'
import { MERCHANT, PAYMENT } from '../../flows/fakes.ts'

const NOW = 1_790_000_000_000

/** As much of a record as the index reads. `ids`: each attempt's transaction id. */
const record = (
  state: Partial<PaymentState> & { readonly ids?: readonly (string | null)[] } = {},
  over: Partial<PaymentRecord> = {},
): PaymentRecord => {
  const { ids = [null], ...rest } = state
  return {
    paymentId: PAYMENT,
    merchantId: MERCHANT,
    mode: 'test',
    invoice: 'INV-1',
    phoneMasked: '2607••••6789',
    state: {
      status: 'pending',
      attempts: ids.map((providerTransactionId) => ({ providerTransactionId })),
      createdAtMs: NOW,
      updatedAtMs: NOW,
      ...rest,
    },
    ...over,
  } as PaymentRecord
}

describe('what the index is owed', () => {
  const owed = withIndexDebt(record())

  it('a payment that it has never heard of, ten seconds after it changed', () => {
    expect(owed.index).toEqual({ key: expect.any(String), revision: NOW, atMs: NOW + 10_000, tries: 0 })
  })

  it('nothing more while nothing that is searched by has changed', () => {
    const later = withIndexDebt({ ...owed, state: { ...owed.state, updatedAtMs: NOW + 5_000 } })
    expect(later.index).toEqual(owed.index)
  })

  it.each<[string, PaymentRecord]>([
    ['status', record({ status: 'succeeded', updatedAtMs: NOW + 5_000 })],
    ['transaction id', record({ ids: ['T1'], updatedAtMs: NOW + 5_000 })],
    ['end of its number', record({ updatedAtMs: NOW + 5_000 }, { phoneMasked: '2607••••0000' })],
  ])('a newer row when its %s changes, and no later than before', (_, changed) => {
    const { index } = withIndexDebt({ ...changed, index: { ...owed.index, tries: 3 } })
    expect(index).toMatchObject({ revision: NOW + 5_000, atMs: NOW + 10_000, tries: 0 })
    expect(index.key).not.toBe(owed.index.key)
  })

  it('the change anew, when the last one was told', () => {
    const told = { ...owed.index, atMs: null }
    const changed = record({ status: 'failed', updatedAtMs: NOW + 60_000 }, { index: told })
    expect(withIndexDebt(changed).index).toMatchObject({ revision: NOW + 60_000, atMs: NOW + 70_000 })
  })

  it('a revision that is newer than the last, also in the same millisecond and when the clock went back', () => {
    for (const updatedAtMs of [NOW, NOW - 60_000]) {
      const changed = record({ status: 'failed', updatedAtMs }, { index: owed.index })
      expect(withIndexDebt(changed).index.revision).toBe(NOW + 1)
    }
  })
})

describe('the row', () => {
  it('is what the payment is searched by, each transaction id once', () => {
    const paid = record({ status: 'succeeded', ids: ['T1', null, 'T2', 'T1'] })
    expect(indexRow(paid)).toEqual({
      paymentId: PAYMENT,
      merchantId: MERCHANT,
      mode: 'test',
      invoice: 'INV-1',
      phoneSuffix: '6789',
      status: 'succeeded',
      createdAtMs: NOW,
      transactionIds: ['T1', 'T2'],
      phoneHashes: [''],
      revision: NOW,
    })
  })

  it('is registered by the hashes of its numbers; by none while the call is under way; by an empty one when it was lost', () => {
    const state = (status: string) => ({ attempts: [{ status, providerTransactionId: null }] }) as never
    expect(indexRow(record(state('created'))).phoneHashes).toEqual([])
    expect(indexRow(record(state('unknown'))).phoneHashes).toEqual([''])
    expect(indexRow(record(state('pending'), { phoneHashes: ['k.a', 'k.b'] })).phoneHashes).toEqual(['k.a', 'k.b'])
  })

  describe('of numbers without a hash', () => {
    const MASK = '2607••••6789'
    const attempted = (status: string, over: Partial<PaymentRecord>) =>
      record({ attempts: [{ status, providerTransactionId: null }], doubles: [] } as never, {
        unhashed: [MASK],
        ...over,
      })

    it('names their last digits, of the one whose call is under way only when that has ended', () => {
      const second = { phoneHashes: ['k.a'], unhashed: ['2609••••1111', MASK] }
      expect(indexRow(attempted('created', {})).phoneHashes).toEqual([])
      expect(indexRow(attempted('unknown', {})).phoneHashes).toEqual(['~6789'])
      expect(indexRow(attempted('created', second)).phoneHashes).toEqual(['k.a', '~1111'])
      expect(indexRow(attempted('failed', second)).phoneHashes).toEqual(['k.a', '~1111', '~6789'])
    })

    it('names the hash instead once it has come, and forgets the digits only if D1 may have been told of them', () => {
      const inTime = withIndexDebt(withPhoneHash(withIndexDebt(attempted('created', {})), MASK, 'k.b'))
      expect(indexRow(inTime)).toMatchObject({ phoneHashes: ['k.b'] })
      expect(inTime).toMatchObject({ unhashed: [] })
      expect(inTime.index.forget).toBeUndefined()
      const told = withIndexDebt(attempted('succeeded', {}))
      const late = withIndexDebt(withPhoneHash(told, MASK, 'k.b'))
      expect(indexRow(late)).toMatchObject({ phoneHashes: ['k.b'], forgetHashes: ['~6789'] })
      expect(late.index.revision).toBeGreaterThan(told.index.revision)
      expect(indexTold(late.index, late.index.revision)).not.toHaveProperty('forget')
    })

    it('goes on naming digits that stand for another number as well', () => {
      const two = withIndexDebt(attempted('failed', { unhashed: [MASK, '2609••••6789'] }))
      const row = indexRow(withIndexDebt(withPhoneHash(two, MASK, 'k.b')))
      expect(row.phoneHashes).toEqual(['k.b', '~6789'])
      expect(row.forgetHashes).toBeUndefined()
    })

    it('stay possible in a record of before they were told apart, whoever tries next', () => {
      const payer = { provider: 'MTN_MOMO_ZMB', phoneMasked: MASK, fingerprint: { phoneNumber: 'a' } }
      const before = attempted('failed', { phoneMasked: '2609••••1111', fingerprint: { phoneNumber: 'b' } })
      const { unhashed: _, ...earlier } = { ...before, phoneHashes: ['k.b'], earlierPayers: [{ ...payer, n: 1 }] }
      const next = (phoneMasked: string, phoneNumber: string) =>
        unhashedFor(earlier, earlier.earlierPayers, { phoneMasked, fingerprint: { phoneNumber } }).unhashed
      expect(next(MASK, 'a')).toEqual([MASK])
      expect(next('2609••••2222', 'c')).toEqual([MASK, '2609••••2222'])
    })

    it('is as it was when the hash is known', () => {
      const known = withIndexDebt(attempted('failed', { phoneHashes: ['k.b'], unhashed: [] }))
      expect(withPhoneHash(known, MASK, 'k.b')).toBe(known)
    })
  })

  it('of an erased customer has neither suffix nor hash, and says what is to be forgotten until D1 has', () => {
    const registered = withIndexDebt(record({ status: 'failed' }, { phoneHashes: ['k.a'] }))
    const erased = withIndexDebt({
      ...registered,
      phoneMasked: 'erased',
      phoneHashes: [],
      erasedAtMs: NOW + 1,
      index: { ...registered.index, atMs: null, forget: ['k.a', ''] },
    })
    expect(indexRow(erased)).toMatchObject({ phoneSuffix: '', phoneHashes: [], forgetHashes: ['k.a', ''] })
    expect(erased.index.atMs).toEqual(expect.any(Number))
    expect(erased.index.revision).toBeGreaterThan(registered.index.revision)
    const told = indexTold(erased.index, erased.index.revision)
    expect(told).toEqual({ key: erased.index.key, revision: erased.index.revision, atMs: null, tries: 0 })
  })
})

describe('D1', () => {
  const { index } = withIndexDebt(record())

  it('is owed nothing once it has this revision, and still owed when the payment has moved on', () => {
    expect(indexTold({ ...index, tries: 3 }, NOW)).toEqual({ ...index, atMs: null, tries: 0 })
    for (const revision of [NOW - 1, NOW + 1, undefined]) expect(indexTold(index, revision)).toBe(index)
  })

  it('is told again after 10 s, 20 s, 40 s … and once an hour, for ever', () => {
    const pauses: number[] = []
    let owed = index
    for (let i = 0; i < 30; i += 1) {
      owed = indexPostponed(owed, NOW)
      pauses.push(((owed.atMs ?? 0) - NOW) / 1_000)
      expect(owed).toMatchObject({ key: index.key, revision: index.revision, tries: i + 1 })
    }
    expect(pauses.slice(0, 10)).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600])
    expect(new Set(pauses.slice(9))).toEqual(new Set([3600]))
    expect(indexPostponed({ ...index, tries: 5_000 }, NOW).atMs).toBe(NOW + 3_600_000)
  })
})
