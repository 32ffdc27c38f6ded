import { describe, expect, it } from 'vitest'
import type { RawCallback } from '../../../src/contracts/vault.ts'
import { formAsJson } from '../../../src/vault/form-callback.ts'

const FORM = 'application/x-www-form-urlencoded'

const callback = (body: string | Uint8Array<ArrayBuffer>, ...types: readonly string[]): RawCallback => ({
  v: 1,
  gateway: 'cinetpay',
  operation: 'deposits',
  method: 'POST',
  url: 'https://pay.example.com/webhooks/cinetpay/deposits',
  headers: [['x-token', 'mac'], ...types.map((type) => ['content-type', type] as [string, string])],
  body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
})
const textOf = ({ body }: RawCallback): string => new TextDecoder().decode(body)

describe('a callback that is a form', () => {
  it.each([FORM, `${FORM}; charset=utf-8`, FORM.toUpperCase()])('is an object of its fields, as %s', (type) => {
    const given = callback('cpm_trans_id=a-1&cpm_designation=Caf%C3%A9+%22x%22&empty=', type)
    const read = formAsJson(given)
    expect(JSON.parse(textOf(read))).toEqual({ cpm_trans_id: 'a-1', cpm_designation: 'Café "x"', empty: '' })
    expect(read).toEqual({ ...given, body: read.body })
  })

  it('keeps names that mean something to an object', () => {
    expect(textOf(formAsJson(callback('__proto__=a&constructor=b', FORM)))).toBe('{"__proto__":"a","constructor":"b"}')
  })

  it.each([
    ['a field comes twice', callback('cpm_trans_id=a&cpm_trans_id=b', FORM)],
    ['it is no UTF-8', callback(new Uint8Array([0x61, 0x3d, 0xff]), FORM)],
    ['it says that it is JSON', callback('{"a":"b"}', 'application/json')],
    ['it says nothing', callback('a=b')],
    ['it says two things', callback('a=b', FORM, 'application/json')],
    ['it is almost one', callback('a=b', `${FORM}x`)],
  ])('stays as it is when %s', (_, given) => {
    expect(formAsJson(given)).toBe(given)
  })
})
