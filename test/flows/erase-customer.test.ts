import { describe, expect, it } from 'vitest'
import type { ErasurePlace, RegisteredPayment } from '../../src/contracts/erasure.ts'
import type { EraseAnswer } from '../../src/contracts/payment-object.ts'
import type { MerchantId, PaymentId } from '../../src/domain/ids.ts'
import { type EraseCustomerPorts, eraseCustomer } from '../../src/flows/erase-customer.ts'

const idOf = (n: number): PaymentId => `pay_${String(n).padStart(26, '0')}` as PaymentId
const KEPT: EraseAnswer = { kind: 'kept', status: 'review', because: 'in_review' } as EraseAnswer

/** A register in memory: what it says of a payment when that is looked at. Erased ones leave it. */
const register = (hashed: readonly EraseAnswer[], unhashed: readonly EraseAnswer[] = []) => {
  const payments = new Map(
    [...hashed, ...unhashed].map((answer, i) => [idOf(i), { answer, hashed: i < hashed.length }] as const),
  )
  const find =
    (wanted: boolean): EraseCustomerPorts['findUnhashed'] =>
    async (_, __, after, limit) =>
      [...payments]
        .filter(([id, payment]) => payment.hashed === wanted && id > after)
        .map(
          ([paymentId]): RegisteredPayment => ({
            phoneHash: 'h',
            merchantId: 'mer_1' as MerchantId,
            mode: 'test',
            createdAtMs: 1,
            paymentId,
          }),
        )
        .slice(0, limit)
  const byHash = find(true)
  let looks = 0
  const ports: EraseCustomerPorts = {
    payment: (id) => ({
      erase: async ({ dryRun }) => {
        const answer = payments.get(id)?.answer ?? { kind: 'absent' }
        if (dryRun) looks += 1
        if (dryRun || answer.kind !== 'erasable') return answer
        payments.delete(id)
        return { kind: 'erased', told: true }
      },
    }),
    stores: [],
    drop: async ({ paymentId }) => void payments.delete(paymentId),
    findHashed: (_, untilMs, after, limit) => byHash('', untilMs, after, limit),
    findUnhashed: find(false),
    unreachable: () => {},
  }
  return { ports, payments, looks: () => looks }
}
const of = (count: number, answer: EraseAnswer): readonly EraseAnswer[] => Array.from({ length: count }, () => answer)
const ERASABLE: EraseAnswer = { kind: 'erasable', status: 'succeeded' } as EraseAnswer
const OTHERS: EraseAnswer = { kind: 'other_number' } as EraseAnswer

const pass = (ports: EraseCustomerPorts, from: ErasurePlace | null) =>
  eraseCustomer(ports, { hashes: ['h'], masked: '2607••••4321' }, 1, false, from)

describe('a pass over a customer’s payments', () => {
  it('goes on behind what the one before kept, list after list, and then round again', async () => {
    const { ports, payments } = register([...of(230, KEPT), ERASABLE], [...of(90, KEPT), ...of(3, ERASABLE)])
    const seen: (readonly [number, boolean, number])[] = []
    let from: ErasurePlace | null = null
    for (let i = 0; i < 4; i += 1) {
      const { report, kept, place } = await pass(ports, from)
      seen.push([report.payments.length, report.more, kept])
      from = place
    }
    expect(seen).toEqual([
      [100, true, 100],
      [100, true, 200],
      [100, true, 299],
      [24, false, 320],
    ])
    expect(from).toBeNull()
    expect([...payments.values()].every(({ answer }) => answer === KEPT)).toBe(true)
  })

  it('begins at the beginning after one that left nothing behind it', async () => {
    const { ports, payments } = register(of(130, ERASABLE))
    const first = await pass(ports, null)
    expect(first).toMatchObject({ kept: 0, place: null, report: { more: true } })
    expect(await pass(ports, first.place)).toMatchObject({ kept: 0, place: null, report: { more: false } })
    expect(payments.size).toBe(0)
  })

  it('looks at so many payments of others at most, and goes on behind them', async () => {
    const { ports, payments, looks } = register([], [...of(700, OTHERS), ERASABLE])
    const first = await pass(ports, null)
    expect([looks(), first.looked]).toEqual([500, 500])
    expect(first).toMatchObject({ place: { list: 'unhashed', after: idOf(499), kept: 0 }, report: { more: true } })
    expect(await pass(ports, first.place)).toMatchObject({ kept: 0, place: null, report: { more: false } })
    expect(payments.size).toBe(700)
  })

  it('one that cannot be had is kept as such, told of, and hides none of those behind it', async () => {
    const { ports, payments } = register(of(3, ERASABLE))
    const broken = new Error('its object throws')
    const told: unknown[] = []
    const without: EraseCustomerPorts = {
      ...ports,
      payment: (id) =>
        id === idOf(0)
          ? {
              erase: async () => {
                throw broken
              },
            }
          : ports.payment(id),
      unreachable: (...each) => told.push(each),
    }
    const first = await pass(without, null)
    expect(first).toMatchObject({ kept: 1, place: null, report: { more: false } })
    expect(first.report.payments).toEqual([
      { id: idOf(0), outcome: 'kept', because: 'unreachable' },
      { id: idOf(1), outcome: 'erased' },
      { id: idOf(2), outcome: 'erased' },
    ])
    expect(told).toEqual([[idOf(0), broken]])
    expect([...payments.keys()]).toEqual([idOf(0)])
    // And when it can be had again, nothing is left.
    expect(await pass(ports, first.place)).toMatchObject({ kept: 0, report: { more: false } })
    expect(payments.size).toBe(0)
  })

  it('a register that does not answer is no end of it', async () => {
    const { ports } = register(of(1, ERASABLE))
    const findHashed = async () => {
      throw new Error('D1 is away')
    }
    await expect(pass({ ...ports, findHashed }, null)).rejects.toThrow('D1 is away')
  })
})
