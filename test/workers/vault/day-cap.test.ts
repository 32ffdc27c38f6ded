import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { DepositOrder, SendOutcome } from '../../../src/contracts/vault.ts'
import type { GatewayReference, MerchantId, Msisdn, PaymentId } from '../../../src/domain/ids.ts'
import { type DayCapPorts, underDayCap } from '../../../src/vault/day-cap.ts'
import type { DayCounter } from '../../../src/vault/day-counter.ts'
import type { DayCounterRpc, Reservation } from '../../../src/vault/reservation.ts'

/** The object as it is deployed, its SQLite beneath it. */
const counters = (env as unknown as { readonly DAY_COUNTERS: DurableObjectNamespace<DayCounter> }).DAY_COUNTERS
let merchants = 0
const freshMerchant = (): string => `mer_counted_${++merchants}`
const counterOf = (merchant: string) => counters.get(counters.idFromName(merchant))

const TODAY = 20_779
const referenceOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as GatewayReference
const asked = (n: number, over: Partial<Reservation> = {}): Reservation => ({
  day: TODAY,
  currency: 'ZMW',
  reference: referenceOf(n),
  token: 'first',
  amountMinor: '1000',
  capMinor: '20000',
  ...over,
})
const counted = (answers: readonly string[]) => answers.filter((answer) => answer === 'reserved').length

describe('the counter of a day', () => {
  it('has room for twenty of fifty that ask at once', async () => {
    const merchant = freshMerchant()
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => counterOf(merchant).reserve(asked(n))))
    expect([counted(answers), answers.length]).toEqual([20, 50])
  })

  it('takes nothing twice for one attempt, though it is asked twice at once', async () => {
    const counter = counterOf(freshMerchant())
    const twice = Array.from({ length: 40 }, (_, n) => counter.reserve(asked(n % 20)))
    expect(counted(await Promise.all(twice))).toBe(40)
    expect(await counter.reserve(asked(20))).toBe('exceeded')
    // Whoever has a place keeps it, under a lower cap too; with more than it has it needs room.
    expect(await counter.reserve(asked(7, { capMinor: '1' }))).toBe('reserved')
    expect(await counter.reserve(asked(7, { amountMinor: '1001' }))).toBe('exceeded')
    expect(await counter.reserve(asked(7, { amountMinor: '999' }))).toBe('reserved')
    expect(await counter.reserve(asked(20, { amountMinor: '1' }))).toBe('reserved')
    expect(await counter.reserve(asked(21, { amountMinor: '1' }))).toBe('exceeded')
  })

  it('gives back what is released, once', async () => {
    const counter = counterOf(freshMerchant())
    for (let n = 0; n < 20; n++) await counter.reserve(asked(n))
    for (let i = 0; i < 3; i++) await counter.release(asked(3))
    await counter.release(asked(99))
    expect(await counter.reserve(asked(20))).toBe('reserved')
    expect(await counter.reserve(asked(21))).toBe('exceeded')
    expect(await counter.reserve(asked(3))).toBe('exceeded')
  })

  it('a late release of one send takes nothing from the next send of the same attempt', async () => {
    const counter = counterOf(freshMerchant())
    const full = { amountMinor: '20000' }
    await counter.reserve(asked(1, { ...full, token: 'first' }))
    await counter.reserve(asked(1, { ...full, token: 'second' }))
    await counter.release(asked(1, { token: 'first' }))
    expect(await counter.reserve(asked(2))).toBe('exceeded')
    await counter.release(asked(1, { token: 'second' }))
    expect(await counter.reserve(asked(2))).toBe('reserved')
  })

  it('begins anew each day, for each currency and each merchant', async () => {
    const merchant = freshMerchant()
    const full = { amountMinor: '20000' }
    const reserve = (n: number, over: object = {}, of = merchant) =>
      counterOf(of).reserve(asked(n, { ...full, ...over }))
    expect(await reserve(1)).toBe('reserved')
    expect(await reserve(2)).toBe('exceeded')
    expect(await reserve(3, { day: TODAY + 1 })).toBe('reserved')
    expect(await reserve(4, { currency: 'USD' })).toBe('reserved')
    expect(await reserve(5, {}, freshMerchant())).toBe('reserved')
    // Before midnight sent, after it refused: yesterday has room again, today none.
    await counterOf(merchant).release(asked(1))
    expect(await reserve(6)).toBe('reserved')
    expect(await reserve(7, { day: TODAY + 1 })).toBe('exceeded')
  })

  it('forgets the days that are over', async () => {
    const counter = counterOf(freshMerchant())
    await counter.reserve(asked(1, { amountMinor: '20000' }))
    await counter.reserve(asked(2, { day: TODAY + 1 }))
    expect(await counter.reserve(asked(3))).toBe('exceeded')
    await counter.reserve(asked(4, { day: TODAY + 2 }))
    expect(await counter.reserve(asked(5))).toBe('reserved')
  })

  it('counts beyond what a number in JavaScript holds', async () => {
    const counter = counterOf(freshMerchant())
    const capMinor = '9007199254740994'
    const of = (n: number, amountMinor: string) => counter.reserve(asked(n, { amountMinor, capMinor }))
    expect(await of(1, '9007199254740993')).toBe('reserved')
    expect(await of(2, '2')).toBe('exceeded')
    expect(await of(3, '1')).toBe('reserved')
    expect(await of(4, '1')).toBe('exceeded')
  })
})

describe('sending under a cap of the day', () => {
  const CAP = { day: TODAY, capMinor: '20000' }
  const orderOf = (n: number, merchantId: string): DepositOrder => ({
    v: 1,
    gateway: 'pawapay',
    paymentId: 'pay_00000000000000000000000001' as PaymentId,
    attempt: 1,
    reference: referenceOf(n),
    amountMinor: '20000',
    currency: 'ZMW',
    phoneNumber: '260763456789' as Msisdn,
    provider: 'MTN_MOMO_ZMB',
    merchantId: merchantId as MerchantId,
  })
  let tokens = 0
  const fixture = (over: Partial<DayCapPorts> = {}) => {
    const logs: string[] = []
    const sent: string[] = []
    const ports: DayCapPorts = {
      counterOf,
      sleep: () => new Promise(() => {}),
      later: () => {},
      newToken: () => `send ${++tokens}`,
      log: (record) => void logs.push(JSON.stringify(record)),
      ...over,
    }
    const merchant = freshMerchant()
    const send = (n: number, outcome: SendOutcome, day = TODAY) =>
      underDayCap(ports, orderOf(n, merchant), { ...CAP, day }, async () => {
        sent.push(referenceOf(n))
        return outcome
      })
    return { logs, sent, send }
  }

  it.each([
    ['accepted', { kind: 'accepted' }, false],
    ['unknown, for it may have been taken', { kind: 'unknown', reason: 'timeout' }, false],
    ['refused', { kind: 'rejected', code: 'PAYER_NOT_FOUND' }, true],
    ['not sent', { kind: 'not_sent', code: 'E1091' }, true],
  ] satisfies [string, SendOutcome, boolean][])('what was %s: %o gives its room back: %s', async (_, outcome, free) => {
    const { sent, send } = fixture()
    expect(await send(1, outcome)).toEqual(outcome)
    const next = await send(2, { kind: 'accepted' })
    expect(next).toEqual(free ? { kind: 'accepted' } : { kind: 'rejected', code: 'policy_day_cap' })
    expect(sent).toHaveLength(free ? 2 : 1)
    expect(await send(3, { kind: 'accepted' }, TODAY + 1)).toEqual({ kind: 'accepted' })
  })

  const broken: DayCounterRpc = {
    reserve: () => Promise.reject(new Error('the object is overloaded')),
    release: () => Promise.reject(new Error('the object is overloaded')),
  }
  it.each([
    ['does not answer', { counterOf: () => broken }],
    [
      'is not bound',
      {
        counterOf: () => {
          throw new TypeError('undefined')
        },
      },
    ],
    [
      'is late',
      {
        counterOf: () => ({ ...broken, reserve: () => new Promise<never>(() => {}) }),
        sleep: async () => {},
      },
    ],
  ] satisfies [string, Partial<DayCapPorts>][])('without its counter, which %s, nothing is sent', async (_, ports) => {
    const { logs, sent, send } = fixture(ports)
    expect(await send(1, { kind: 'accepted' })).toEqual({ kind: 'not_sent', code: 'E1321' })
    expect(sent).toEqual([])
    expect(logs[0]).toContain('"code":"day_counter_unreachable"')
  })

  it('what was taken by a counter that did not say so in time is given back', async () => {
    const released: string[] = []
    const counter: DayCounterRpc = {
      reserve: () => new Promise<never>(() => {}),
      release: async ({ reference }) => void released.push(reference),
    }
    let naps = 0
    const sleep = (): Promise<void> => (naps++ === 0 ? Promise.resolve() : new Promise(() => {}))
    const going: Promise<unknown>[] = []
    const { send } = fixture({ counterOf: () => counter, sleep, later: (work) => void going.push(work) })
    expect(await send(1, { kind: 'accepted' })).toMatchObject({ kind: 'not_sent' })
    await Promise.all(going)
    expect(released).toEqual([referenceOf(1)])
  })
})
