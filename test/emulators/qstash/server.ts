import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { VirtualClock } from '../kit/clock.ts'
import { serve } from '../kit/server.ts'
import { createAcceptor } from './accept.ts'
import { createApi } from './api.ts'
import { createControl } from './control.ts'
import { Dispatcher } from './dispatcher.ts'
import { createDlq } from './dlq.ts'
import { createIntake } from './intake.ts'
import { type Delivery, JOURNAL_KEPT, Journal, type Published } from './journal.ts'
import { createKeys } from './keys.ts'
import { createMessages } from './messages.ts'
import { createSettle } from './outcome.ts'
import { type Persona, WELL_BEHAVED } from './persona.ts'
import { DEVELOPMENT_CREDENTIALS } from './signature.ts'
import { Store } from './store.ts'
import type { Surroundings } from './surroundings.ts'

export interface QstashOptions {
  /** 0 = any free one. */
  readonly port: number
  /** Messages live in `<stateDir>/qstash.sqlite`; without it, or with `:memory:`, they die with the process. */
  readonly stateDir?: string
  /** Default: the public credentials that the SDK's devMode expects. */
  readonly token?: string
  readonly currentSigningKey?: string
  readonly nextSigningKey?: string
  readonly clock?: VirtualClock
  /** The docs say 10 minutes, the SDK 90 days; 0 = off. Default 10 minutes. */
  readonly dedupWindowMs?: number
  /** Default 7 days, as on the pay-as-you-go plan. */
  readonly dlqRetentionMs?: number
  /** How many publishes and tries are remembered for whoever asks; 10,000 if not said. */
  readonly journalKept?: number
}

export interface Qstash {
  readonly url: string
  readonly token: string
  /** As they are now: rotation moves them. */
  readonly currentSigningKey: string
  readonly nextSigningKey: string
  /** Publishes as they came, oldest first. */
  published(): readonly Published[]
  /** Tries as they ended, in that order. */
  deliveries(): readonly Delivery[]
  /** Changes the given fields only; deliveries that may go again go at once. */
  persona(change: Partial<Persona>): void
  /** Jumps ahead in virtual time and waits for the tries that fall due. */
  advance(byMs: number): Promise<void>
  /** Resolves when no try is under way (at most 5 s). */
  idle(): Promise<void>
  reset(): void
  close(): Promise<void>
}

/** A QStash for development and tests: at least once, signed, with retries, deduplication and a dead-letter queue. */
export const startQstash = async (options: QstashOptions): Promise<Qstash> => {
  const { stateDir = ':memory:', token = DEVELOPMENT_CREDENTIALS.token } = options
  if (stateDir !== ':memory:') mkdirSync(stateDir, { recursive: true })
  const store = new Store(stateDir === ':memory:' ? stateDir : path.join(stateDir, 'qstash.sqlite'))
  const clock = options.clock ?? new VirtualClock()
  const initial = {
    current: options.currentSigningKey ?? DEVELOPMENT_CREDENTIALS.currentSigningKey,
    next: options.nextSigningKey ?? DEVELOPMENT_CREDENTIALS.nextSigningKey,
  }
  const keys = createKeys(store, initial, options.currentSigningKey !== undefined)
  const persona: Persona = { ...WELL_BEHAVED }
  const journal = new Journal(options.journalKept ?? JOURNAL_KEPT)
  const world: Surroundings = {
    store,
    clock,
    keys,
    persona,
    journal,
    dedupWindowMs: options.dedupWindowMs ?? 10 * 60_000,
    dlqRetentionMs: options.dlqRetentionMs ?? 7 * 86_400_000,
  }
  const accept = createAcceptor(world)
  const dispatcher = new Dispatcher(world, createSettle(world, accept))
  const parts = { token, intake: createIntake(world, accept), dlq: createDlq(world, accept) }
  const api = createApi(world, { ...parts, messages: createMessages(world) })

  const change = (fields: Partial<Persona>): void => {
    Object.assign(persona, fields)
    void dispatcher.pump()
  }
  const keepClock = () => store.set('clock_ahead_ms', String(clock.nowMs() - Date.now()))
  const advance = async (byMs: number): Promise<void> => {
    await dispatcher.idle()
    await clock.advance(byMs)
    await dispatcher.idle()
    // A retry that fell due on the way is no longer ahead: a jump of nothing runs it.
    await clock.advance(0)
    await dispatcher.idle()
    keepClock()
  }
  const reset = (): void => {
    dispatcher.forget()
    store.clear()
    keepClock()
    keys.reset()
    journal.clear()
    Object.assign(persona, WELL_BEHAVED)
  }

  const control = createControl(world, { change, advance, reset })

  // Messages kept from before were scheduled on a clock that may have been pushed ahead.
  if (!options.clock) await clock.advance(Number(store.setting('clock_ahead_ms') ?? 0))
  const listening = await serve({
    name: 'QStash emulator',
    port: options.port,
    portVariable: 'LANGO_QSTASH_PORT',
    handle: (arrived) => {
      if (arrived.path.startsWith('/_sim/')) return control(arrived)
      const handled = api(arrived)
      dispatcher.pumpSoon()
      return handled
    },
  }).catch((error: unknown) => {
    store.close()
    throw error
  })
  void dispatcher.pump()
  let closed: Promise<void> | undefined

  return {
    url: listening.url,
    token,
    get currentSigningKey() {
      return keys.get().current
    },
    get nextSigningKey() {
      return keys.get().next
    },
    published: () => journal.published,
    deliveries: () => journal.deliveries,
    persona: change,
    advance,
    idle: () => dispatcher.idle(),
    reset,
    close: () => {
      closed ??= (async () => {
        dispatcher.close()
        if (!options.clock) clock.clear()
        await listening.close()
        store.close()
      })()
      return closed
    },
  }
}
