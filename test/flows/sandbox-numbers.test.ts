import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createDecideCore } from '../../src/core/decide.ts'
import { resolveDeposit } from '../../src/flows/resolve-deposit.ts'

const decide = createDecideCore(new WebAssembly.Module(readFileSync('src/core/generated/decide.wasm')))

const rows = (file: string) =>
  readFileSync(`test/vectors/pawapay/${file}`, 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((row) => row.split(','))

const currencies = new Map(
  rows('active-conf-limits-recorded-sandbox.csv').map(([, , provider = '', , currency = '']) => [provider, currency]),
)
const deposits = rows('sandbox-test-msisdns.csv').flatMap(([, provider = '', operation, msisdn = '']) =>
  operation === 'DEPOSIT' ? [{ provider, msisdn, currency: currencies.get(provider) }] : [],
)
const known = deposits.flatMap(({ currency, ...row }) => (currency === undefined ? [] : [{ ...row, currency }]))

describe('every deposit number of the sandbox, by the real core', () => {
  it('is tested where its currency is recorded', () => expect(known.length).toBeGreaterThan(120))

  it.each(known)('$provider $msisdn in $currency is accepted', async ({ provider, msisdn, currency }) => {
    const ports = { decide, predictProvider: async () => ({ kind: 'unknown', reason: 'test' }) as const }
    const wish = { amount: '100', currency, phoneNumber: msisdn }
    expect(await resolveDeposit(ports, { ...wish, provider })).toMatchObject({
      ok: true,
      value: { phoneNumber: msisdn, provider },
    })
    // Without a provider it is found, or nobody can be asked for it; never taken for something that is wrong.
    const found = await resolveDeposit(ports, wish)
    if (!found.ok) expect(found.error).toEqual({ reason: 'unavailable', part: 'provider' })
  })
})
