import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { MerchantId } from '../../src/domain/ids.ts'
import { checkPaymentRequest, type PaymentRequest } from '../../src/edge/request/payment-request.ts'
import { createFingerprinter, type FingerprintInput, firstDifference } from '../../src/flows/fingerprint.ts'
import { resolveDeposit } from '../../src/flows/resolve-deposit.ts'
import { fakeDecide, MERCHANT } from './fakes.ts'

const fingerprint = createFingerprinter('5a'.repeat(32))

/** A request's way to its fingerprint, as the route goes it: text, schema, deposit, fingerprint. */
const printOf = async (json: string) => {
  const { fields, errors } = checkPaymentRequest(JSON.parse(json))
  expect(errors).toEqual([])
  const resolved = await resolveDeposit(
    { decide: fakeDecide, predictProvider: async () => ({ kind: 'unknown', reason: 'test' }) },
    fields,
  )
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.error))
  return fingerprint({ ...(fields as PaymentRequest), ...resolved.value, merchantId: MERCHANT, mode: 'test' })
}

const word = fc.stringMatching(/^[A-Za-z0-9 éüñ]{0,10}[A-Za-z0-9é]$/)
const minor = fc.bigInt({ min: 1n, max: 10n ** 12n })
const decimal = (amount: bigint) => `${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`

const request = fc.record(
  {
    sessionId: word,
    invoice: word,
    amount: minor.map(decimal),
    currency: fc.constant('ZMW'),
    phoneNumber: fc.constantFrom('260763456789', '260763456039'),
    customerMessage: fc.stringMatching(/^[A-Za-z0-9]{4,22}$/),
    metadata: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), word, { maxKeys: 8 }),
    returnUrl: fc.webUrl({ validSchemes: ['https'] }),
  },
  { requiredKeys: ['sessionId', 'invoice', 'amount', 'currency', 'phoneNumber'] },
)

/** The same request in other words. */
const respelt = (body: Record<string, unknown>): string => {
  const turn = (value: unknown): unknown => {
    if (typeof value === 'string') return value.normalize('NFD')
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inner]) => [key, turn(inner)]),
      )
    return value
  }
  const other = turn(body) as Record<string, string>
  const phone = String(body['phoneNumber'])
  return JSON.stringify(
    {
      ...other,
      phoneNumber: `+${phone.slice(0, 3)} ${phone.slice(3)}`,
      amount: String(body['amount']).replace(/\.?0+$/, '') || '0',
      provider: 'MTN_MOMO_ZMB',
      sessionId: 'another screen',
    },
    null,
    2,
  )
}

describe('T03: the fingerprint', () => {
  it('is the same for the same meaning: order, spaces, trailing zeros, NFC or NFD, a spelling of the number, another session', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (body) => {
        expect(await printOf(respelt(body))).toEqual(await printOf(JSON.stringify(body)))
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['amount', { amount: '10.51' }],
    ['amount', { amount: '1050' }],
    ['phoneNumber', { phoneNumber: '260763456039' }],
    ['invoice', { invoice: 'inv-1' }],
    ['provider', { provider: 'AIRTEL_OAPI_ZMB' }],
    ['customerMessage', { customerMessage: 'Order 13' }],
    ['customerMessage', { customerMessage: undefined }],
    ['metadata', { metadata: { a: 'b', c: 'x' } }],
    ['metadata', { metadata: { a: 'b' } }],
    ['metadata', { metadata: { a: 'd', c: 'b' } }],
    ['returnUrl', { returnUrl: 'https://shop.example/other' }],
    ['allowRepeat', { allowRepeat: true }],
  ])('names %s when it is %j', async (field, change) => {
    const body = {
      sessionId: 's',
      invoice: 'INV-1',
      amount: '10.50',
      currency: 'ZMW',
      phoneNumber: '260763456789',
      customerMessage: 'Order 12',
      metadata: { a: 'b', c: 'd' },
      returnUrl: 'https://shop.example/back',
    }
    const before = await printOf(JSON.stringify(body))
    expect(firstDifference(before, await printOf(JSON.stringify({ ...body, ...change })))).toBe(field)
  })

  it('differs for any other amount', async () => {
    const base: FingerprintInput = {
      merchantId: MERCHANT,
      mode: 'test',
      amountMinor: '0',
      currency: 'ZMW',
      phoneNumber: '260763456789' as FingerprintInput['phoneNumber'],
      provider: 'MTN_MOMO_ZMB',
    }
    await fc.assert(
      fc.asyncProperty(minor, minor, async (one, other) => {
        fc.pre(one !== other)
        const [a, b] = await Promise.all([one, other].map((m) => fingerprint({ ...base, amountMinor: String(m) })))
        expect(firstDifference(a ?? {}, b ?? {})).toBe('amount')
      }),
      { numRuns: 100 },
    )
  })

  /** In the documented order: what is named when several differ. */
  const CHANGES = {
    invoice: word.map((text) => `other ${text}`),
    amount: minor.map((amount) => decimal(amount + 10n ** 12n)),
    phoneNumber: fc.constant('260763456129'),
    provider: fc.constant('AIRTEL_OAPI_ZMB'),
    customerMessage: fc.constant('another message'),
    metadata: fc.dictionary(fc.stringMatching(/^x[a-z]{1,8}$/), word, { minKeys: 1, maxKeys: 8 }),
    returnUrl: fc.constant('https://other.example/back'),
    allowRepeat: fc.constant(true),
  } as const
  const ORDER = Object.keys(CHANGES) as (keyof typeof CHANGES)[]

  it('names, of any set of real differences, the first in one order, whichever request came first', async () => {
    const changes = fc
      .subarray(ORDER, { minLength: 1 })
      .chain((fields) => fc.record(Object.fromEntries(fields.map((field) => [field, CHANGES[field]]))))
    await fc.assert(
      fc.asyncProperty(request, changes, async (body, change) => {
        const { provider, ...rest } = change as Record<string, unknown>
        const [one, other] = [await printOf(JSON.stringify(body)), await printOf(JSON.stringify({ ...body, ...rest }))]
        // The provider as it was wished: what the number implies is not in the fingerprint's input here.
        const print = provider === undefined ? other : { ...other, provider: 'another hash' }
        const first = ORDER.find((field) => field in change)
        expect(firstDifference(one, print)).toBe(first)
        expect(firstDifference(print, one)).toBe(first)
      }),
      { numRuns: 200 },
    )
  })

  it('names a field of a newer version, too, after all that it knows', () => {
    const print = { invoice: 'i', amount: 'a' }
    expect(firstDifference({ ...print, colour: 'x' }, { ...print, colour: 'y' })).toBe('colour')
    expect(firstDifference(print, { ...print, colour: 'y', allowRepeat: 'r' })).toBe('allowRepeat')
    expect(firstDifference(print, { ...print })).toBeUndefined()
  })

  it('is the same from the memory of what was left out', async () => {
    const again = createFingerprinter('5a'.repeat(32))
    const input: FingerprintInput = {
      merchantId: MERCHANT,
      mode: 'test',
      amountMinor: '1050',
      currency: 'ZMW',
      phoneNumber: '260763456789' as FingerprintInput['phoneNumber'],
      provider: '',
    }
    const first = await again(input)
    expect(await again(input)).toEqual(first)
    // Remembered by merchant, mode and field: none takes another's.
    for (const other of [
      { ...input, merchantId: 'mer_two' as MerchantId },
      { ...input, mode: 'live' as const },
    ])
      expect(await again(other)).toEqual(await createFingerprinter('5a'.repeat(32))(other))
    expect(await again({ ...input, returnUrl: 'https://shop.example' })).not.toEqual(first)
  })

  it('T04: shares nothing between two merchants, between test and live, or under another key; and shows no number', async () => {
    const input: FingerprintInput = {
      merchantId: MERCHANT,
      mode: 'test',
      amountMinor: '1050',
      currency: 'ZMW',
      phoneNumber: '260763456789' as FingerprintInput['phoneNumber'],
      provider: 'MTN_MOMO_ZMB',
    }
    const prints = await Promise.all([
      fingerprint(input),
      fingerprint({ ...input, merchantId: 'mer_two' as MerchantId }),
      fingerprint({ ...input, mode: 'live' }),
      createFingerprinter('5b'.repeat(32))(input),
    ])
    const values = prints.flatMap((print) => Object.values(print))
    expect(new Set(values).size).toBe(values.length)
    expect(values.every((value) => /^[0-9a-f]{16}$/.test(value))).toBe(true)
  })
})

describe('each field of a fingerprint', () => {
  const WHOLE: FingerprintInput = {
    merchantId: MERCHANT,
    mode: 'test',
    amountMinor: '1050',
    currency: 'ZMW',
    phoneNumber: '260763456789' as FingerprintInput['phoneNumber'],
    invoice: 'INV-1',
    provider: 'MTN_MOMO_ZMB',
    customerMessage: 'Order 12',
    metadata: { z: 'last', 'a "b"': 'first', 'e\u0301': 'e\u0301' },
    returnUrl: 'https://shop.example/back',
    allowRepeat: true,
  }
  const { invoice: _i, customerMessage: _c, metadata: _m, returnUrl: _r, allowRepeat: _a, ...rest } = WHOLE
  const BARE: FingerprintInput = { ...rest, provider: '' }

  /** By another implementation of HMAC, over bytes that are spelled out: stored prints must go on meaning the same. */
  const expected = (field: string, value: string): string =>
    createHmac('sha256', Buffer.from('5a'.repeat(32), 'hex'))
      .update(`${MERCHANT}\ntest\n${field}\n${value}`)
      .digest('hex')
      .slice(0, 16)
  it.each([
    [
      'of a whole request',
      WHOLE,
      'INV-1',
      'MTN_MOMO_ZMB',
      'Order 12',
      '[["a \\"b\\"","first"],["z","last"],["é","é"]]',
    ],
    ['of what was left out', BARE, '', '', '', '[]'],
  ] as const)('is its own HMAC: %s', async (_name, input, invoice, provider, customerMessage, metadata) => {
    const values = {
      invoice,
      amount: '1050',
      currency: 'ZMW',
      phoneNumber: '260763456789',
      provider,
      customerMessage,
      metadata,
      returnUrl: input.returnUrl ?? '',
      allowRepeat: input.allowRepeat ? 'true' : 'false',
    }
    const prints = Object.entries(values).map(([field, value]) => [field, expected(field, value)])
    expect(await createFingerprinter('5a'.repeat(32))(input)).toEqual(Object.fromEntries(prints))
  })

  it('is made with a key that nobody can read back, and with none when there is no key', async () => {
    const imported = vi.spyOn(crypto.subtle, 'importKey')
    await createFingerprinter('5a'.repeat(32))(BARE)
    expect(await imported.mock.results[0]?.value).toMatchObject({ extractable: false })
    await expect(createFingerprinter('')(BARE)).rejects.toThrow()
  })

  it('is remembered when it was left out, of so many merchants and no more', async () => {
    const signed = vi.spyOn(crypto.subtle, 'sign')
    /** How many were computed. */
    const costs = async (print: typeof fingerprint, input: FingerprintInput): Promise<number> => {
      signed.mockClear()
      await print(input)
      return signed.mock.calls.length
    }
    // Five of the nine fields of `BARE` were left out.
    const print = createFingerprinter('5a'.repeat(32), 5)
    const other = { ...BARE, merchantId: 'mer_two' as MerchantId }
    expect([await costs(print, BARE), await costs(print, BARE)]).toEqual([9, 4])
    expect([await costs(print, other), await costs(print, other)]).toEqual([9, 9])
    expect(await costs(print, { ...WHOLE, allowRepeat: false })).toBe(8)
    const roomy = createFingerprinter('5a'.repeat(32))
    expect([await costs(roomy, WHOLE), await costs(roomy, WHOLE)]).toEqual([9, 9])
    expect([await costs(roomy, other), await costs(roomy, other), await costs(roomy, BARE)]).toEqual([9, 4, 9])
  })

  afterEach(() => {
    vi.restoreAllMocks()
  })
})

it('of several fields that it does not know, the first by name differs', () => {
  expect(firstDifference({ zebra: '1', apple: '1' }, { zebra: '2', apple: '2' })).toBe('apple')
  expect(firstDifference({ zebra: '1' }, { apple: '2' })).toBe('apple')
})
