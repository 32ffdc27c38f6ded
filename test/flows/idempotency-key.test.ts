import { expect, it } from 'vitest'
import { readIdempotencyKey } from '../../src/edge/request/idempotency-key.ts'

const read = (headers: Record<string, string>) => readIdempotencyKey(new Headers(headers))

it.each([
  ['bare', { 'Idempotency-Key': 'order-1' }, 'order-1'],
  ['quoted (the draft)', { 'Idempotency-Key': '"order-1"' }, 'order-1'],
  ['escaped inside quotes', { 'Idempotency-Key': '"a\\"b\\\\c"' }, 'a"b\\c'],
  ['the older name', { 'X-Idempotency-Key': 'order-1' }, 'order-1'],
  ['both names, one key', { 'Idempotency-Key': '"order-1"', 'X-Idempotency-Key': 'order-1' }, 'order-1'],
  ['255 characters', { 'Idempotency-Key': 'x'.repeat(255) }, 'x'.repeat(255)],
  ['a comma', { 'Idempotency-Key': 'a,b' }, 'a,b'],
  ['none', {}, null],
  ['an empty one', { 'Idempotency-Key': '' }, null],
  ['white space', { 'Idempotency-Key': '   ' }, null],
] as const)('reads %s', (_, headers, key) => {
  expect(read(headers)).toEqual({ ok: true, value: key })
})

it.each([
  ['256 characters', { 'Idempotency-Key': 'x'.repeat(256) }, 'Idempotency-Key'],
  ['a blank inside', { 'Idempotency-Key': 'a b' }, 'Idempotency-Key'],
  ['an open quote', { 'Idempotency-Key': '"a' }, 'Idempotency-Key'],
  ['empty quotes', { 'Idempotency-Key': '""' }, 'Idempotency-Key'],
  ['Latin-1', { 'Idempotency-Key': 'é' }, 'Idempotency-Key'],
  ['two names, two keys', { 'Idempotency-Key': 'a', 'X-Idempotency-Key': 'b' }, 'X-Idempotency-Key'],
] as const)('refuses %s', (_, headers, field) => {
  expect(read(headers)).toMatchObject({ ok: false, error: { field } })
})

it('refuses a header that was sent twice', () => {
  const headers = new Headers()
  headers.append('Idempotency-Key', 'a')
  headers.append('Idempotency-Key', 'b')
  expect(readIdempotencyKey(headers).ok).toBe(false)
})
