import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { homeCountry, readPhoneNumber } from '../../src/flows/phone-number.ts'

const numbers = readFileSync('test/vectors/pawapay/sandbox-test-msisdns.csv', 'utf8')
  .split(/\r?\n/)
  .slice(1)
  .map((row) => row.split(','))
  .filter(([, , operation]) => operation === 'DEPOSIT' || operation === 'BOTH')
  .map(([country = '', provider = '', , msisdn = '']) => ({ country, provider, msisdn }))

describe("pawaPay's sandbox numbers", () => {
  it('are there', () => expect(numbers.length).toBeGreaterThan(160))

  it.each(numbers)('$provider $msisdn is read, however it is written', ({ provider, msisdn }) => {
    for (const text of [
      msisdn,
      `+${msisdn}`,
      `00${msisdn}`,
      ` +${msisdn.slice(0, 3)} ${msisdn.slice(3, 6)}-${msisdn.slice(6)} `,
    ]) {
      expect(readPhoneNumber(text, undefined)).toBe(msisdn)
      expect(readPhoneNumber(text, homeCountry(provider, undefined))).toBe(msisdn)
    }
  })
})

it.each([
  ['0763456789', 'MTN_MOMO_ZMB', undefined, '260763456789'],
  ['0763 456 789', undefined, 'ZMW', '260763456789'],
  ['763456789', undefined, 'ZMW', '260763456789'],
  ['(076) 345-6789', undefined, 'ZMW', '260763456789'],
  ['+260 (0) 763 456 789', undefined, 'ZMW', '260763456789'],
  ['+254 703 456 019', undefined, 'ZMW', '254703456019'],
  ['0703456019', undefined, 'KES', '254703456019'],
  ['＋260763456789', undefined, undefined, '260763456789'],
  ['0712345678', 'MPESA_KEN', 'USD', '254712345678'],
])('%s (provider %s, currency %s) is %s', (text, provider, currency, msisdn) => {
  expect(readPhoneNumber(text, homeCountry(provider, currency))).toBe(msisdn)
})

it.each([
  ['', 'ZMW'],
  ['12', 'ZMW'],
  ['0763456789', 'XOF'],
  ['hello', 'ZMW'],
  ['26076CALLME', 'ZMW'],
  ['+999 123 456 789', 'ZMW'],
  ['0'.repeat(12), 'ZMW'],
  ['+2607634567891234567', 'ZMW'],
  ['260763456789;ext=1', 'ZMW'],
])('%j (currency %s) is no phone number', (text, currency) => {
  expect(readPhoneNumber(text, homeCountry(undefined, currency))).toBeUndefined()
})
