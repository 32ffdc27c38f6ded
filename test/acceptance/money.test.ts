import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CURRENCIES, decide, order, play, readCallback, reference, response, told, vault } from './core.ts'

/** ISO 4217, written down here a second time. */
const DECIMALS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(['BIF', 'DJF', 'GNF', 'RWF', 'UGX', 'XAF', 'XOF'].map((code) => [code, 0])),
  ...Object.fromEntries(['LYD', 'TND'].map((code) => [code, 3])),
}
const decimalsOf = (currency: string): number => DECIMALS[currency] ?? 2

/** Decimal text of minor units, by string alone. */
const written = (minor: bigint, currency: string, decimals = decimalsOf(currency)): string => {
  const scale = decimalsOf(currency)
  const digits = minor.toString().padStart(scale + 1, '0')
  const [whole, fraction] = [digits.slice(0, digits.length - scale), digits.slice(digits.length - scale)]
  const padded = fraction.padEnd(decimals, '0')
  return padded === '' ? whole : `${whole}.${padded}`
}

const currency = fc.constantFrom(...CURRENCIES)
const minor = fc.oneof(fc.bigInt({ min: 1n, max: 1_000n }), fc.bigInt({ min: 1n, max: 10n ** 15n }))

it('T29: what is written for any currency reads back as the same minor units, and finer parts are refused', () => {
  fc.assert(
    fc.property(currency, minor, fc.integer({ min: 1, max: 9 }), (code, amount, finer) => {
      const text = decide.formatAmount(amount.toString(), code)
      expect(text).toBe(written(amount, code))
      expect(decide.parseAmount(text, code)).toBe(amount.toString())
      expect(decide.parseAmount(written(amount, code, 4), code)).toBe(amount.toString())
      expect(decide.parseAmount(`${written(amount, code, 4)}${finer}`, code)).toBeNull()
    }),
    { numRuns: 2_000 },
  )
})

it("T29: the adapter's own spelling, decoded, is the amount that was asked: no trailing zero, no lost one", () => {
  fc.assert(
    fc.property(currency, minor, (code, amount) => {
      const built = vault.buildDeposit(order({ amountMinor: amount.toString(), currency: code }), Date.now())
      if (!built.ok) throw new Error(built.code)
      const body = JSON.parse(built.request.body ?? '')
      expect(body.currency).toBe(code)
      expect(body.amount).toMatch(/^(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/)
      expect(decide.parseAmount(body.amount, code)).toBe(amount.toString())
    }),
    { numRuns: 500 },
  )
})

it('T29: callbacks and status answers, padded as gateways pad, decode to the same minor units', () => {
  fc.assert(
    fc.property(currency, minor, fc.constantFrom(2, 4), (code, amount, pad) => {
      const decimals = Math.max(pad, decimalsOf(code))
      const data = {
        depositId: reference,
        status: 'COMPLETED',
        amount: written(amount, code, decimals),
        currency: code,
      }
      expect(readCallback(data)).toMatchObject({ amountMinor: amount.toString(), currency: code })
      expect(vault.readDepositStatus('pawapay', response({ status: 'FOUND', data }), code, reference)).toMatchObject({
        outcome: 'succeeded',
        amountMinor: amount.toString(),
      })
    }),
    { numRuns: 500 },
  )
})

it.each(['10,00', '1e3', ' 10', '10.', '.5', '-5', '+5', '0x10', '1_000', '٣', '10.50.1', 'NaN'])(
  'T29: %j is no amount, from a shop or from a gateway',
  (text) => {
    expect(decide.parseAmount(text, 'ZMW')).toBeNull()
    const data = { depositId: reference, status: 'COMPLETED', amount: text, currency: 'ZMW' }
    expect(readCallback(data).amountMinor).toBeNull()
  },
)

/** Another sum than was asked: by a unit, a fee of some per cent, a part, a multiple, anything. */
const otherSum = minor.chain((asked) =>
  fc
    .oneof(
      fc.constant(asked - 1n),
      fc.constant(asked + 1n),
      fc.integer({ min: 1, max: 99 }).map((percent) => (asked * BigInt(percent)) / 100n),
      fc.constant(asked * 100n),
      minor,
    )
    .filter((told) => told !== asked && told >= 0n)
    .map((told) => ({ asked, told: told.toString() as string | null })),
)

it('T28: another amount, another currency or none goes to review and is never to be fulfilled', () => {
  const otherCurrency = fc
    .record({ code: currency, other: fc.option(currency), asked: minor })
    .filter(({ code, other }) => code !== other)
    .map(({ asked, code, other }) => ({ asked, told: asked.toString(), code, other }))
  const otherAmount = fc.record({ sum: otherSum, code: currency, none: fc.boolean() }).map(({ sum, code, none }) => ({
    asked: sum.asked,
    told: none ? null : sum.told,
    code,
    other: code as string | null,
  }))
  const source = fc.constantFrom('callback' as const, 'poll' as const)
  fc.assert(
    fc.property(fc.oneof(otherCurrency, otherAmount), source, (wrong, from) => {
      const { state, effects } = play(wrong.asked.toString(), wrong.code, [
        { type: 'sendAccepted', n: 1, nextAction: null, nowMs: Date.UTC(2026, 10, 21, 8) },
        told('succeeded', { amountMinor: wrong.told, currency: wrong.other, source: from }),
      ])
      expect(state).toMatchObject({ status: 'review', reviewReason: 'amount_mismatch', fulfilment: { status: 'none' } })
      expect(effects).toContain('alert review')
      expect(effects).not.toContain('fulfil')
      expect(decide.step(state, { type: 'fulfilled', via: 'qstash', nowMs: Date.UTC(2026, 10, 22) })).toMatchObject({
        ok: false,
        code: 'not_paid',
      })
    }),
    { numRuns: 1_000 },
  )
})

it('T28: the sum that was asked, and nothing else, is paid', () => {
  fc.assert(
    fc.property(currency, minor, (code, asked) => {
      const { state, effects } = play(asked.toString(), code, [
        told('succeeded', { amountMinor: asked.toString(), currency: code }),
      ])
      expect(state.status).toBe('succeeded')
      expect(effects.filter((effect) => effect === 'fulfil')).toHaveLength(1)
    }),
  )
})
