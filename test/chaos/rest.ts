import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../../scripts/stack/stack.ts'
import { isFinal } from '../../src/domain/payment.ts'
import { WELL_BEHAVED } from '../emulators/qstash/persona.ts'
import type { Beside } from './gateways.ts'

const AT_ONCE = 8
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/**
 * How far ahead the world is moved, step by step: past the settling time, past the hour after which a lost message is asked
 * about, past the 30 days after which silence goes to people.
 */
const STEPS_MS = [
  30_000,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  20 * MINUTE_MS,
  40 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  DAY_MS,
  2 * DAY_MS,
  ...Array.from({ length: 19 }, (_, i) => (4 + 2 * i) * DAY_MS),
]
/** Here every payment goes along: one that has failed may still have a question open. */
const EVERYBODY_AT_MS = 2 * HOUR_MS
const ROUNDS_PER_STEP = 4
/** A gateway call that hangs, at most, once the connections that hung for ever are broken. */
const CALLS_END_MS = 20_000
/** Longer than the vault waits before it looks for keys again. */
const KEY_KNOWN_MS = 90_000
const KEY_LOOK_MS = 1_000

/** Every fault of the surroundings ends, and so does every manner of the gateway but those in `forGood`. */
export const liftFaults = async (
  stack: Stack,
  beside: Beside | undefined,
  forGood: readonly { readonly msisdn: string; readonly amnesia: { readonly afterMs: number } }[],
): Promise<void> => {
  const { control } = stack.redis
  await control.persona({
    down: false,
    dropAfterExecute: false,
    dropBeforeExecute: false,
    error500: false,
    duplicate: false,
    delayMs: 0,
    delayReplyMs: 0,
  })
  await control.server?.start()
  stack.qstash.persona({ ...WELL_BEHAVED })
  stack.pawapay.persona({ reset: true })
  beside?.mtn.persona({ reset: true })
  beside?.wave.persona({ reset: true })
  beside?.flutterwave.persona({ reset: true })
  for (const persona of forGood) stack.pawapay.persona(persona)
}

const everyone = async (ids: readonly string[], work: (id: string) => Promise<void>): Promise<void> => {
  const waiting = [...ids]
  const worker = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) await work(id)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** Decided, and if paid fulfilled; or with people; or never there. */
const openOf = async (stack: Stack, ids: readonly string[]): Promise<string[]> => {
  const open: string[] = []
  await everyone(ids, async (id) => {
    const state = await (await stack.payment(id)).state()
    if (!state || state.status === 'review') return
    if (!isFinal(state.status) || (state.status === 'succeeded' && state.fulfilment.status !== 'fulfilled'))
      open.push(id)
  })
  return open
}

/** An answer that the gateway still owes: time may not jump while a request is under way. */
const callsEnd = async (gateways: readonly Pick<Stack['pawapay'], 'requests'>[]): Promise<void> => {
  const until = Date.now() + CALLS_END_MS
  const pending = () => gateways.some((gateway) => gateway.requests().some(({ status }) => status === undefined))
  while (pending() && Date.now() < until) await sleep(50)
}

/**
 * The gateway calls back for a quarter of an hour, which here passes in a second, and the vault looks for a new key once a
 * minute, by the wall clock. So time may not jump before a callback signed as things are now is believed.
 */
export const callbacksBelieved = async ({ pawapay }: Stack, reference: string): Promise<void> => {
  const until = Date.now() + KEY_KNOWN_MS
  for (;;) {
    const body = JSON.stringify({ depositId: reference })
    const sent = await fetch(`${pawapay.url}/_sim/callback`, { method: 'POST', body })
    const { status } = (await sent.json()) as { status: number }
    if (status === 200) return
    if (Date.now() > until) throw new Error(`a true callback is answered ${status}, with every fault lifted`)
    await sleep(KEY_LOOK_MS)
  }
}

/**
 * Moves gateways, queue and objects on together, until every payment is at rest. Returns those that are not, 40 days later.
 * Gateways first: what they have settled or will call back about must have happened when the objects ask.
 */
export const comeToRest = async (
  stack: Stack,
  beside: Beside | undefined,
  ids: readonly string[],
  progress: (open: number, aheadMs: number) => void,
): Promise<readonly string[]> => {
  const gateways = [stack.pawapay, ...(beside ? [beside.mtn, beside.wave, beside.flutterwave] : [])]
  await callsEnd(gateways)
  let open: readonly string[] = await openOf(stack, ids)
  let aheadMs = 0
  const roundOf = async (some: readonly string[]): Promise<number> => {
    let did = 0
    await everyone(some, async (id) => {
      did += await (await stack.payment(id)).runDueAlarms(Date.now() + aheadMs)
    })
    await stack.qstash.advance(0)
    await stack.qstash.idle()
    return did
  }
  for (const stepMs of STEPS_MS) {
    if (open.length === 0 && stepMs > EVERYBODY_AT_MS) break
    for (const gateway of gateways) await gateway.advance(stepMs - aheadMs)
    await stack.qstash.advance(stepMs - aheadMs)
    aheadMs = stepMs
    if (stepMs === EVERYBODY_AT_MS) {
      await roundOf(ids)
      open = await openOf(stack, ids)
    }
    for (let round = 0; round < ROUNDS_PER_STEP && open.length > 0; round++) {
      const did = await roundOf(open)
      open = await openOf(stack, open)
      progress(open.length, aheadMs)
      if (did === 0) break
    }
  }
  return openOf(stack, ids)
}
