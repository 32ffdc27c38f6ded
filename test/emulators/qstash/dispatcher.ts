import { FlowLimits } from './flow-limits.ts'
import type { Answered, Stored } from './message.ts'
import type { Settle } from './outcome.ts'
import { send } from './send.ts'
import { signDelivery } from './signature.ts'
import { READABLE_AFTER_END_MS, type Surroundings } from './surroundings.ts'
import { logView } from './views.ts'

const PARALLEL_MAX = 100
/** Small: as a rule it is enough to see which flows are full. */
const FIRST_PAGE = 5
const SWEEP_EVERY_MS = 1000
const CLOCK_WAITS_MS = 5000
const REGION = 'EU-CENTRAL-1'

/** Sends what is due, when queues, flow control and the persona let it go. */
export class Dispatcher {
  readonly #world: Surroundings
  readonly #settle: Settle
  readonly #flow = new FlowLimits()
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<void>>()
  #lastTurn: Promise<void> = Promise.resolve()
  #soon: Promise<void> | undefined
  #generation = 0
  #sweptAtMs = 0
  #wakeAtMs = Number.POSITIVE_INFINITY

  constructor(world: Surroundings, settle: Settle) {
    this.#world = world
    this.#settle = settle
  }

  /** Starts what may go when this turn of the loop is over: whoever has just published has its answer first. */
  pumpSoon(): void {
    this.#soon ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#soon = undefined
      void this.pump()
    })
  }

  /** Starts everything that may go now; resolves when what it started has ended, and what that started in turn. */
  async pump(): Promise<void> {
    const { store, clock, persona, dlqRetentionMs } = this.#world
    if (this.#closing.signal.aborted || persona.down || persona.holdDeliveries) return
    const nowMs = clock.nowMs()
    if (nowMs - this.#sweptAtMs > SWEEP_EVERY_MS) {
      store.sweep(nowMs - READABLE_AFTER_END_MS, nowMs - dlqRetentionMs)
      this.#sweptAtMs = nowMs
    }
    let wakeAtMs = store.nextDueAfter(nowMs) ?? Number.POSITIVE_INFINITY
    const started: Promise<void>[] = []
    const held = new Set<string>()
    for (const message of this.#due(nowMs, held)) {
      if (this.#running.size >= PARALLEL_MAX) break
      const { flowControl } = message.envelope
      if (!store.mayLeaveQueue(message)) continue
      const waitMs = this.#flow.waitMs(flowControl, nowMs)
      if (waitMs === 0) started.push(this.#start(message, nowMs))
      else if (flowControl) held.add(flowControl.key)
      if (waitMs !== null && waitMs > 0) wakeAtMs = Math.min(wakeAtMs, nowMs + waitMs)
    }
    this.#wakeAt(wakeAtMs)
    await Promise.all(started)
  }

  /** A page at a time: thousands may wait for a flow that is full, and none of them is looked at for each that ends. */
  *#due(nowMs: number, held: ReadonlySet<string>): Generator<Stored> {
    const { store, persona } = this.#world
    if (persona.reorder) {
      yield* store.due(nowMs, 0, new Set(), Number.MAX_SAFE_INTEGER).toReversed()
      return
    }
    let afterSeq = 0
    for (let limit = FIRST_PAGE; ; limit = PARALLEL_MAX) {
      const page = store.due(nowMs, afterSeq, held, limit)
      yield* page
      if (page.length < limit) return
      afterSeq = page.at(-1)?.seq ?? afterSeq
    }
  }

  /** Waits, in wall time, until no try is under way; gives up on a destination that holds its answer. */
  async idle(): Promise<void> {
    const until = Date.now() + CLOCK_WAITS_MS
    await this.#soon
    while (this.#running.size > 0 && Date.now() < until) await this.#patience([...this.#running], until)
  }

  /** Forgets what is under way: its outcome is written nowhere. */
  forget(): void {
    this.#generation++
    this.#wakeAtMs = Number.POSITIVE_INFINITY
  }

  close(): void {
    this.forget()
    this.#closing.abort()
  }

  #wakeAt(atMs: number): void {
    if (atMs >= this.#wakeAtMs || !Number.isFinite(atMs)) return
    this.#wakeAtMs = atMs
    this.#world.clock.at(atMs, async () => {
      this.#wakeAtMs = Number.POSITIVE_INFINITY
      await this.#patience([this.pump()], Date.now() + CLOCK_WAITS_MS)
    })
  }

  async #patience(work: readonly Promise<void>[], untilMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, untilMs - Date.now()))
    })
    await Promise.race([Promise.all(work), enough])
    clearTimeout(timer)
  }

  #start(message: Stored, nowMs: number): Promise<void> {
    const { store } = this.#world
    const { envelope } = message
    const body = store.body(envelope.id)
    store.atomically(() => {
      store.activate(envelope.id)
      store.log(nowMs, envelope.id, logView(envelope, body, { state: 'ACTIVE', atMs: nowMs }))
    })
    this.#flow.started(envelope.flowControl, nowMs)
    const tries = this.#try(message, body).finally(() => this.#running.delete(tries))
    this.#running.add(tries)
    return tries.then(() => this.pump())
  }

  /**
   * One end of a try in each turn of the loop: answers come in bunches, and what is published meanwhile waits for one of
   * them, not for all.
   */
  #turn(): Promise<void> {
    this.#lastTurn = this.#lastTurn.then(() => new Promise((resolve) => setImmediate(resolve)))
    return this.#lastTurn
  }

  async #try(message: Stored, body: Buffer): Promise<void> {
    const { persona } = this.#world
    const generation = this.#generation
    const first = this.#exchange(message, body, false)
    if (persona.duplicateInParallel > 0) {
      persona.duplicateInParallel--
      await this.#exchange(message, body, true)
    }
    const answer = await first
    await this.#turn()
    this.#flow.ended(message.envelope.flowControl)
    if (generation !== this.#generation) return
    const ended = this.#settle(message, body, answer)
    if (ended === 'delivered' && persona.duplicateAfter2xx > 0) {
      persona.duplicateAfter2xx--
      await this.#exchange(message, body, true)
    }
  }

  /** Each try has a JWT of its own: five minutes are shorter than most waits. */
  async #exchange(message: Stored, body: Buffer, duplicate: boolean): Promise<Answered> {
    const { keys, persona, journal } = this.#world
    const { envelope, retried } = message
    const at = Date.now()
    const generation = this.#generation
    const signature = signDelivery({ key: keys.get().current, url: envelope.url, body, wallMs: at + persona.skewMs })
    const answer = await send({
      url: envelope.url,
      method: envelope.method,
      headers: [
        ...envelope.headers,
        ['User-Agent', 'Upstash-QStash'],
        ['Upstash-Message-Id', envelope.id],
        ['Upstash-Retried', String(retried)],
        ['Upstash-Signature', signature],
        ['Upstash-Caller-Ip', envelope.callerIp],
        ['Upstash-Region', REGION],
      ],
      body,
      timeoutMs: envelope.timeoutMs,
      closing: this.#closing.signal,
    })
    if (generation === this.#generation) {
      const { status, error, ms } = answer
      journal.recordDelivery({ messageId: envelope.id, url: envelope.url, status, error, ms, retried, at, duplicate })
    }
    return answer
  }
}
