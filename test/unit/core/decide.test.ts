import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PaymentEffect, PaymentEvent, PaymentState, StepAnswer } from '../../../src/contracts/decide.ts'
import { createDecideCore } from '../../../src/core/decide.ts'
import type { MerchantId } from '../../../src/domain/ids.ts'
import { type GatewayReference, type Msisdn, parseGatewayReference, parsePaymentId } from '../../../src/domain/ids.ts'

/** The committed build, or the fresh one that is being compared with it. */
const CORE_DIR = process.env['LANGO_CORE_DIR'] ?? 'src/core/generated'
const core = createDecideCore(new WebAssembly.Module(readFileSync(path.join(CORE_DIR, 'decide.wasm'))))

const merchant = (id: string) => id as MerchantId
const msisdn = (digits: string) => digits as Msisdn
const REFERENCE_KEY = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'
const NOW_MS = 1_790_000_000_000

const invoice = (value: string) => ({ kind: 'invoice' as const, value })

describe('payment ids', () => {
  it('T12: are the same for ever, as another program computes them', () => {
    expect(core.paymentId(merchant('mer_1'), 'test', invoice('A-1'))).toBe('pay_48604c09f863455ad7047c50c1')
  })

  it('T04: differ by merchant, mode, kind and value', () => {
    const ids = [
      core.paymentId(merchant('mer_1'), 'test', invoice('A-1')),
      core.paymentId(merchant('mer_2'), 'test', invoice('A-1')),
      core.paymentId(merchant('mer_1'), 'live', invoice('A-1')),
      core.paymentId(merchant('mer_1'), 'test', { kind: 'idempotency_key', value: 'A-1' }),
      core.paymentId(merchant('mer_1'), 'test', invoice('A-2')),
      core.paymentId(merchant('mer_1'), 'test', invoice('')),
      core.paymentId(merchant('mer_1'), 'test', invoice('Ä–1 🧾')),
    ]
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(parsePaymentId(id)).toBe(id)
  })
})

describe('gateway references', () => {
  const id = core.paymentId(merchant('mer_1'), 'test', invoice('A-1'))

  it('are UUIDv4-shaped, and other for each attempt and key', () => {
    const references = [1, 2, 255].map((attempt) => core.gatewayReference(REFERENCE_KEY, id, attempt))
    references.push(core.gatewayReference('f'.repeat(64), id, 1))
    expect(new Set(references).size).toBe(references.length)
    for (const reference of references) expect(parseGatewayReference(reference)).toBe(reference)
    expect(core.gatewayReference(REFERENCE_KEY, id, 1)).toBe(references[0])
  })

  it.each([
    ['attempt 0', REFERENCE_KEY, id, 0],
    ['attempt 256', REFERENCE_KEY, id, 256],
    ['an attempt that wraps to 1', REFERENCE_KEY, id, 2 ** 32 + 1],
    ['half an attempt', REFERENCE_KEY, id, 1.5],
    ['a short key', 'abcd', id, 1],
    ['a key that is not hex', 'z'.repeat(64), id, 1],
    ['a foreign id', REFERENCE_KEY, 'pay_1', 1],
  ])('throw for %s, and quote nothing', (_, key, paymentId, attempt) => {
    const call = () => core.gatewayReference(key, paymentId as typeof id, attempt)
    expect(call).toThrow(RangeError)
    expect(call).not.toThrow(new RegExp(`${key}|${paymentId}`))
  })
})

describe('money', () => {
  it.each([
    ['10.50', 'ZMW', '1050'],
    ['10.005', 'ZMW', null],
    ['1000.0000', 'XOF', '1000'],
    ['100.5', 'UGX', null],
    ['184467440737095516.15', 'ZMW', '18446744073709551615'],
    ['184467440737095516.16', 'ZMW', null],
    ['1e3', 'ZMW', null],
    ['', 'ZMW', null],
    ['10', 'ABC', null],
  ])('T29: %j %s is %j minor units', (amount, currency, minor) => {
    expect(core.parseAmount(amount, currency)).toBe(minor)
  })

  it.each([
    ['1050', 'ZMW', '10.50'],
    ['5', 'ZMW', '0.05'],
    ['100', 'XOF', '100'],
    ['18446744073709551615', 'KES', '184467440737095516.15'],
  ])('writes %s %s as %s', (minor, currency, text) => {
    expect(core.formatAmount(minor, currency)).toBe(text)
  })

  it.each([
    ['10.5', 'ZMW'],
    ['-1', 'ZMW'],
    ['01', 'ZMW'],
    ['18446744073709551616', 'ZMW'],
    ['1', 'ABC'],
  ])('throws for %s %s', (minor, currency) => {
    expect(() => core.formatAmount(minor, currency)).toThrow(RangeError)
  })

  it('knows the currencies it serves and no other', () => {
    for (const currency of ['XOF', 'XAF', 'UGX', 'RWF', 'GNF', 'ZMW', 'KES', 'USD'])
      expect(core.knownCurrency(currency)).toBe(true)
    for (const currency of ['', 'ABC', 'zmw', 'XOF ']) expect(core.knownCurrency(currency)).toBe(false)
  })
})

describe('deposits and providers', () => {
  const check = (amount: string, currency: string, provider: string, phoneNumber: string) =>
    core.checkDeposit({ amount, currency, provider, phoneNumber: msisdn(phoneNumber) })

  it('accepts what can be sent', () => {
    expect(check('10.50', 'ZMW', 'MTN_MOMO_ZMB', '260763456789')).toEqual({
      ok: true,
      amountMinor: '1050',
      country: 'ZMB',
    })
  })

  it('names every field that is wrong, with the fix', () => {
    expect(check('0', 'ABC', 'NOBODY', '1')).toEqual({
      ok: false,
      errors: [
        { field: 'amount', message: 'Send an amount above zero.' },
        { field: 'currency', message: expect.stringContaining('ISO 4217') },
        { field: 'provider', message: expect.stringContaining('MTN_MOMO_ZMB') },
      ],
    })
    expect(check('10.50', 'KES', 'MPESA_KEN', '260763456789')).toEqual({
      ok: false,
      errors: [
        { field: 'amount', message: expect.stringContaining('no decimals') },
        { field: 'phoneNumber', message: expect.stringContaining('+254') },
      ],
    })
  })

  // Two tables, one for what a customer is asked and one for what may be sent: a provider of the first alone would be refused as if
  // the core were sealed.
  it('knows the providers that the gateway’s spec can charge, with the same decimals and approval', () => {
    const { providers } = JSON.parse(readFileSync('src/gateways/pawapay/gateway.json', 'utf8')) as {
      providers: Record<string, { country: string; auth?: string; currencies: Record<string, { decimals: number }> }>
    }
    const specified = Object.entries(providers).flatMap(([code, { country, auth = 'provider', currencies }]) =>
      Object.entries(currencies).map(([currency, { decimals }]) => [code, country, currency, decimals, auth].join(' ')),
    )
    const currencies = new Set(Object.values(providers).flatMap((each) => Object.keys(each.currencies)))
    const offered = [...currencies].flatMap((currency) =>
      core
        .providersOf(currency)
        .flatMap((country) =>
          country.providers.map(({ code, decimals, auth }) => [code, country.code, currency, decimals, auth].join(' ')),
        ),
    )
    expect(offered.length).toBeGreaterThan(40)
    expect(offered.toSorted()).toEqual(specified.toSorted())
  })

  it('predicts a provider, or says that it cannot', () => {
    expect(core.predictProvider(msisdn('260763456789'))).toEqual({ provider: 'MTN_MOMO_ZMB', country: 'ZMB' })
    expect(core.predictProvider(msisdn('4915112345678'))).toBeNull()
    expect(core.predictProvider(msisdn(''))).toBeNull()
  })
})

describe('step', () => {
  const reference = core.gatewayReference(REFERENCE_KEY, core.paymentId(merchant('m'), 'test', invoice('1')), 1)
  const begin: PaymentEvent = {
    type: 'begin',
    n: 1,
    gateway: 'pawapay',
    reference,
    amountMinor: '1050',
    currency: 'ZMW',
    nowMs: NOW_MS,
  }
  const told = (
    outcome: 'pending' | 'succeeded' | 'failed',
    amountMinor: string | null = '1050',
    source: 'callback' | 'poll' = 'callback',
  ): PaymentEvent => ({
    type: 'told',
    n: 1,
    outcome,
    failureCode: outcome === 'failed' ? 'PAYMENT_NOT_APPROVED' : null,
    amountMinor,
    currency: 'ZMW',
    providerTransactionId: 'MP1',
    source,
    nowMs: NOW_MS + 20_000,
  })
  const accepted: PaymentEvent = { type: 'sendAccepted', n: 1, nextAction: null, nowMs: NOW_MS + 1000 }

  const stepped = (answer: StepAnswer): { state: PaymentState; effects: readonly PaymentEffect[] } => {
    if (!answer.ok) throw new Error(`refused: ${answer.code}`)
    return answer
  }
  const run = (...events: readonly PaymentEvent[]) => {
    let last: { state: PaymentState | null; effects: readonly PaymentEffect[] } = { state: null, effects: [] }
    for (const event of events) last = stepped(core.step(last.state, event))
    return last as { state: PaymentState; effects: readonly PaymentEffect[] }
  }

  it('begins with exactly the state of the contract', () => {
    const { state, effects } = run(begin)
    expect(state).toStrictEqual({
      v: 1,
      status: 'pending',
      amountMinor: '1050',
      currency: 'ZMW',
      attempts: [
        {
          n: 1,
          gateway: 'pawapay',
          reference,
          status: 'created',
          refused: false,
          failureCode: null,
          providerTransactionId: null,
          createdAtMs: NOW_MS,
          nextPollAtMs: NOW_MS + 160_000,
          polls: 0,
          capturedHeardAtMs: null,
          notFounds: 0,
          callLost: false,
          capturedMinor: null,
        },
      ],
      fulfilment: { status: 'none', deliveredVia: null, atMs: null },
      reviewReason: null,
      doubles: [],
      lateSuccess: false,
      nextAction: null,
      succeededAtMs: null,
      createdAtMs: NOW_MS,
      updatedAtMs: NOW_MS,
      refunds: [],
    } satisfies PaymentState)
    expect(effects).toStrictEqual([
      { type: 'send', n: 1 },
      { type: 'wakeAt', atMs: NOW_MS + 160_000 },
    ] satisfies PaymentEffect[])
  })

  it('walks from accepted to paid to fulfilled', () => {
    const paid = run(begin, accepted, told('succeeded'))
    expect(paid.state).toMatchObject({
      status: 'succeeded',
      succeededAtMs: NOW_MS + 20_000,
      fulfilment: { status: 'pending' },
      attempts: [{ status: 'succeeded', providerTransactionId: 'MP1', nextPollAtMs: null }],
    })
    expect(paid.effects).toStrictEqual([{ type: 'fulfil' }, { type: 'wakeAt', atMs: NOW_MS + 80_000 }])
    const done = stepped(core.step(paid.state, { type: 'fulfilled', via: 'qstash', nowMs: NOW_MS + 30_000 }))
    expect(done.state.fulfilment).toStrictEqual({
      status: 'fulfilled',
      deliveredVia: 'qstash',
      atMs: NOW_MS + 30_000,
    })
    expect(done.effects).toStrictEqual([])
  })

  it.each<[string, readonly PaymentEvent[], Partial<PaymentState>]>([
    [
      'a redirect',
      [begin, { ...accepted, nextAction: { type: 'redirect', url: 'https://pay.example/1' } }],
      { status: 'needs_action', nextAction: { type: 'redirect', url: 'https://pay.example/1' } },
    ],
    ['a prompt', [begin, { ...accepted, nextAction: { type: 'approve_on_phone' } }], { status: 'pending' }],
    ['a lost answer', [begin, { type: 'sendUnknown', n: 1, nowMs: NOW_MS + 1000 }], { status: 'unknown' }],
    ['a refusal', [begin, { type: 'sendRejected', n: 1, code: 'X', nowMs: NOW_MS }], { status: 'failed' }],
    ['nothing sent', [begin, { type: 'sendNotSent', n: 1, nowMs: NOW_MS }], { status: 'created' }],
    ['a failure', [begin, told('failed')], { status: 'failed' }],
    ['T28: another amount', [begin, told('succeeded', '1049')], { status: 'review', reviewReason: 'amount_mismatch' }],
    ['T28: no amount', [begin, told('succeeded', null)], { status: 'review', reviewReason: 'amount_mismatch' }],
    [
      'T39: success after failure',
      [begin, told('failed'), told('succeeded')],
      { status: 'succeeded', lateSuccess: true },
    ],
    [
      'T39: failure found after success',
      [begin, told('succeeded'), told('failed', '1050', 'poll')],
      { status: 'review', reviewReason: 'reversal' },
    ],
    ['T39: failure told after success', [begin, told('succeeded'), told('failed')], { status: 'succeeded' }],
    ['T39: pending after success', [begin, told('succeeded'), told('pending')], { status: 'succeeded' }],
    ['T06: an attempt without an answer', [begin, { type: 'wake', nowMs: NOW_MS + 160_000 }], { status: 'unknown' }],
    [
      'a poll that failed',
      [begin, accepted, { type: 'pollFailed', n: 1, nowMs: NOW_MS + 11_000 }],
      { status: 'pending' },
    ],
  ])('%s', (_, events, expected) => {
    expect(run(...events).state).toMatchObject(expected)
  })

  it('T39: wants the gateway asked when a callback contradicts a capture', () => {
    const { effects } = run(begin, told('succeeded'), told('failed'))
    expect(effects).toStrictEqual([
      { type: 'ask', n: 1 },
      { type: 'wakeAt', atMs: NOW_MS + 80_000 },
    ])
  })

  it('asks the gateway when an attempt is due', () => {
    const { state, effects } = run(begin, accepted, { type: 'wake', nowMs: NOW_MS + 11_000 })
    expect(effects).toStrictEqual([
      { type: 'poll', n: 1 },
      { type: 'wakeAt', atMs: NOW_MS + 31_000 },
    ])
    expect(state.attempts[0]).toMatchObject({ polls: 1, nextPollAtMs: NOW_MS + 31_000 })
  })

  it('tells people', () => {
    const { effects } = run(begin, { ...told('succeeded'), outcome: 'unrecognised' } as PaymentEvent)
    expect(effects).toContainEqual({ type: 'alert', code: 'unrecognised_status', n: 1 })
  })

  it.each<[string, PaymentState | null, PaymentEvent, string]>([
    ['an event without a payment', null, accepted, 'no_payment'],
    ['an attempt that was never made', run(begin).state, { ...accepted, n: 2 }, 'no_such_attempt'],
    ['a second begin', run(begin).state, { ...begin, n: 2 }, 'already_open'],
    ['begin after paid', run(begin, told('succeeded')).state, { ...begin, n: 2 }, 'already_paid'],
    ['begin in review', run(begin, told('succeeded', '1')).state, { ...begin, n: 2 }, 'in_review'],
    ['an unknown currency', null, { ...begin, currency: 'ABC' }, 'unknown_currency'],
    ['fulfilled, never paid', run(begin).state, { type: 'fulfilled', via: 'sweep', nowMs: NOW_MS }, 'not_paid'],
    ['a state of another version', { ...run(begin).state, v: 3 as 1 }, accepted, 'malformed_state'],
    ['half a state', { status: 'pending' } as PaymentState, accepted, 'malformed_state'],
    ['an unknown event', run(begin).state, { type: 'paid' } as unknown as PaymentEvent, 'malformed_event'],
    ['a negative time', run(begin).state, { type: 'wake', nowMs: -1 }, 'malformed_event'],
    ['half a millisecond', run(begin).state, { type: 'wake', nowMs: 0.5 }, 'malformed_event'],
    ['an amount with a point', null, { ...begin, amountMinor: '10.5' }, 'malformed_event'],
  ])('refuses %s', (_, state, event, code) => {
    expect(core.step(state, event)).toStrictEqual({ ok: false, code })
  })

  it('a second attempt after a failure', () => {
    const second = { ...begin, n: 2, reference: 'b0000000-0000-4000-8000-000000000000' as GatewayReference }
    const { state, effects } = run(begin, told('failed'), second)
    expect(state).toMatchObject({ status: 'pending', attempts: [{ status: 'failed' }, { status: 'created', n: 2 }] })
    expect(effects[0]).toStrictEqual({ type: 'send', n: 2 })
  })
})

describe('the module', () => {
  it('says what it was built from', () => {
    expect(core.version()).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/), buildId: expect.any(String) })
  })
})
