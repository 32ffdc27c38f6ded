/** What the gateway tells us by itself, what others tell us in its name, and what it does not tell. */
import { expect } from 'vitest'
import type { CallbackAnswer, DepositOrder } from '../../../../src/contracts/vault.ts'
import type { ReceivedCallback } from '../../../emulators/kit/shop.ts'
import type { Bench } from '../bench.ts'
import type { Case } from '../case.ts'
import type { Manner } from '../description.ts'
import { SETTLED_MS } from './outcomes.ts'

/** A deposit that is paid, and the callbacks that came of it. */
const paid = async (bench: Bench, manner: Manner = {}) => {
  bench.simulator.behave(manner)
  const order = bench.order()
  expect((await bench.send(order)).kind).toBe('accepted')
  await bench.simulator.advance(SETTLED_MS)
  return { order, received: bench.shop.received }
}

const one = (received: readonly ReceivedCallback[]): ReceivedCallback => {
  const [first] = received
  if (!first || received.length !== 1) throw new Error(`${received.length} callbacks`)
  return first
}

const verdictOf = (answer: CallbackAnswer) => {
  expect(answer).toMatchObject({ kind: 'verified' })
  if (answer.kind !== 'verified') throw new Error('not verified')
  return answer.verdict
}

const saysPaid = ({ reference, paymentId, amountMinor, currency }: DepositOrder) => ({
  operation: 'deposit',
  reference,
  paymentId,
  attempt: 1,
  outcome: 'succeeded',
  amountMinor,
  currency,
})

const genuine: Case = {
  name: 'a genuine callback',
  run: async (bench) => {
    const { order, received } = await paid(bench)
    const verdict = verdictOf(await bench.verify(one(received)))
    expect(verdict).toMatchObject({ ...saysPaid(order), authentic: bench.gateway.callbacks.authentic })
  },
}

const failed: Case = {
  name: 'a callback of a failure',
  run: async (bench) => {
    const [failure] = bench.gateway.failures
    if (failure?.manner) bench.simulator.behave(failure.manner)
    const order = bench.order(failure?.over)
    await bench.send(order)
    await bench.simulator.advance(SETTLED_MS)
    const verdict = verdictOf(await bench.verify(one(bench.shop.received)))
    expect(verdict).toMatchObject({ reference: order.reference, outcome: 'failed', failureCode: failure?.code })
  },
}

const doubled: Case = {
  name: 'a doubled callback says the same twice',
  run: async (bench) => {
    const { order, received } = await paid(bench, { duplicateCallbacks: 2 })
    expect(received).toHaveLength(2)
    for (const callback of received) expect(verdictOf(await bench.verify(callback))).toMatchObject(saysPaid(order))
    expect(received[0]?.body).toBe(received[1]?.body)
  },
}

const withheld: Case = {
  name: 'no callback at all: asking tells',
  run: async (bench) => {
    const { order, received } = await paid(bench, { withholdCallbacks: true })
    expect(received).toEqual([])
    expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome: 'succeeded' })
  },
}

type Tamper = (callback: ReceivedCallback, headers: readonly string[]) => ReceivedCallback

const withHeaders = (
  callback: ReceivedCallback,
  of: (header: readonly [string, string]) => readonly [string, string][],
) => ({
  ...callback,
  rawHeaders: callback.rawHeaders.flatMap(of),
})

const unsigned: Tamper = (callback, headers) =>
  withHeaders(callback, (header) => (headers.includes(header[0].toLowerCase()) ? [] : [[...header]]))

/** Another one's signature, or another word: one character is other than it was. */
const forged: Tamper = (callback, headers) =>
  withHeaders(callback, ([name, value]) => {
    if (name.toLowerCase() !== headers[0]) return [[name, value]]
    const at = Math.floor(value.length / 2)
    const other = value[at] === '0' ? '1' : '0'
    return [[name, value.slice(0, at) + other + value.slice(at + 1)]]
  })

const altered: Tamper = (callback) => ({ ...callback, body: `${callback.body} ` })

/** What may not be believed: refused, or where nobody vouches for callbacks no more than a reason to ask. */
const isNotBelieved = async (bench: Bench, tamper: Tamper, vouchedFor: boolean): Promise<void> => {
  const { headers } = bench.gateway.callbacks
  const { received } = await paid(bench)
  const answer = await bench.verify(tamper(one(received), headers))
  if (vouchedFor) expect(answer).toMatchObject({ kind: 'refused' })
  else expect(answer).toMatchObject({ kind: 'verified', verdict: { authentic: 'hint' } })
}

const unsignedCallback: Case = {
  name: 'an unsigned callback is not believed',
  run: (bench) => isNotBelieved(bench, unsigned, bench.gateway.callbacks.prove !== 'nothing'),
}

const forgedCallback: Case = {
  name: 'a forged callback is not believed',
  run: (bench) => isNotBelieved(bench, forged, bench.gateway.callbacks.prove !== 'nothing'),
}

const alteredCallback: Case = {
  name: 'an altered callback is not believed',
  run: (bench) => isNotBelieved(bench, altered, bench.gateway.callbacks.prove === 'body'),
}

const unknownWord: Case = {
  name: 'a callback with an unknown word',
  run: async (bench) => {
    const { received } = await paid(bench, { statusWord: 'NEW_STATE' })
    const verdict = verdictOf(await bench.verify(one(received)))
    expect(verdict.outcome).toBe('unrecognised')
  },
}

const tooLarge: Case = {
  name: 'a callback that is too large is not looked at',
  run: async (bench) => {
    const { received } = await paid(bench)
    const callback = one(received)
    expect(await bench.verify({ ...callback, body: ' '.repeat(64 * 1024) + callback.body })).toEqual({
      kind: 'refused',
      reason: 'body_too_large',
    })
  },
}

export const CALLBACKS: readonly Case[] = [
  genuine,
  failed,
  doubled,
  withheld,
  unsignedCallback,
  forgedCallback,
  alteredCallback,
  unknownWord,
  tooLarge,
]
