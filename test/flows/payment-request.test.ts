import { describe, expect, it } from 'vitest'
import type { PredictOutcome } from '../../src/contracts/vault.ts'
import { checkCheckoutRequest } from '../../src/edge/request/checkout-request.ts'
import { checkPaymentRequest } from '../../src/edge/request/payment-request.ts'
import { checkWish, resolveDeposit } from '../../src/flows/resolve-deposit.ts'
import { fakeDecide } from './fakes.ts'

const GOOD = {
  sessionId: 'session-1',
  invoice: 'INV-1',
  amount: '10.50',
  currency: 'ZMW',
  phoneNumber: '260763456789',
}
const { amount: _, ...NO_AMOUNT } = GOOD
const { invoice: __, ...NO_INVOICE } = GOOD

/** What the route says is wrong: the shape's errors and those that each field has by itself. */
const fieldsWrong = (input: unknown): string[] => {
  const { fields, errors } = checkPaymentRequest(input)
  return [...errors, ...checkWish(fakeDecide, fields)].map(({ field }) => field)
}

describe('a payment request', () => {
  it.each([
    ['the least', GOOD],
    [
      'everything',
      {
        ...GOOD,
        provider: 'MTN_MOMO_ZMB',
        customerMessage: 'Order 12',
        metadata: { a: 'b' },
        returnUrl: 'https://shop.example/back?x=1',
        allowRepeat: false,
      },
    ],
    ['no invoice under allowRepeat', { ...NO_INVOICE, allowRepeat: true }],
    ['whole amount', { ...GOOD, amount: '100' }],
    ['more zeros than the currency has', { ...GOOD, amount: '100.000' }],
    ['a loopback return URL', { ...GOOD, returnUrl: 'http://127.0.0.1:3000/back' }],
    ['a return URL that only browsers take', { ...GOOD, returnUrl: 'https://München.example/?nom=Zoé#/orders/1' }],
    ['eight metadata entries', { ...GOOD, metadata: Object.fromEntries([...'abcdefgh'].map((key) => [key, key])) }],
  ])('accepts %s', (_name, input) => {
    expect(fieldsWrong(input)).toEqual([])
  })

  it.each([
    ['an unknown field', { ...GOOD, amuont: '1' }, ['amuont']],
    [
      'a field named like a method of every object',
      { ...GOOD, toString: 'x', constructor: 'y' },
      ['toString', 'constructor'],
    ],
    ['__proto__ as a field', JSON.parse(`{"__proto__": {}, ${JSON.stringify(GOOD).slice(1)}`), ['__proto__']],
    ['no amount', NO_AMOUNT, ['amount']],
    ['no invoice', NO_INVOICE, ['invoice']],
    ['a number for an amount', { ...GOOD, amount: 10.5 }, ['amount']],
    ['an exponent', { ...GOOD, amount: '1e3' }, ['amount']],
    ['a sign', { ...GOOD, amount: '-1' }, ['amount']],
    ['a separator', { ...GOOD, amount: '1,000' }, ['amount']],
    ['no digit before the point', { ...GOOD, amount: '.5' }, ['amount']],
    ['three decimals of ZMW', { ...GOOD, amount: '10.005' }, ['amount']],
    ['decimals of XOF', { ...GOOD, currency: 'XOF', amount: '10.5' }, ['amount']],
    ['nothing', { ...GOOD, amount: '0.00' }, ['amount']],
    ['an unknown currency', { ...GOOD, currency: 'ZZZ' }, ['currency']],
    ['a lower-case currency', { ...GOOD, currency: 'zmw' }, ['currency']],
    ['a bad number', { ...GOOD, phoneNumber: '12' }, ['phoneNumber']],
    ['letters in a number', { ...GOOD, phoneNumber: '26076CALLME' }, ['phoneNumber']],
    ['a JSON number for a phone number', { ...GOOD, phoneNumber: 260763456789 }, ['phoneNumber']],
    ['a short customer message', { ...GOOD, customerMessage: 'abc' }, ['customerMessage']],
    ['a customer message with signs', { ...GOOD, customerMessage: 'Order #12' }, ['customerMessage']],
    ['nested metadata', { ...GOOD, metadata: { a: { b: 'c' } } }, ['metadata']],
    [
      'nine metadata entries',
      { ...GOOD, metadata: Object.fromEntries([...'abcdefghi'].map((key) => [key, key])) },
      ['metadata'],
    ],
    ['a metadata array', { ...GOOD, metadata: ['a'] }, ['metadata']],
    ['metadata that would touch the prototype', { ...GOOD, metadata: JSON.parse('{"__proto__":"x"}') }, ['metadata']],
    ['a plain http return URL', { ...GOOD, returnUrl: 'http://shop.example' }, ['returnUrl']],
    ['a javascript return URL', { ...GOOD, returnUrl: 'javascript:alert(1)' }, ['returnUrl']],
    ['a return URL with credentials', { ...GOOD, returnUrl: 'https://a:b@shop.example' }, ['returnUrl']],
    ['a return URL whose host no gateway is told', { ...GOOD, returnUrl: 'https://my_shop.example/' }, ['returnUrl']],
    ['a return URL that is none', { ...GOOD, returnUrl: 'shop' }, ['returnUrl']],
    ['a lone surrogate', { ...GOOD, invoice: '\ud800' }, ['invoice']],
    ['a control character', { ...GOOD, sessionId: 'a\nb' }, ['sessionId']],
    ['null', { ...GOOD, invoice: null }, ['invoice']],
    ['an array', [GOOD], ['body']],
    ['a string', 'hello', ['body']],
    [
      'several at once',
      { ...GOOD, amount: 1, currency: 'ZZZ', phoneNumber: 'x', colour: 'red' },
      ['colour', 'amount', 'currency', 'phoneNumber'],
    ],
  ])('refuses %s', (_name, input, fields) => {
    expect(fieldsWrong(input)).toEqual(fields)
  })

  it('says what to do with a number for an amount', () => {
    const [error] = checkPaymentRequest({ ...GOOD, amount: 10.5 }).errors
    expect(error?.message).toContain('Send the amount as a string')
  })

  it('hands text on in NFC', () => {
    expect(checkPaymentRequest({ ...GOOD, invoice: 'Cafe\u0301', metadata: { a: 'e\u0301' } }).fields).toMatchObject({
      invoice: 'Café',
      metadata: { a: 'é' },
    })
  })
})

describe('a deposit', () => {
  const resolve = async (wish: object, told: PredictOutcome | Error = { kind: 'unknown', reason: 'test' }) => {
    const asked: string[] = []
    const ports = {
      decide: fakeDecide,
      predictProvider: async (phoneNumber: string) => {
        asked.push(phoneNumber)
        if (told instanceof Error) throw told
        return told
      },
    }
    return { resolved: await resolveDeposit(ports, { ...GOOD, ...wish }), asked }
  }

  it('takes the given provider and asks nobody', async () => {
    const { resolved, asked } = await resolve({ provider: 'AIRTEL_OAPI_ZMB' })
    expect(resolved).toEqual({
      ok: true,
      value: { amountMinor: '1050', currency: 'ZMW', phoneNumber: '260763456789', provider: 'AIRTEL_OAPI_ZMB' },
    })
    expect(asked).toEqual([])
  })

  it('takes the provider that the core knows', async () => {
    const { resolved, asked } = await resolve({})
    expect(resolved).toMatchObject({ ok: true, value: { provider: 'MTN_MOMO_ZMB' } })
    expect(asked).toEqual([])
  })

  it('asks the gateway when the core cannot tell', async () => {
    const found = {
      kind: 'found',
      provider: 'ZAMTEL_ZMB',
      country: 'ZMB',
      phoneNumber: '260953456789',
    } as PredictOutcome
    const { resolved, asked } = await resolve({ phoneNumber: '0953456789' }, found)
    expect(resolved).toMatchObject({ ok: true, value: { provider: 'ZAMTEL_ZMB', phoneNumber: '260953456789' } })
    expect(asked).toEqual(['260953456789'])
  })

  it.each([
    ['cannot tell either', { kind: 'unknown', reason: 'timeout' }],
    ['cannot be reached', new Error('vault is gone')],
  ] as const)(
    'is not the request\u2019s fault when the gateway %s: it may have been sent before',
    async (_name, told) => {
      const { resolved } = await resolve({ phoneNumber: '260953456789' }, told)
      expect(resolved).toEqual({ ok: false, error: { reason: 'unavailable', part: 'provider' } })
    },
  )

  it('asks for the provider where no gateway ever says whose number it is: to wait would not help', async () => {
    const told = { kind: 'unknown', reason: 'E1312', nobodyPredicts: true } as const
    const { resolved } = await resolve({ phoneNumber: '260953456789' }, told)
    expect(resolved).toEqual({
      ok: false,
      error: {
        reason: 'invalid_request',
        errors: [{ field: 'provider', message: expect.stringMatching(/^Name the provider/) }],
      },
    })
    expect((await resolve({ phoneNumber: '260953456789', provider: 'ZAMTEL_ZMB' }, told)).resolved.ok).toBe(true)
  })

  it('names the field when the gateway says it is no number', async () => {
    const { resolved } = await resolve({ phoneNumber: '260953456789' }, { kind: 'invalid' })
    expect(resolved).toMatchObject({ ok: false, error: { errors: [{ field: 'phoneNumber' }] } })
  })

  it('passes on what the core says against it', async () => {
    const { resolved } = await resolve({ provider: 'MPESA_KEN' })
    expect(resolved).toMatchObject({ ok: false, error: { errors: [{ field: 'phoneNumber' }] } })
  })

  it('asks the gateway nothing while something else is wrong', async () => {
    const { resolved, asked } = await resolve({ phoneNumber: '260953456789', amount: '0' })
    expect(resolved.ok).toBe(false)
    expect(asked).toEqual([])
  })
})

describe('a checkout request', () => {
  const CHECKOUT = { invoice: 'INV-1', amount: '10.50', currency: 'ZMW' }
  it('lives a day unless it says otherwise', () => {
    expect(checkCheckoutRequest(CHECKOUT)).toEqual({ fields: { ...CHECKOUT, expiresInMinutes: 1440 }, errors: [] })
  })
  it.each([
    [{ ...CHECKOUT, expiresInMinutes: 4 }, 'expiresInMinutes'],
    [{ ...CHECKOUT, expiresInMinutes: 1.5 }, 'expiresInMinutes'],
    [{ ...CHECKOUT, amount: 10 }, 'amount'],
    [{ ...CHECKOUT, phoneNumber: '260763456789' }, 'phoneNumber'],
  ])('refuses %j', (input, field) => {
    expect(checkCheckoutRequest(input).errors.map((error) => error.field)).toEqual([field])
  })
})
