import { expect, it } from 'vitest'
import { readWait } from '../../src/edge/request/prefer.ts'

it.each([
  [null, 5_000],
  ['', 5_000],
  ['wait=0', 0],
  ['wait=10', 10_000],
  ['Wait = 10', 10_000],
  ['wait="7"', 7_000],
  ['respond-async, wait=2', 2_000],
  ['wait=2; foo=bar, handling=lenient', 2_000],
  ['wait=2, wait=20', 2_000],
  ['wait=30', 30_000],
  ['wait=31', 30_000],
  ['wait=999999999999', 5_000],
  ['wait=-1', 5_000],
  ['wait=1.5', 5_000],
  ['wait', 5_000],
  ['return=minimal', 5_000],
])('Prefer: %s', (header, waitMs) => {
  expect(readWait(header).waitMs).toBe(waitMs)
})

it.each([
  ['wait=0', 'wait=0'],
  ['respond-async, wait="7"', 'wait=7'],
  ['wait=31', 'wait=30'],
  ['wait', undefined],
  ['wait=-1', undefined],
  [null, undefined],
])('says of Prefer: %s what it followed: %s (RFC 7240 §3)', (header, applied) => {
  expect(readWait(header).applied).toBe(applied)
})
