import type { PaymentState } from '../../../src/contracts/decide.ts'
import type { PaymentObjectRpc } from '../../../src/contracts/payment-object.ts'
import type { RouteDecision } from '../../../src/contracts/route.ts'
import { createPlace, type Place } from '../scheduler.ts'
import { ask, OUTSIDE, type Reply, refuse, type World } from '../world.ts'
import { ObjectDatabase, type ObjectStorage } from './object-database.ts'
import { ObjectTables } from './object-tables.ts'

const METHODS = [
  'begin',
  'get',
  'keep',
  'apply',
  'refresh',
  'expectCallback',
  'decisions',
  'due',
  'markFulfilled',
] as const
type Method = (typeof METHODS)[number]

const isRecord = (text: string): boolean => text.startsWith('{"paymentId"')
const BROKEN = 'this instance has been replaced by another'
/** The platform tries a failing alarm that often. */
const ALARM_TRIES_MAX = 6

/** What the class keeps of a payment, as far as the simulation reads it. */
export interface StoredPayment {
  readonly paymentId: string
  readonly state: PaymentState
}

type PaymentObject = PaymentObjectRpc & { alarm(): Promise<void> }

interface Instance {
  readonly place: Place
  /** What its isolate gives to the class. */
  readonly env: unknown
  /** Made by its first step. */
  object: PaymentObject | null
  /** What `blockConcurrencyWhile` waits for. */
  ready: Promise<unknown>
  /** What waits for the next confirmation to leave. */
  readonly held: (() => void)[]
  /** Calls that nobody will answer if it dies. */
  readonly calls: Set<() => void>
}

/**
 * One Durable Object as the platform keeps it: storage whose writes are confirmed some time after they were made, an alarm
 * that is part of it, and at most one instance that may touch either.
 */
class Durable {
  readonly #world: World
  readonly #id: string
  readonly #host: () => unknown
  #database: ObjectStorage | null = null
  #instance: Instance | null = null
  #alarmAtMs: number | null = null
  #confirmedAlarmAtMs: number | null = null
  #alarmIsNew = false
  #alarmVersion = 0
  #alarmRuns = false
  /** It has run, and what it wrote is not durable: the platform's own note that it has run is part of that. */
  #alarmUnconfirmed = false
  #alarmTries = 0
  #confirming = false
  #references = 0
  /** Attempts that were noted as durable, and where they were to go. */
  readonly #durable = new Map<number, string>()
  /** The last row of a payment that was written and is not confirmed. */
  #written = ''

  constructor(world: World, id: string, host: () => unknown) {
    this.#world = world
    this.#id = id
    this.#host = host
  }

  call(method: Method, args: readonly unknown[], reply: Reply<unknown>): void {
    const instance = this.#start()
    this.#tell(() => `object.${method}(${JSON.stringify(args).slice(1, 160)}`)
    const dead = () => reply(refuse('the object was reset'))
    instance.calls.add(dead)
    const leave = (answer: () => unknown) => {
      instance.place.gate?.(() => {
        if (instance.calls.delete(dead)) reply(answer)
      })
    }
    this.#enter(instance, (object) =>
      (object[method] as (...all: readonly unknown[]) => Promise<unknown>)(...args).then(
        (value) => leave(() => value),
        (error: unknown) =>
          leave(() => {
            throw error
          }),
      ),
    )
  }

  /** The attempts that are durable; null when there is no payment. */
  record(): StoredPayment | null {
    if (!this.#database) return null
    const [row] = this.#database.exec('SELECT record FROM payment', [])
    return row ? (JSON.parse(row['record'] as string) as StoredPayment) : null
  }

  /** Why each attempt went where it went. */
  #decisions(): { readonly attempt: unknown; readonly decision: Pick<RouteDecision, 'trigger'> }[] {
    const rows = this.#database?.exec('SELECT attempt, decision FROM decisions ORDER BY attempt', []) ?? []
    return rows.map(({ attempt, decision }) => ({ attempt, decision: JSON.parse(decision as string) }))
  }

  get instance(): Instance | null {
    return this.#instance
  }

  #tell(text: () => string): void {
    this.#world.notes.tell(this.#world.scheduler.nowMs, this.#id, text)
  }

  /** The machine dies. */
  crash(): void {
    const instance = this.#instance
    if (!instance) return
    this.#tell(() => 'the object dies')
    instance.place.dead = true
    this.#drop(instance)
  }

  /** Another machine takes over; the old instance goes on until it touches its storage. */
  replace(): void {
    const instance = this.#instance
    if (!instance) return
    this.#tell(() => 'the object is replaced, its old instance goes on')
    this.#drop(instance)
  }

  /** Idle, or held to be: what was written is kept, what was under way is not. */
  evict(): void {
    this.#tell(() => 'the object is evicted')
    this.#confirm()
    this.crash()
  }

  /** Between two steps: what was written is confirmed some time later. */
  settle(): void {
    if (this.#confirming || !this.#unconfirmed) return
    this.#confirming = true
    const { scheduler, random, faults } = this.#world
    const slow = faults.strikes('storage_slow') ? random.between(200, 5_000) : 0
    scheduler.after(slow + random.between(0, 12), OUTSIDE, () => {
      this.#confirming = false
      this.#confirm()
    })
  }

  end(): void {
    if (this.#instance) this.#instance.place.dead = true
    this.#database = null
  }

  get #unconfirmed(): boolean {
    return this.#alarmIsNew || (this.#database?.unconfirmed ?? false)
  }

  #confirm(): void {
    if (!this.#unconfirmed) return
    const wrote = this.#database?.unconfirmed ?? false
    this.#database?.confirm()
    this.#alarmUnconfirmed = false
    if (wrote) this.#noteAttempts()
    if (this.#alarmIsNew) {
      this.#alarmIsNew = false
      if (this.#alarmAtMs !== this.#confirmedAlarmAtMs) this.#schedule(this.#alarmAtMs)
    }
    const held = this.#instance?.held.splice(0) ?? []
    for (const leave of held) leave()
  }

  /** The attempts that have just become durable. */
  #noteAttempts(): void {
    const text = this.#written
    this.#written = ''
    let count = 0
    for (let at = text.indexOf('"reference":'); at >= 0; at = text.indexOf('"reference":', at + 1)) count += 1
    if (count <= this.#references) return
    this.#references = count
    const { notes, scheduler } = this.#world
    const attempts = this.record()?.state.attempts ?? []
    const decisions = this.#world.gateways.length > 0 ? this.#decisions() : []
    for (const { n, reference, gateway } of attempts) {
      // One that never left is forgotten, and may be begun anew for another gateway.
      if (this.#durable.get(n) === gateway) continue
      this.#durable.set(n, gateway)
      const failover = decisions.some(({ attempt, decision }) => attempt === n && decision.trigger === 'failover')
      notes.durable.push({ paymentId: this.#id, n, reference, gateway, failover, durableAt: scheduler.nowMs })
    }
  }

  #drop(instance: Instance): void {
    this.#instance = null
    this.#database?.lose()
    this.#written = ''
    this.#alarmAtMs = this.#confirmedAlarmAtMs
    this.#alarmIsNew = false
    for (const dead of instance.calls) dead()
    instance.calls.clear()
    if (!this.#alarmRuns && !this.#alarmUnconfirmed) return
    this.#alarmRuns = false
    this.#alarmUnconfirmed = false
    if (this.#confirmedAlarmAtMs === null) this.#schedule(this.#world.scheduler.nowMs + 2_000)
  }

  #start(): Instance {
    if (this.#instance) return this.#instance
    const place = createPlace(this.#id)
    const env = this.#host()
    const instance: Instance = { place, env, object: null, ready: Promise.resolve(), held: [], calls: new Set() }
    let lostWrites = false
    place.gate = (leave) => {
      if (this.#instance !== instance) {
        lostWrites ||= instance.held.length > 0
        if (!lostWrites) leave()
      } else if (this.#unconfirmed) instance.held.push(leave)
      else leave()
    }
    this.#instance = instance
    return instance
  }

  #enter(instance: Instance, run: (object: PaymentObject) => Promise<unknown>): void {
    const { scheduler, system } = this.#world
    scheduler.after(0, instance.place, () => {
      // Replaced before its first step: it never was.
      if (!instance.object && this.#instance !== instance) return
      instance.object ??= new system.PaymentObject(this.#context(instance), instance.env)
      const { object } = instance
      instance.ready.then(() => run(object))
    })
  }

  #context(instance: Instance) {
    const own = () => {
      if (this.#instance !== instance) throw new Error(BROKEN)
      this.#database ??= this.#world.plain ? new ObjectDatabase() : new ObjectTables()
      return this.#database
    }
    const setAlarm = async (atMs: number | null) => {
      own()
      this.#alarmAtMs = atMs
      this.#alarmIsNew = true
    }
    return {
      id: { name: this.#id },
      waitUntil: () => {},
      blockConcurrencyWhile: (work: () => Promise<unknown>) => {
        instance.ready = work()
        return instance.ready
      },
      storage: {
        sql: {
          exec: (query: string, ...values: (string | number | null)[]) => {
            const rows = own().exec(query, values)
            if (query === 'DELETE FROM payment') this.#references = 0
            for (const value of values) if (typeof value === 'string' && isRecord(value)) this.#written = value
            return { toArray: () => rows }
          },
        },
        transactionSync: <Result>(run: () => Result): Result => own().transactionSync(run),
        setAlarm,
        deleteAlarm: () => setAlarm(null),
        getAlarm: async () => {
          own()
          return this.#alarmAtMs
        },
        sync: () => {
          own()
          return new Promise<void>((resolve) => {
            instance.place.gate?.(() => this.#world.scheduler.after(0, instance.place, resolve))
          })
        },
      },
    }
  }

  #schedule(atMs: number | null): void {
    this.#alarmVersion += 1
    this.#confirmedAlarmAtMs = atMs
    this.#alarmAtMs = atMs
    if (atMs === null) return
    const version = this.#alarmVersion
    const { scheduler, random } = this.#world
    const overdue = atMs <= scheduler.nowMs
    // A clock that went back sets alarms in the past over and over: they fire, but not without a breath in between.
    const delayMs = overdue ? random.between(200, 2_000) : atMs - scheduler.nowMs + random.between(0, 50)
    scheduler.after(delayMs, OUTSIDE, () => {
      if (version === this.#alarmVersion) this.#fire()
    })
  }

  #fire(): void {
    const { scheduler } = this.#world
    if (this.#alarmRuns) {
      // One alarm at a time: this one comes after.
      this.#schedule(scheduler.nowMs + 500)
      return
    }
    const instance = this.#start()
    this.#tell(() => 'alarm')
    this.#alarmRuns = true
    this.#confirmedAlarmAtMs = null
    this.#alarmAtMs = null
    this.#alarmVersion += 1
    const done = (failed: boolean) => {
      if (this.#instance !== instance) return
      this.#alarmRuns = false
      this.#alarmUnconfirmed = this.#unconfirmed
      this.#alarmTries = failed ? this.#alarmTries + 1 : 0
      if (!failed || this.#alarmTries > ALARM_TRIES_MAX) return
      if (this.#alarmAtMs === null) this.#schedule(scheduler.nowMs + 2_000 * 2 ** this.#alarmTries)
    }
    this.#enter(instance, (object) =>
      object.alarm().then(
        () => done(false),
        () => done(true),
      ),
    )
  }
}

export interface Objects {
  readonly namespace: object
  /** A call of the place whose step it is. */
  readonly stub: (id: string) => PaymentObjectRpc
  readonly records: () => readonly StoredPayment[]
  readonly record: (id: string) => StoredPayment | null
  /** The object that has an instance at this place. */
  readonly at: (place: Place) => Durable | undefined
  /** To be called between steps: at most the place that has just run has written anything. */
  readonly settle: (place: Place) => void
  readonly end: () => void
}

/** `host`: the environment of the isolate that an object's next instance comes to live in. */
export const createObjects = (world: World, host: () => unknown): Objects => {
  const all = new Map<string, Durable>()
  const durable = (id: string): Durable => {
    let one = all.get(id)
    if (!one) {
      one = new Durable(world, id, host)
      all.set(id, one)
    }
    return one
  }
  const { faults } = world
  const call = (id: string, method: Method, args: readonly unknown[]): Promise<unknown> =>
    ask(world, (reply) => {
      if (faults.strikes('rpc_lost')) return reply(refuse('the network lost the call'))
      const loses = faults.strikes('rpc_answer_lost')
      durable(id).call(method, args, (answer) => reply(loses ? refuse('the network lost the answer') : answer))
    })
  const stub = (id: string): PaymentObjectRpc =>
    Object.fromEntries(
      METHODS.map((method) => [method, (...args: readonly unknown[]) => call(id, method, args)]),
    ) as unknown as PaymentObjectRpc
  const at = (place: Place) => {
    const one = all.get(place.name)
    return one?.instance?.place === place ? one : undefined
  }
  return {
    namespace: {
      idFromName: (name: string) => ({ name, equals: (other: { readonly name: string }) => other.name === name }),
      get: ({ name }: { readonly name: string }) => stub(name),
    },
    stub,
    at,
    record: (id) => all.get(id)?.record() ?? null,
    records: () => [...all.values()].flatMap((one) => one.record() ?? []),
    settle: (place) => all.get(place.name)?.settle(),
    end: () => {
      for (const one of all.values()) one.end()
    },
  }
}
