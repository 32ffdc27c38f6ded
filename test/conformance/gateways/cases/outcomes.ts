/** What a deposit becomes: paid, failed, turned away, paid after all. */
import { expect } from 'vitest'
import type { Bench } from '../bench.ts'
import type { Case } from '../case.ts'

/** Long enough for everything to settle, in virtual time. */
export const SETTLED_MS = 5_000

const paid: Case = {
  name: 'a deposit that is paid',
  run: async (bench) => {
    const { gateway, simulator } = bench
    const order = bench.order()
    expect(await bench.send(order)).toMatchObject({ kind: 'accepted', nextAction: { type: gateway.nextAction } })
    expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome: 'pending' })
    await simulator.advance(SETTLED_MS)
    expect(await bench.status(order)).toMatchObject({
      kind: 'found',
      outcome: 'succeeded',
      amountMinor: order.amountMinor,
      currency: order.currency,
    })
    expect(simulator.captures()).toMatchObject([{ amountMinor: order.amountMinor, currency: order.currency }])
    expect([bench.capturesOf(order), bench.creates()]).toEqual([1, 1])
    // A path is written into logs by everyone on the way.
    for (const { target } of simulator.requests()) expect(target).not.toContain(order.phoneNumber)
  },
}

const answers: Case = {
  name: 'each documented answer to a send',
  run: async (bench) => {
    const { answers } = bench.gateway
    expect(answers.length).toBeGreaterThan(0)
    for (const { name, over, manner, outcome } of answers) {
      if (manner) bench.simulator.behave(manner)
      expect([name, await bench.send(bench.order(over)), bench.creates()]).toMatchObject([name, outcome, 1])
      bench.reset()
    }
  },
}

const statuses: Case = {
  name: 'each documented status',
  run: async (bench) => {
    const statuses = Object.entries(bench.gateway.statuses)
    expect(statuses.length).toBeGreaterThan(0)
    for (const [word, outcome] of statuses) {
      const order = bench.order()
      await bench.send(order)
      bench.simulator.behave({ statusWord: word })
      expect([word, await bench.status(order)]).toMatchObject([word, { kind: 'found', outcome }])
      bench.simulator.reset()
    }
  },
}

/** How people and programs misspell a word that means something. */
const misspelt = (word: string): readonly string[] => [
  word.slice(0, -1),
  `${word}X`,
  `${word} `,
  word === word.toUpperCase() ? word.toLowerCase() : word.toUpperCase(),
]

const unknownWord: Case = {
  name: 'an unknown word as status',
  run: async (bench) => {
    const { statuses } = bench.gateway
    const words = Object.keys(statuses).flatMap(misspelt)
    for (const word of ['', 'NEW_STATE', ...words].filter((candidate) => !(candidate in statuses))) {
      const order = bench.order()
      await bench.send(order)
      bench.simulator.behave({ statusWord: word })
      const status = await bench.status(order)
      // Nothing is learnt of the money; people are told.
      const learnt = status.kind === 'found' ? status.outcome : status.kind
      expect([word, learnt]).toEqual([word, expect.stringMatching(/^(unrecognised|unknown)$/)])
      bench.simulator.reset()
    }
  },
}

const failures: Case = {
  name: 'each failure code',
  run: async (bench) => {
    const { failures } = bench.gateway
    expect(failures.length).toBeGreaterThan(0)
    for (const { name, over, manner, code } of failures) {
      if (manner) bench.simulator.behave(manner)
      const order = bench.order(over)
      expect([name, await bench.send(order)]).toMatchObject([name, { kind: 'accepted' }])
      await bench.simulator.advance(SETTLED_MS)
      expect([name, await bench.status(order)]).toMatchObject([
        name,
        { kind: 'found', outcome: 'failed', failureCode: code },
      ])
      expect(bench.capturesOf(order)).toBe(0)
      bench.simulator.reset()
    }
  },
}

const refusals: Case = {
  name: 'each refusal at the door',
  run: async (bench) => {
    const { refusals } = bench.gateway
    expect(refusals.length).toBeGreaterThan(0)
    for (const { name, over, manner, code } of refusals) {
      if (manner) bench.simulator.behave(manner)
      const order = bench.order(over)
      expect([name, await bench.send(order)]).toMatchObject([name, { kind: 'rejected', code }])
      await bench.simulator.advance(SETTLED_MS)
      expect([name, bench.capturesOf(order), bench.creates()]).toEqual([name, 0, 1])
      bench.reset()
    }
  },
}

/** The money may have moved under the first: whatever the answer to the second is, it frees nobody to charge again. */
const sentTwice = async (bench: Bench) => {
  const order = bench.order()
  await bench.send(order)
  const second = await bench.send(order)
  await bench.simulator.advance(SETTLED_MS)
  return { order, second }
}

const duplicate: Case = {
  name: 'a duplicate reference is no refusal',
  run: async (bench) => {
    const { order, second } = await sentTwice(bench)
    expect(second.kind).toMatch(/^(unknown|accepted)$/)
    expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome: 'succeeded' })
  },
}

const duplicateTakenOnce: Case = {
  name: 'a duplicate reference takes money once',
  run: async (bench) => {
    const { order } = await sentTwice(bench)
    expect(bench.capturesOf(order)).toBe(1)
  },
}

const notYetKnown: Case = {
  name: 'asked before it is known',
  run: async (bench) => {
    bench.simulator.behave({ statusNotFoundForMs: 60_000 })
    const order = bench.order()
    expect((await bench.send(order)).kind).toBe('accepted')
    await bench.simulator.advance(SETTLED_MS)
    expect(await bench.status(order)).toEqual({ kind: 'not_found' })
    await bench.simulator.advance(60_000)
    expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome: 'succeeded' })
  },
}

const lateSuccess: Case = {
  name: 'failed, and paid after all',
  run: async (bench) => {
    bench.simulator.behave({ lateSuccess: { afterMs: 600_000 } })
    const order = bench.order()
    await bench.send(order)
    await bench.simulator.advance(SETTLED_MS)
    expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome: 'failed' })
    await bench.simulator.advance(600_000)
    expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome: 'succeeded' })
    expect(bench.capturesOf(order)).toBe(1)
  },
}

const tokenExpiry: Case = {
  name: 'a token that has expired',
  run: async (bench) => {
    const { simulator } = bench
    if (!simulator.expireTokens) throw new Error('the simulator has no tokens that expire')
    const before = bench.order()
    expect((await bench.send(before)).kind).toBe('accepted')
    simulator.expireTokens()
    const order = bench.order()
    expect((await bench.send(order)).kind).toBe('accepted')
    await simulator.advance(SETTLED_MS)
    expect(bench.capturesOf(order)).toBe(1)
    simulator.expireTokens()
    expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome: 'succeeded' })
  },
}

export const OUTCOMES: readonly Case[] = [
  paid,
  answers,
  statuses,
  unknownWord,
  failures,
  refusals,
  duplicate,
  duplicateTakenOnce,
  notYetKnown,
  lateSuccess,
  tokenExpiry,
]
