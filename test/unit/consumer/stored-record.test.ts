import { expect, it } from 'vitest'
import { RECORD_VERSION, readRecord, UnreadableRecord } from '../../../src/consumer/stored-record.ts'
import { NOW, record } from './records.ts'

const read = (stored: object, version = RECORD_VERSION) => readRecord(version, JSON.stringify(stored))

it('T53: is read as it was written, with what a later version added', () => {
  const kept = record({}, { questions: [{ n: 1, atMs: NOW, tries: 2 }], told: false })
  expect(read(kept)).toEqual(kept)
  expect(read({ ...kept, ofTomorrow: [1] })).toEqual({ ...kept, ofTomorrow: [1] })
})

it('T53: is read from before there were questions, and counts as told', () => {
  const { questions: _q, told: _t, ...earlier } = record()
  expect(read(earlier)).toEqual({ ...earlier, questions: [], told: true })
  expect(read({ ...earlier, askAgain: null })).toEqual({ ...earlier, questions: [], told: true })
  const waiting = { ...earlier, askAgain: { n: 2, atMs: NOW } }
  expect(read(waiting)).toEqual({ ...earlier, questions: [{ n: 2, atMs: NOW, tries: 0 }], told: true })
  // Whoever wrote both meant the newer.
  expect(read({ ...waiting, questions: [] }).questions).toEqual([])
})

it('T55: is read without earlier payers when code of before there were any has erased the rest', () => {
  const fingerprint = { amount: 'a', phoneNumber: 'p' }
  const earlierPayers = [{ n: 1, phoneMasked: '2607••••4321', provider: 'MTN_MOMO_ZMB', fingerprint }]
  expect(read(record({}, { earlierPayers })).earlierPayers).toEqual(earlierPayers)
  expect(read(record({}, { earlierPayers, erasedAtMs: NOW })).earlierPayers).toEqual([
    { n: 1, phoneMasked: 'erased', provider: 'MTN_MOMO_ZMB', fingerprint: { amount: 'a' } },
  ])
})

it.each([
  ['a record of another version', record(), RECORD_VERSION + 1, 'record version 2, state version 1'],
  ['a state of another version', record({ v: 9 as never }), RECORD_VERSION, 'record version 1, state version 9'],
  ['a record without a state', {}, RECORD_VERSION, 'record version 1, state version undefined'],
])('T53: %s is not guessed at', (_, stored, version, message) => {
  expect(() => read(stored, version)).toThrow(UnreadableRecord)
  expect(() => read(stored, version)).toThrow(expect.objectContaining({ name: 'UnreadableRecord', message }))
})
