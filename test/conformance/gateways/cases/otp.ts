/** A code that the customer is asked for after the charge was made. What is said of a code is never said of the money. */
import { expect } from 'vitest'
import type { DepositOrder } from '../../../../src/contracts/vault.ts'
import type { Bench } from '../bench.ts'
import type { Case } from '../case.ts'
import type { GatewayDescription, Manner } from '../description.ts'
import { SETTLED_MS } from './outcomes.ts'

type Coded = NonNullable<GatewayDescription['otp']>

/** A charge that waits for its code. */
const waiting = async (bench: Bench, manner: Manner = {}): Promise<{ coded: Coded; order: DepositOrder }> => {
  const coded = bench.gateway.otp
  if (!coded) throw new Error('no code is asked for here')
  const { own } = coded.manner
  bench.simulator.behave({ ...coded.manner, ...manner, own: { ...own, ...manner.own } })
  const order = bench.order(coded.over)
  expect(await bench.send(order)).toMatchObject({ kind: 'accepted', nextAction: { type: 'otp' } })
  return { coded, order }
}

const taken: Case = {
  name: 'a code after the charge',
  run: async (bench) => {
    const { coded, order } = await waiting(bench)
    expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome: 'pending' })
    await bench.simulator.advance(SETTLED_MS)
    expect(bench.capturesOf(order)).toBe(0)
    // The customer taps twice: whatever the second answer is, the money is taken once.
    expect(await bench.submitOtp(order, coded.right)).toMatchObject({ kind: 'accepted' })
    await bench.submitOtp(order, coded.right)
    await bench.simulator.advance(SETTLED_MS)
    expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome: 'succeeded' })
    expect(bench.capturesOf(order)).toBe(1)
    for (const { target } of bench.simulator.requests()) expect(target).not.toContain(coded.right)
  },
}

const wrong: Case = {
  name: 'a wrong code leaves the charge as it is',
  run: async (bench) => {
    expect(bench.gateway.otp?.wrongs.length).toBeGreaterThan(0)
    for (const manner of bench.gateway.otp?.wrongs ?? []) {
      const { coded, order } = await waiting(bench, manner)
      expect(await bench.submitOtp(order, coded.wrong)).toMatchObject({ kind: 'rejected' })
      await bench.simulator.advance(SETTLED_MS)
      expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome: 'pending' })
      expect(await bench.submitOtp(order, coded.right)).toMatchObject({ kind: 'accepted' })
      await bench.simulator.advance(SETTLED_MS)
      expect(bench.capturesOf(order)).toBe(1)
      bench.reset()
    }
  },
}

const lost: Case = {
  name: 'the answer to a code is lost',
  run: async (bench) => {
    const faults: readonly (readonly [Manner, captures: 0 | 1])[] = [
      [{ dropBeforeProcessing: true }, 0],
      [{ dropAfterProcessing: true }, 1],
      [{ status5xx: 'after', status5xxCode: 502 }, 1],
      [{ answerInstead: { status: 200, contentType: 'text/html', body: '<html></html>' } }, 1],
    ]
    for (const [fault, captures] of faults) {
      const { coded, order } = await waiting(bench, { on: 'otp', ...fault })
      expect(await bench.submitOtp(order, coded.right)).toMatchObject({ kind: 'unknown' })
      await bench.simulator.advance(SETTLED_MS)
      expect(bench.capturesOf(order)).toBe(captures)
      const outcome = captures === 0 ? 'pending' : 'succeeded'
      expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome })
      bench.reset()
    }
  },
}

const late: Case = {
  name: 'a code after its time',
  run: async (bench) => {
    const { coded, order } = await waiting(bench, bench.gateway.otp?.expiring)
    await bench.simulator.advance(SETTLED_MS)
    expect((await bench.submitOtp(order, coded.right)).kind).not.toBe('accepted')
    await bench.simulator.advance(SETTLED_MS)
    expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome: 'failed' })
    expect(bench.capturesOf(order)).toBe(0)
  },
}

const nonsense: Case = {
  name: 'what is no code does not leave',
  run: async (bench) => {
    const { order } = await waiting(bench)
    for (const otp of ['', '12 34', '12"34', '1&otp=2', '1'.repeat(37), 'é'])
      expect([otp, await bench.submitOtp(order, otp)]).toEqual([otp, { kind: 'not_sent', code: 'E1312' }])
  },
}

export const OTP: readonly Case[] = [taken, wrong, lost, late, nonsense]
