import { createHash } from 'node:crypto'
import { expectCallbacks } from '../../src/consumer/expect-callbacks.ts'
import type { PaymentState } from '../../src/contracts/decide.ts'
import type { PaymentsForEdge } from '../../src/contracts/payment-object.ts'
import { checkHistory } from '../history/check.ts'
import type { Ended, History, Verdict } from '../history/history.ts'
import { refundsOfDoubles } from '../history/stored.ts'
import { waysOf } from '../history/ways.ts'
import { lightRequest } from './code/http.ts'
import { installPlatform } from './code/platform.ts'
import type { System } from './code/system.ts'
import { drawFaults } from './faults.ts'
import { createNotes, type Line } from './notes.ts'
import { createDatabase } from './parts/database.ts'
import { createGateway, type PostCallback } from './parts/gateway.ts'
import { createIsolates } from './parts/isolates.ts'
import { PAWAPAY, SEVERAL } from './parts/manners.ts'
import { createObjects, type Objects, type StoredPayment } from './parts/objects.ts'
import { drawPolicy } from './parts/policy.ts'
import { createQueue } from './parts/queue.ts'
import { createRedis } from './parts/redis.ts'
import { createShop, MERCHANTS, PROVIDERS } from './parts/shop.ts'
import { createVault, REFERENCE_KEY } from './parts/vault.ts'
import { createRandom, mix } from './random.ts'
import { Scheduler } from './scheduler.ts'
import { ask, OUTSIDE, refuse, type World } from './world.ts'

export const PAYMENTS_PER_SHARD = 250

const START_MS = Date.UTC(2026, 10, 21, 8)
const MINUTE_MS = 60_000
/** More than any payment needs: a shard that takes more is caught in a loop. */
const STEPS_PER_PAYMENT_MAX = 1_000

export interface ShardResult {
  readonly index: number
  readonly payments: number
  readonly steps: number
  /** SHA-256 of the whole history. */
  readonly digest: string
  readonly verdict: Verdict
  readonly faults: Readonly<Record<string, number>>
  /** Payments that nothing more will happen to, and that are neither paid, nor failed, nor with people. */
  readonly unresolved: readonly string[]
  readonly fates: Readonly<Record<string, number>>
  /** What reached each gateway, and how payments went from one to another. */
  readonly ways: Readonly<Record<string, number>>
  readonly lines: readonly Line[]
}

const fateOf = ({ state }: StoredPayment): string => {
  if (state.doubles.length > 0) return 'double'
  if (state.status === 'review') return `review: ${state.reviewReason}`
  return state.lateSuccess ? 'late success' : state.status
}

const endedOf = ({ paymentId, state }: StoredPayment): Ended => ({
  paymentId,
  status: state.status,
  amountMinor: state.amountMinor,
  currency: state.currency,
  attempts: state.attempts.map(({ n, reference, status }) => ({ n, reference, status })),
  doubles: state.doubles,
  refundsOfDoubles: refundsOfDoubles(state),
  lateSuccess: state.lateSuccess,
  reviewReason: state.reviewReason,
  fulfilment: state.fulfilment.status,
})

/** Nothing more will happen to it by itself, and that is as it should be. */
const isResolved = ({ status, attempts }: PaymentState): boolean =>
  ['succeeded', 'failed', 'expired', 'review'].includes(status) ||
  // Nothing of it ever left: it waits for its shop to ask again.
  (status === 'created' && attempts.every(({ failureCode }) => failureCode === 'not_sent'))

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Stands for whatever `current` answers: the consumer's module reads its bindings once, and outlives a shard. */
const delegate = (current: () => object): object =>
  new Proxy({}, { get: (_, name) => (current() as Record<string | symbol, unknown>)[name] })

/** The consumer's entrypoint for the edge, which only hands on: a call that is lost in it is one that was lost before or after. */
const paymentsFor = ({ stub }: Objects): PaymentsForEdge => ({
  begin: (input) => stub(input.paymentId).begin(input),
  get: (id, askWithinMs) => stub(id).get(askWithinMs),
  submitOtp: (id, input) => stub(id).submitOtp(input),
  keep: (id, message) => stub(id).keep(message),
  decisions: (id) => stub(id).decisions(),
  expectCallbacks: (expected) => expectCallbacks(stub, expected, () => {}),
})

interface Bindings {
  vault: object
  payments: object
  database: object
}
const bound: Bindings = { vault: {}, payments: {}, database: {} }

const VARIABLES = {
  LANGO_ENVIRONMENT: 'development',
  LANGO_PUBLIC_ORIGIN: 'https://pay.example.com',
  LANGO_CONSUMER_ORIGIN: 'https://deliveries.example.com',
  LANGO_REFERENCE_KEY: REFERENCE_KEY,
  LANGO_FINGERPRINT_KEY: 'ab'.repeat(32),
  QSTASH_URL: 'https://qstash.example.com',
  QSTASH_TOKEN: 'not a secret at all',
  LANGO_WEBHOOK_KEY: 'cd'.repeat(32),
  LANGO_OPERATOR_KEY: 'not-a-secret-at-all-though-it-is-long',
  QSTASH_CURRENT_SIGNING_KEY: 'not a secret at all',
  QSTASH_NEXT_SIGNING_KEY: 'not a secret at all',
}

/** The edge's alone: each isolate of the consumer goes by what it sees of gateways. */
const REDIS = {
  UPSTASH_REDIS_REST_URL: 'https://redis.example.com',
  UPSTASH_REDIS_REST_TOKEN: 'not a secret at all',
}

/** Whether a policy decides between several gateways, or all goes to the only one. */
export type Choice = 'one' | 'several'
/** One world in so many has one gateway, and no policy. */
const ONE_GATEWAY_IN = 4
export const choiceOf = (index: number): Choice => (index % ONE_GATEWAY_IN === ONE_GATEWAY_IN - 1 ? 'one' : 'several')

/** Isolates that objects live in, each with a router of its own. */
const ROUTERS = 3

/** Of the consumer and of the objects, which are hosted by it. */
const CONSUMER_ENV = {
  ...VARIABLES,
  VAULT: delegate(() => bound.vault),
  PAYMENTS: delegate(() => bound.payments),
  DB: delegate(() => bound.database),
}

/**
 * One world of its own: a few hundred payments, a random subset of all faults, first under faults, then without. The same
 * seed, index and number of payments give the same history to the last byte.
 */
export const runShard = async (
  system: System,
  seed: number,
  index: number,
  payments: number,
  traced = false,
  choice = choiceOf(index),
): Promise<ShardResult> => {
  // An error's stack costs more than what it reports; whoever reads a trace wants it.
  Error.stackTraceLimit = traced ? 10 : 0
  const random = createRandom(mix(seed, index))
  const scheduler = new Scheduler(random, START_MS)
  const arrivalsMs = random.between(5, 60) * MINUTE_MS
  const underFaultsMs = arrivalsMs + random.between(10, 300) * MINUTE_MS
  const several = choice === 'several'
  const gateways = several ? SEVERAL.map(({ name }) => name) : []
  const operators = several ? PROVIDERS.map(({ code }) => code) : []
  const faults = drawFaults(random, START_MS, underFaultsMs, { gateways, operators })
  const notes = createNotes(traced)
  const plain = process.env['LANGO_SIMULATION_PLAIN'] !== undefined
  const world: World = { system, scheduler, random, faults, notes, gateways, plain }
  installPlatform(
    world,
    () => !faults.lifted,
    (record) => notes.tell(scheduler.nowMs, 'log', () => JSON.stringify(record)),
  )

  const database = createDatabase(world)
  const routing = several ? { LANGO_ROUTING: JSON.stringify(drawPolicy(random, index)) } : {}
  // The class keeps its surroundings by its environment: each of these is an isolate's.
  const hosts = Array.from({ length: several ? ROUTERS : 1 }, () => ({ ...CONSUMER_ENV, ...routing }))
  const objects = createObjects(world, () => (several ? hosts[random.int(ROUTERS)] : hosts[0]))
  const holders = new Map(MERCHANTS.map(({ id, apiKey }) => [sha256(apiKey), id]))
  const edgeEnv: Record<string, unknown> = { ...VARIABLES, ...REDIS, PAYMENTS: paymentsFor(objects) }
  const edges = createIsolates(world, 'edge', 3, system.createWorker, edgeEnv)
  const consumers = createIsolates(world, 'consumer', 2, () => system.consumer, CONSUMER_ENV)
  const post: PostCallback = async (name, body) => {
    if (faults.during('edge_down', scheduler.nowMs)) return 0
    const url = `https://pay.example.com/webhooks/${name}/deposits`
    const request = lightRequest('POST', url, { 'content-type': 'application/json' }, JSON.stringify(body))
    const response = await edges.fetch(request)
    return response && !faults.strikes('answer_lost') ? response.status : 0
  }
  const there = new Map(
    (several ? SEVERAL : [PAWAPAY]).map((manners) => [manners.name, createGateway(world, manners, post)]),
  )
  const vault = createVault(world, there, random.chance(0.25) ? 'hint' : 'signed')
  Object.assign(bound, { vault: vault.forConsumer, payments: objects.namespace, database: database.binding })
  Object.assign(edgeEnv, {
    VAULT: vault.forEdge,
    CONSUMER: {
      merchantByKeyHash: (hash: string) =>
        ask(world, (reply) => {
          if (faults.during('database_down', scheduler.nowMs)) return reply(refuse('D1 is down'))
          const merchantId = holders.get(hash)
          reply(() => (merchantId ? { merchantId, merchantName: merchantId, mode: 'test', scope: 'secret' } : null))
        }),
    },
  })
  const queue = createQueue(world, async (request) => (await consumers.fetch(request))?.status ?? 0)
  Object.assign(globalThis, { langoQueue: queue, langoRedis: createRedis(world) })

  scheduler.settle = () => objects.settle(scheduler.place)
  scheduler.mayStep = (place) => {
    if (place === OUTSIDE || faults.lifted) return true
    if (faults.strikes('clock_jumped')) place.skewMs = random.pick([-3_600_000, 3_600_000, 0])
    if (edges.has(place)) {
      if (faults.strikes('edge_crashed')) edges.crash(place)
    } else if (consumers.has(place)) {
      if (faults.strikes('consumer_crashed')) consumers.crash(place)
    } else {
      const object = objects.at(place)
      if (faults.strikes('object_crashed')) object?.crash()
      else if (faults.strikes('object_evicted')) object?.evict()
      else if (faults.strikes('object_stale')) object?.replace()
    }
    return !place.dead
  }

  const shop = createShop(world, edges.fetch, (view) => {
    const reference = view.attempts.at(-1)?.reference ?? ''
    const message = (kind: string, body: unknown) => ({
      url: `https://deliveries.example.com/deliveries/${kind}`,
      body: JSON.stringify(body),
      deduplicationId: `forged_${scheduler.steps}_${kind}`,
    })
    for (const gateway of there.values()) gateway.forge(reference)
    const by = several ? random.pick(SEVERAL).name : PAWAPAY.name
    const attested = vault.forged(by, reference, String(view.amount).replace('.', ''), view.currency)
    queue.forge(message('callback', { v: 1, kind: 'callback', via: 'qstash', attested }))
    queue.forge(message('fulfilment', { v: 1, kind: 'fulfilment', via: 'sweep', paymentId: view.id }))
  })
  for (let i = 0; i < payments; i++)
    shop.buy(i, random.int(arrivalsMs)).catch((error: unknown) => scheduler.fail(error))

  /** They have our own copies of what the queue gave up on queued anew, by the operator's route. */
  const people = async (): Promise<void> => {
    queue.replay()
    // What dies of it anew is not replayed once more: poison would be for ever.
    const to = new Date(scheduler.nowMs).toISOString()
    for (let more = true; more; ) {
      const response = await consumers.fetch(
        lightRequest(
          'POST',
          'https://deliveries.example.com/operator/dlq/replay',
          { authorization: `Bearer ${VARIABLES.LANGO_OPERATOR_KEY}` },
          JSON.stringify({ to, limit: 100 }),
        ),
      )
      if (response?.status !== 200) throw new Error(`a replay was answered ${response?.status}: ${response?.body}`)
      const answer = JSON.parse(response.body ?? '') as { letters: { outcome: string }[]; more: boolean }
      for (const { outcome } of answer.letters) if (outcome === 'replayed') faults.happened('dead_letter_replayed')
      more = answer.more
    }
  }

  const stepsMax = payments * STEPS_PER_PAYMENT_MAX
  await scheduler.run(START_MS + underFaultsMs, stepsMax)
  faults.lift()
  people().catch((error: unknown) => scheduler.fail(error))
  const settled = await scheduler.run(Number.POSITIVE_INFINITY, stepsMax)

  const unresolved: string[] = []
  const records = objects.records()
  const history: History = {
    asked: notes.asked,
    told: notes.told,
    sends: notes.sends,
    captures: notes.captures,
    said: notes.said,
    durable: notes.durable,
    postings: database.postings(),
    fulfilled: database.fulfilled,
    ended: records.map(endedOf),
    settled,
  }
  objects.end()
  database.end()
  for (const { paymentId, state } of settled ? records : [])
    if (!isResolved(state)) unresolved.push(`${paymentId}: at rest, and ${state.status}`)
  const fates: Record<string, number> = {}
  for (const record of records) fates[fateOf(record)] = (fates[fateOf(record)] ?? 0) + 1
  if (records.length < payments) fates['never begun'] = payments - records.length
  return {
    index,
    payments,
    steps: scheduler.steps,
    digest: sha256(JSON.stringify(history)),
    verdict: checkHistory(history),
    faults: Object.fromEntries(faults.counts),
    fates,
    ways: waysOf(history),
    unresolved: settled ? unresolved : [`does not come to rest in ${stepsMax} steps`],
    lines: notes.lines,
  }
}
