import { describe, expect, it } from 'vitest'
import type { DeliveryTry } from '../../src/contracts/events.ts'
import type { ApplyAnswer, FulfilmentDue } from '../../src/contracts/payment-object.ts'
import type { AttestedVerdict, Verdict } from '../../src/contracts/vault.ts'
import type { EventId, GatewayReference, WebhookEndpointId } from '../../src/domain/ids.ts'
import { type DeliverCallbackPorts, deliverCallback } from '../../src/flows/deliver-callback.ts'
import { deliverFulfilment } from '../../src/flows/deliver-fulfilment.ts'
import { MERCHANT, NOW_MS, PAYMENT } from './fakes.ts'

const REFERENCE = '00000000-0000-4000-8000-000000000001' as GatewayReference

const due: FulfilmentDue = {
  paymentId: PAYMENT,
  merchantId: MERCHANT,
  mode: 'test',
  invoice: 'INV-1',
  gateway: 'pawapay',
  reference: REFERENCE,
  attempt: 1,
  amountMinor: '1050',
  currency: 'ZMW',
  succeededAtMs: NOW_MS,
}

const verdict = (over: Partial<Verdict> = {}): Verdict => ({
  v: 1,
  gateway: 'pawapay',
  operation: 'deposit',
  authentic: 'signed',
  reference: REFERENCE,
  paymentId: PAYMENT,
  attempt: 1,
  outcome: 'succeeded',
  failureCode: null,
  amountMinor: '1050',
  currency: 'ZMW',
  providerTransactionId: 'TX1',
  bodySha256: 'ab',
  receivedAtMs: NOW_MS,
  ...over,
})

const TRIES: readonly DeliveryTry[] = [
  { eventId: 'evt_1' as EventId, endpointId: 'whe_1' as WebhookEndpointId, round: 1, n: 1 },
]

const attested: AttestedVerdict = { v: 1, text: '{}', mac: 'm', kid: '1' }
const message = { v: 1, kind: 'callback', via: 'qstash', attested } as const

/** Ports that write down, in order, what was done to them. */
const world = (told: Verdict | null, answer: ApplyAnswer = { kind: 'applied', due }) => {
  const done: unknown[][] = []
  const ports: DeliverCallbackPorts = {
    checkAttestation: async (of) => {
      expect(of).toBe(attested)
      return told
    },
    payment: (id) => ({
      apply: async (...args) => {
        done.push(['apply', id, ...args])
        return answer
      },
      refresh: async (...args) => {
        done.push(['refresh', id, ...args])
        return answer
      },
      markFulfilled: async (...args) => {
        done.push(['mark', id, ...args])
      },
    }),
    post: async (...args) => {
      done.push(['post', ...args])
      return TRIES
    },
    notify: async (...args) => {
      done.push(['notify', ...args])
    },
    fulfilOrder: async (...args) => {
      done.push(['fulfil', ...args])
    },
    keepUnmatched: async (...args) => {
      done.push(['unmatched', ...args])
    },
    alertUnmatched: (...args) => {
      done.push(['alert', ...args])
    },
    nowMs: () => NOW_MS,
  }
  return { ports, done, names: () => done.map(([name]) => name) }
}

describe('a callback from the queue', () => {
  it('T63: one that no core attested moves nothing', async () => {
    const { ports, done } = world(null)
    expect(await deliverCallback(ports, message)).toBe('forged')
    expect(done).toEqual([])
  })

  it('T41: is applied, then posted, then told, then fulfilled, then marked, in this order', async () => {
    const { ports, done } = world(verdict())
    expect(await deliverCallback(ports, message)).toBe('fulfilled')
    expect(done).toEqual([
      ['apply', PAYMENT, verdict(), 'qstash'],
      ['post', due, 'qstash', NOW_MS],
      ['notify', TRIES],
      ['fulfil', due],
      ['mark', PAYMENT, 'qstash', undefined],
    ])
  })

  it('T41: the mark says which state the index was told', async () => {
    const index = { revision: 4 } as NonNullable<FulfilmentDue['index']>
    const { ports, done } = world(verdict(), { kind: 'applied', due: { ...due, index } })
    await deliverCallback(ports, message)
    expect(done).toContainEqual(['mark', PAYMENT, 'qstash', 4])
  })

  it('T41: is not marked when the posting fails', async () => {
    const { ports, names } = world(verdict())
    const failing = { ...ports, post: async () => Promise.reject(new Error('D1 is down')) }
    await expect(deliverCallback(failing, message)).rejects.toThrow('D1 is down')
    expect(names()).toEqual(['apply'])
  })

  it('T37: with nothing due it is applied and that is all', async () => {
    const { ports, names } = world(verdict(), { kind: 'applied', due: null })
    expect(await deliverCallback(ports, message)).toBe('applied')
    expect(names()).toEqual(['apply'])
  })

  it('T64: a hint only asks, about the attempt that it names', async () => {
    const { ports, done } = world(verdict({ authentic: 'hint', attempt: 3 }), { kind: 'applied', due: null })
    expect(await deliverCallback(ports, message)).toBe('applied')
    expect(done).toEqual([['refresh', PAYMENT, 3]])
  })

  it('T64: a hint that names no attempt asks about the latest', async () => {
    const { ports, done } = world(verdict({ authentic: 'hint', attempt: null }), { kind: 'applied', due: null })
    await deliverCallback(ports, message)
    expect(done).toEqual([['refresh', PAYMENT, undefined]])
  })

  it.each([
    ['operation_not_supported', verdict({ operation: 'refund' }), { kind: 'applied', due: null }, []],
    ['foreign_reference', verdict({ paymentId: null }), { kind: 'applied', due: null }, []],
    ['no_such_payment', verdict(), { kind: 'absent' }, ['apply']],
  ] as const)('T38: %s is kept for people', async (reason, told, answer, before) => {
    const { ports, done, names } = world(told, answer)
    expect(await deliverCallback(ports, message)).toBe('unmatched')
    const money = told.operation === 'deposit' ? ['alert'] : []
    expect(names()).toEqual([...before, 'unmatched', ...money])
    expect(done[before.length]).toEqual(['unmatched', told, reason, NOW_MS])
    if (money.length > 0) expect(done.at(-1)).toEqual(['alert', told, reason])
  })

  it('T38: nobody is woken when nothing was taken', async () => {
    const { ports, names } = world(verdict({ paymentId: null, outcome: 'failed' }))
    expect(await deliverCallback(ports, message)).toBe('unmatched')
    expect(names()).toEqual(['unmatched'])
  })

  it('T34: what anybody could have sent is not kept', async () => {
    const { ports, names } = world(verdict({ authentic: 'hint', paymentId: null }))
    expect(await deliverCallback(ports, message)).toBe('unmatched')
    expect(names()).toEqual([])
  })
})

describe('a nudge from the queue', () => {
  const nudge = { v: 1, kind: 'fulfilment', via: 'sweep', paymentId: PAYMENT } as const

  it('T63: claims nothing: what is due, the object says', async () => {
    const done: unknown[][] = []
    const ports = (is: FulfilmentDue | null) => ({
      payment: (id: string) => ({
        due: async () => is,
        markFulfilled: async (...args: unknown[]) => {
          done.push(['mark', id, ...args])
        },
      }),
      post: async (...args: unknown[]) => {
        done.push(['post', ...args])
        return TRIES
      },
      notify: async (...args: unknown[]) => {
        done.push(['notify', ...args])
      },
      fulfilOrder: async (...args: unknown[]) => {
        done.push(['fulfil', ...args])
      },
      nowMs: () => NOW_MS,
    })
    expect(await deliverFulfilment(ports(null), nudge)).toBe('nothing_due')
    expect(done).toEqual([])
    expect(await deliverFulfilment(ports(due), nudge)).toBe('fulfilled')
    expect(done).toEqual([
      ['post', due, 'sweep', NOW_MS],
      ['notify', TRIES],
      ['fulfil', due],
      ['mark', PAYMENT, 'sweep', undefined],
    ])
  })
})
