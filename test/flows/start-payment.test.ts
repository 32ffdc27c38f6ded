import { describe, expect, it } from 'vitest'
import type { ClaimAnswer } from '../../src/contracts/payment-lock.ts'
import type { BeginAnswer, BeginInput, Snapshot } from '../../src/contracts/payment-object.ts'
import type { GatewayReference } from '../../src/domain/ids.ts'
import type { AttemptView, PaymentView } from '../../src/domain/payment.ts'
import type { RateLimits } from '../../src/flows/rate-limits.ts'
import { type StartPaymentPorts, startPayment } from '../../src/flows/start-payment.ts'
import {
  beginInput,
  fakeLock,
  MERCHANT,
  NOW_MS,
  OTHER_PAYMENT,
  PAYMENT,
  PRINT,
  SEAL,
  snapshot,
  UNLIMITED,
  view,
} from './fakes.ts'

const OWNER = '0'.repeat(32)

const start = async (given: {
  claimed?: ClaimAnswer
  begin?: readonly (BeginAnswer | Error)[]
  input?: Partial<BeginInput>
  limits?: RateLimits
}) => {
  const { lock, asked } = fakeLock(given.claimed ?? { kind: 'first' })
  const begun: BeginInput[] = []
  const late: Promise<unknown>[] = []
  const noted: string[] = []
  const answers = [...(given.begin ?? [])]
  const ports: StartPaymentPorts = {
    lock,
    payment: () => ({
      begin: async (input) => {
        begun.push(input)
        const answer = answers.shift()
        if (!answer) throw new Error('the object was asked and should not have been')
        if (answer instanceof Error) throw answer
        return answer
      },
    }),
    limits: given.limits ?? UNLIMITED,
    checkSeal: async (id, _text, seal) => id === PAYMENT && seal.mac === SEAL.mac,
    nowMs: () => NOW_MS,
    later: (work) => late.push(work),
    note: (event) => noted.push(event),
  }
  const answer = await startPayment(ports, beginInput(given.input), OWNER)
  await Promise.all(late)
  return { answer, asked, begun, noted }
}

const started = (outcome: 'accepted' | 'rejected' | 'unknown' | 'in_flight', status = view()): BeginAnswer => ({
  kind: 'started',
  outcome,
  snapshot: snapshot(status),
})
const existing = (of = view(), refused = false): BeginAnswer => ({ kind: 'existing', refused, snapshot: snapshot(of) })

describe('what the object says', () => {
  it.each([
    ['accepted', started('accepted'), { ok: true, value: { kind: 'accepted' } }],
    ['in flight', started('in_flight'), { ok: true, value: { kind: 'open', replayed: false } }],
    [
      'unknown',
      started('unknown', view({ status: 'unknown' })),
      { ok: true, value: { kind: 'open', replayed: false } },
    ],
    [
      'rejected',
      started(
        'rejected',
        view({ status: 'failed', failure: { code: 'PAYER_LIMIT_REACHED', message: 'Over the limit.' } }),
      ),
      {
        ok: false,
        error: {
          reason: 'payment_rejected',
          failureCode: 'PAYER_LIMIT_REACHED',
          message: 'Over the limit.',
          replayed: false,
        },
      },
    ],
    // The gateway refused this attempt, and an earlier one was paid after all; or it had acknowledged this one before.
    ['rejected and paid', started('rejected', view({ status: 'succeeded' })), { ok: true, value: { kind: 'final' } }],
    [
      'rejected and open',
      started('rejected', view({ status: 'pending' })),
      { ok: true, value: { kind: 'open', replayed: false } },
    ],
    ['existing and open', existing(), { ok: true, value: { kind: 'open', replayed: true } }],
    ['existing and paid', existing(view({ status: 'succeeded' })), { ok: true, value: { kind: 'final' } }],
    ['existing and failed', existing(view({ status: 'failed' })), { ok: true, value: { kind: 'final' } }],
    ['existing in review', existing(view({ status: 'review' })), { ok: true, value: { kind: 'open', replayed: true } }],
    [
      'refused before',
      existing(view({ status: 'failed' }), true),
      { ok: false, error: { reason: 'payment_rejected', replayed: true } },
    ],
    [
      'mismatch',
      { kind: 'mismatch', field: 'amount' },
      { ok: false, error: { reason: 'idempotency_mismatch', field: 'amount' } },
    ],
    [
      'conflict',
      { kind: 'conflict', field: 'amount' },
      { ok: false, error: { reason: 'invoice_conflict', field: 'amount' } },
    ],
    ['sealed', { kind: 'sealed', code: 'E1001' }, { ok: false, error: { reason: 'core_sealed', code: 'E1001' } }],
    [
      'not what the shop signed',
      { kind: 'sealed', code: 'intent_unknown_key' },
      { ok: false, error: { reason: 'intent_refused', because: 'unknown_key' } },
    ],
    ...(
      [
        ['an amount', 'E1302', 'amount'],
        ['a number', 'E1303', 'phoneNumber'],
        ['a provider', 'E1304', 'provider'],
        ['a text', 'E1305', 'customerMessage'],
        ['a code', 'E1309', 'preAuthorisationCode'],
      ] as const
    ).map(
      ([what, code, field]) =>
        [
          `${what} that the gateway does not take`,
          { kind: 'sealed', code },
          {
            ok: false,
            error: { reason: 'invalid_request', errors: [{ field, message: expect.stringMatching(/Send|Name/) }] },
          },
        ] as const,
    ),
    [
      'without its counter',
      { kind: 'sealed', code: 'E1321' },
      { ok: false, error: { reason: 'unavailable', part: 'day_counter' } },
    ],
    [
      'without a way',
      { kind: 'no_route', because: 'rail_down' },
      { ok: false, error: { reason: 'no_route', because: 'rail_down' } },
    ],
    [
      'while another wallet is called off',
      { kind: 'calling_off' },
      { ok: false, error: { reason: 'unavailable', part: 'cancel' } },
    ],
    ['refused', { kind: 'refused', code: 'attempts_exhausted' }, { ok: false, error: { reason: 'payment_refused' } }],
  ] as const)('%s', async (_name, begin, expected) => {
    const { answer } = await start({ begin: [begin as BeginAnswer] })
    expect(answer).toMatchObject(expected)
  })

  const ended = (n: number, failureCode?: string): AttemptView => ({
    n,
    gateway: 'pawapay',
    reference: `00000000-0000-4000-8000-00000000000${n}` as GatewayReference,
    status: 'failed',
    ...(failureCode === undefined ? {} : { failureCode }),
    createdAt: '2026-11-21T08:00:00.000Z',
  })
  const NO_MONEY = 'The provider refused the payment. No money was taken.'
  it.each<[string, Partial<PaymentView>, code: string, message: string]>([
    ['the payment’s own reason', { failure: { code: 'A', message: 'Why.' }, attempts: [ended(1, 'B')] }, 'A', 'Why.'],
    ['else the last attempt that has one', { attempts: [ended(1, 'A'), ended(2, 'B'), ended(3)] }, 'B', NO_MONEY],
    ['else that it was refused', { attempts: [ended(1)] }, 'REJECTED', NO_MONEY],
    ['of a payment without attempts, too', { attempts: [] }, 'REJECTED', NO_MONEY],
  ])('a refusal names %s', async (_name, over, failureCode, message) => {
    for (const [begin, replayed] of [
      [started('rejected', view({ status: 'failed', ...over })), false],
      [existing(view({ status: 'failed', ...over }), true), true],
    ] as const)
      expect((await start({ begin: [begin] })).answer).toEqual({
        ok: false,
        error: { reason: 'payment_rejected', paymentId: PAYMENT, failureCode, message, replayed },
      })
  })

  it('a refusal of the policy names its rule, at once and repeated', async () => {
    const failed = view({ status: 'failed', failure: { code: 'policy_hours', message: 'Closed.' } })
    for (const [begin, replayed] of [
      [started('rejected', failed), false],
      [existing(failed, true), true],
    ] as const)
      expect((await start({ begin: [begin] })).answer).toEqual({
        ok: false,
        error: { reason: 'policy_refused', paymentId: PAYMENT, rule: 'hours', message: 'Closed.', replayed },
      })
  })

  it('is kept in Redis when a payment is there', async () => {
    expect((await start({ begin: [started('accepted')] })).asked.kept).toHaveLength(1)
    expect((await start({ begin: [existing()] })).asked.kept).toHaveLength(1)
  })

  it('a second attempt is in Redis before the answer: nobody may read that the first failed', async () => {
    const second = view({
      attempts: [...view().attempts, { ...(view().attempts[0] as never as object), n: 2 } as never],
    })
    const order: string[] = []
    const { lock } = fakeLock({ kind: 'first' })
    const slowLock = {
      ...lock,
      keep: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        order.push('kept')
      },
    }
    await startPayment(
      {
        lock: slowLock,
        payment: () => ({ begin: async () => started('accepted', second) }),
        limits: UNLIMITED,
        checkSeal: async () => true,
        nowMs: () => NOW_MS,
        later: () => order.push('left for later'),
        note: () => {},
      },
      beginInput(),
      OWNER,
    )
    expect(order).toEqual(['kept'])
  })

  it('T10: a Redis that did not answer the claim is not waited for again', async () => {
    const second = view({ attempts: [...view().attempts, ...view().attempts] })
    const { lock } = fakeLock({ kind: 'unavailable' })
    const late: string[] = []
    await startPayment(
      {
        lock: { ...lock, keep: () => new Promise(() => {}) },
        payment: () => ({ begin: async () => started('accepted', second) }),
        limits: UNLIMITED,
        checkSeal: async () => true,
        nowMs: () => NOW_MS,
        later: () => late.push('left for later'),
        note: () => {},
      },
      beginInput(),
      OWNER,
    )
    expect(late).toEqual(['left for later'])
  })

  it.each([
    { kind: 'conflict', field: 'amount' },
    { kind: 'mismatch', field: 'amount' },
    { kind: 'sealed', code: 'E1001' },
    { kind: 'sealed', code: 'E1304' },
    { kind: 'refused', code: 'attempts_exhausted' },
  ] as const)('T13: $kind leaves the key free, for nothing was begun', async (begin) => {
    const { asked } = await start({ begin: [begin] })
    expect(asked.released).toEqual(asked.claims)
    expect(asked.kept).toEqual([])
  })
})

it.each([
  ['a first payment', { kind: 'first' } as const, started('accepted')],
  ['a Redis that is down', { kind: 'unavailable' } as const, started('accepted')],
  [
    'another key for a payment under way',
    { kind: 'payment', snapshot: snapshot(view()), counted: false } as const,
    existing(),
  ],
])(
  'is two remote hops in a row, Redis and the object, and the answer waits for no third: %s',
  async (_name, claimed, said) => {
    const hops: string[] = []
    const hop = async <Answer>(name: string, answer: Answer): Promise<Answer> => {
      hops.push(`${name} →`)
      await new Promise((resolve) => setTimeout(resolve, 1))
      hops.push(`→ ${name}`)
      return answer
    }
    const late: Promise<unknown>[] = []
    await startPayment(
      {
        lock: {
          ...fakeLock(claimed).lock,
          claim: () => hop('claim', claimed),
          keep: () => hop('keep', undefined),
        },
        payment: () => ({ begin: () => hop('begin', said) }),
        limits: UNLIMITED,
        checkSeal: () => hop('seal', true),
        nowMs: () => NOW_MS,
        later: (work) => late.push(work),
        note: () => {},
      },
      beginInput(),
      OWNER,
    )
    expect(hops).toEqual(['claim →', '→ claim', 'begin →', '→ begin', 'keep →'])
    await Promise.all(late)
  },
)

describe('an object that does not answer', () => {
  it('is asked once more: begin is idempotent', async () => {
    const { answer, begun, noted } = await start({ begin: [new Error('reset'), existing()] })
    expect(answer).toMatchObject({ ok: true, value: { kind: 'open' } })
    expect(begun).toHaveLength(2)
    expect(begun[0]).toEqual(begun[1])
    expect(noted).toEqual(['begin_repeated'])
  })

  it('is unavailable after that, and the claim stays: something may have been sent', async () => {
    const { answer, asked, noted } = await start({ begin: [new Error('reset'), new Error('reset')] })
    expect(noted).toEqual(['begin_repeated', 'begin_failed'])
    expect(answer).toEqual({ ok: false, error: { reason: 'unavailable', part: 'payments' } })
    expect(asked.released).toEqual([])
  })
})

describe('Redis', () => {
  const record = { v: 1, paymentId: PAYMENT, fingerprint: PRINT, begun: true } as const
  const byKey = (of = snapshot(view())): ClaimAnswer => ({ kind: 'key', record, snapshot: of })
  const byPayment = (of: Snapshot | null = snapshot(view())): ClaimAnswer => ({
    kind: 'payment',
    snapshot: of,
    counted: false,
  })

  it.each([
    ['T02: the same key while open', byKey(), { kind: 'open', replayed: true }],
    ['the same key when paid, sealed', byKey(snapshot(view({ status: 'succeeded' }))), { kind: 'final' }],
  ])('answers %s without the object', async (_name, claimed, expected) => {
    const { answer, begun } = await start({ claimed })
    expect(answer).toMatchObject({ ok: true, value: expected })
    expect(begun).toEqual([])
  })

  it.each([
    ['T10: nothing, being down', { kind: 'unavailable' }],
    ['T09: that the claim is this very request', { kind: 'mine' }],
    ['a key without a snapshot', { kind: 'key', record, snapshot: null }],
    ['a lock without a snapshot', { kind: 'payment', snapshot: null }],
    ['T15: another key while open: the object must come to know it', byPayment()],
    [
      'a key that never reached the object',
      { kind: 'key', record: { v: 1, paymentId: PAYMENT, fingerprint: PRINT }, snapshot: snapshot(view()) },
    ],
    [
      'T63: paid, by its status alone',
      byKey(snapshot(view({ status: 'succeeded', attemptStatus: 'pending' }), { seal: undefined as never })),
    ],
    ['T63: paid without a seal', byKey(snapshot({ ...view({ status: 'succeeded' }) }, { seal: undefined as never }))],
    [
      'T63: paid under a bad seal',
      byKey(snapshot(view({ status: 'succeeded' }), { seal: { mac: 'forged', kid: '1' } })),
    ],
    [
      'T63: paid, flagged as not final',
      byKey(snapshot(view({ status: 'succeeded' }), { final: false, seal: undefined as never })),
    ],
    ['T63: open, without a seal', byKey(snapshot(view(), { seal: undefined as never }))],
    ['T63: sealed, and expired', byKey(snapshot(view(), { expiresAtMs: NOW_MS - 1 }))],
    ['T63: the sealed text of another payment', byKey(snapshot(view({ id: OTHER_PAYMENT, status: 'succeeded' })))],
    ['another merchant’s snapshot', byKey(snapshot(view(), { merchantId: 'mer_two' as never }))],
    ['live for test', byKey(snapshot(view(), { mode: 'live' }))],
    ['no JSON', byKey(snapshot(view(), { text: 'succeeded' }))],
    ['failed: a new key may try again', byPayment(snapshot(view({ status: 'failed' })))],
    ['failed: this key may have been refused', byKey(snapshot(view({ status: 'failed' })))],
    [
      'a second attempt: this key may have been refused in the first',
      byKey(snapshot(view({ attempts: [...view().attempts, ...view().attempts] }))),
    ],
    ['another amount for the invoice', byPayment(snapshot(view(), { fingerprint: { ...PRINT, amount: 'other' } }))],
    [
      'another content for the key',
      { kind: 'key', record: { ...record, fingerprint: { ...PRINT, amount: 'other' } }, snapshot: snapshot(view()) },
    ],
  ] as [string, ClaimAnswer][])('leaves it to the object when it says %s', async (_name, claimed) => {
    const { begun } = await start({ claimed, begin: [existing()] })
    expect(begun).toHaveLength(1)
  })

  it.each([
    ['invoice', { ...PRINT, amount: 'other', invoice: 'other' }],
    ['amount', { ...PRINT, amount: 'other', currency: 'other' }],
    ['invoice', { ...PRINT, invoice: 'other' }],
    ['invoice', PRINT],
  ])('a key that was used for another payment is a mismatch in %s, and sends nothing', async (field, fingerprint) => {
    const claimed: ClaimAnswer = {
      kind: 'key',
      record: { v: 1, paymentId: OTHER_PAYMENT, fingerprint },
      snapshot: null,
    }
    const { answer, begun } = await start({ claimed })
    expect(answer).toEqual({ ok: false, error: { reason: 'idempotency_mismatch', field } })
    expect(begun).toEqual([])
  })

  it('T57: counts a new payment by merchant, by gateway and by the keyed hash of the number, where a limit is set', async () => {
    const limit = { count: 3, windowMs: 60_000 }
    const all = { merchant: limit, phone: limit, gateway: limit }
    const { asked } = await start({ begin: [started('accepted')], limits: all })
    expect(asked.meters.map(({ name, of }) => [name, of])).toEqual([
      ['merchant', MERCHANT],
      ['phone', `${MERCHANT}:${PRINT['phoneNumber']}`],
      ['gateway', 'pawapay'],
    ])
    expect(JSON.stringify(asked.meters)).not.toMatch(/260763456789/)
    const some = await start({ begin: [started('accepted')], limits: { ...all, phone: null } })
    expect(some.asked.meters.map(({ name }) => name)).toEqual(['merchant', 'gateway'])
  })

  it.each([
    ['Redis took it for a repetition and it was a new try', byPayment(null), started('accepted'), 3],
    ['it was counted when it was claimed', { ...byPayment(null), counted: true }, started('accepted'), 0],
    ['it was the first', { kind: 'first' }, started('accepted'), 0],
    ['it was a repetition', byPayment(null), existing(), 0],
    ['Redis is away', { kind: 'unavailable' }, started('accepted'), 0],
  ] as [string, ClaimAnswer, BeginAnswer, number][])(
    'is told to count what was sent when %s',
    async (_name, claimed, begin, meters) => {
      const limit = { count: 3, windowMs: 60_000 }
      const limits = { merchant: limit, phone: limit, gateway: limit }
      const { asked } = await start({ claimed, begin: [begin], limits })
      expect(asked.kept).toHaveLength(1)
      expect(asked.counted).toEqual(asked.meters.slice(0, meters))
    },
  )

  it('T13: one too many begins nothing, keeps nothing, and leaves nothing to be taken back', async () => {
    const { answer, begun, asked } = await start({ claimed: { kind: 'limited', limit: 'phone', retryAfterMs: 1500 } })
    expect(answer).toEqual({ ok: false, error: { reason: 'rate_limited', limit: 'phone', retryAfterMs: 1500 } })
    expect([begun, asked.kept, asked.released]).toEqual([[], [], []])
  })

  it('T55: is told neither phone number nor invoice nor key', async () => {
    const { asked } = await start({ begin: [started('accepted')] })
    expect(JSON.stringify(asked)).not.toMatch(/260763456789/)
    expect(Object.keys(asked.claims[0] ?? {}).sort()).toEqual([
      'fingerprint',
      'keyHash',
      'merchantId',
      'mode',
      'owner',
      'paymentId',
    ])
  })
})
