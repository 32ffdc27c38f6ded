import type { Claim, ClaimAnswer, KeyRecord, Meter, PaymentLock, PaymentOwner } from '../contracts/payment-lock.ts'
import type { Snapshot } from '../contracts/payment-object.ts'
import { createCircuitBreaker } from './circuit-breaker.ts'
import { createRedisClient, type RedisAccess } from './redis-client.ts'
import { CLAIM, FAILED_MARK, KEEP, READ, RELEASE, VERSION_LENGTH } from './redis-scripts.ts'

const DAY_MS = 86_400_000
const KEY_RECORD_TTL_MS = 30 * DAY_MS
/** Longer than a caller may wait (30 s). When it expires nothing is lost: the object serialises. */
const LOCK_TTL_MS = 60_000
/** Of `owner`, which a key record starts with. */
const OWNER_LENGTH = 32
/** A claim is tried twice, for its first answer may be lost; all else is merely faster with Redis, and is tried once. */
const CLAIM_TRIES = 2

/** How long one try may take. */
export const TRY_TIMEOUT_MS = 600
/** The most that a dead Redis adds to an answer: a claim, and once in a while a snapshot that is waited for (T10). */
export const REDIS_ADDS_MS_MAX = (CLAIM_TRIES + 1) * TRY_TIMEOUT_MS
/** After this many failures in a row an isolate does without Redis, but for one try in each pause. */
export const BREAKER = { failuresMax: 3, pauseMs: 5_000 } as const

export interface RedisOptions extends RedisAccess {
  readonly nowMs: () => number
  /** `TRY_TIMEOUT_MS` where nothing else is said. */
  readonly tryTimeoutMs?: number
  /** Told the class of an error, never its message: the SDK's messages hold the whole command. */
  readonly onFailure: (operation: string, errorName: string) => void
}

const keyOf = ({ mode, keyHash }: Claim) => `lango:${mode}:k:${keyHash}`
const lockOf = ({ mode, paymentId }: PaymentOwner) => `lango:${mode}:p:${paymentId}`
const snapshotOf = ({ mode, paymentId }: PaymentOwner) => `lango:${mode}:s:${paymentId}`
const meterOf = ({ mode }: Claim, { name, of }: Meter) => `lango:${mode}:m:${name}:${of}`

/** What one payment costs, in ms of draining. */
const costMsOf = ({ limit }: Meter): number => Math.ceil(limit.windowMs / limit.count)
/** And how much there is room for. */
const drainOf = (meter: Meter): [costMs: string, capacityMs: string] => {
  const costMs = costMsOf(meter)
  return [String(costMs), String(costMs * meter.limit.count)]
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Anything may stand in Redis. What does not look like a snapshot is none. */
const readSnapshot = (stored: unknown): Snapshot | null => {
  if (typeof stored !== 'string' || stored === '') return null
  const value = parseJson(stored.slice(VERSION_LENGTH))
  if (!isObject(value) || typeof value['text'] !== 'string' || !isObject(value['fingerprint'])) return null
  return value as unknown as Snapshot
}

const readRecord = (stored: unknown): KeyRecord | null => {
  if (typeof stored !== 'string') return null
  const value = parseJson(stored.slice(OWNER_LENGTH))
  if (!isObject(value) || typeof value['paymentId'] !== 'string' || !isObject(value['fingerprint'])) return null
  return value as unknown as KeyRecord
}

const readClaim = (answer: unknown, meters: readonly Meter[]): ClaimAnswer => {
  const [kind, record, snapshot] = Array.isArray(answer) ? (answer as unknown[]) : []
  switch (kind) {
    case 'first':
      return { kind: 'first' }
    case 'mine':
      return { kind: 'mine' }
    case 'payment':
    case 'joined':
      return { kind: 'payment', snapshot: readSnapshot(snapshot), counted: kind === 'payment' }
    case 'key': {
      const known = readRecord(record)
      return known ? { kind: 'key', record: known, snapshot: readSnapshot(snapshot) } : { kind: 'unavailable' }
    }
    case 'limited': {
      const meter = meters[Number(record) - 1]
      const retryAfterMs = Number(snapshot)
      return meter && retryAfterMs > 0 ? { kind: 'limited', limit: meter.name, retryAfterMs } : { kind: 'unavailable' }
    }
    default:
      return { kind: 'unavailable' }
  }
}

/** The owner first, so that a script finds it without reading JSON. */
const recordOf = ({ owner, paymentId, fingerprint }: Claim, begun: boolean): string => {
  const record: KeyRecord = { v: 1, paymentId, fingerprint, begun }
  return owner + JSON.stringify(record)
}

/** When the payment last changed, in ms, as digits; then the snapshot, marked if a next request would be a new try. */
const storedOf = (snapshot: Snapshot): readonly [version: string, marked: string] => {
  const view = parseJson(snapshot.text)
  const { updatedAt, status } = isObject(view) ? view : {}
  const atMs = typeof updatedAt === 'string' ? Date.parse(updatedAt) : 0
  const version = String(Number.isFinite(atMs) ? atMs : 0).padStart(VERSION_LENGTH, '0')
  const json = JSON.stringify(snapshot)
  return [version, status === 'failed' || status === 'expired' ? FAILED_MARK + json.slice(1) : json]
}

/** One per isolate: the breaker's memory is the point of it. */
export const createRedisPaymentLock = (options: RedisOptions): PaymentLock => {
  const redis = createRedisClient(options, options.tryTimeoutMs ?? TRY_TIMEOUT_MS)
  const breaker = createCircuitBreaker({ ...BREAKER, nowMs: options.nowMs })

  /** A script that is tried more than once may be run as often. Undefined: no answer. */
  const ask = async <Answer>(operation: string, run: () => Promise<Answer>, tries = 1): Promise<Answer | undefined> => {
    if (!breaker.mayTry()) return undefined
    for (let attempt = 1; attempt <= tries; attempt++) {
      try {
        const answer = await run()
        breaker.succeeded()
        return answer
      } catch (error) {
        const name = error instanceof Error ? error.name : 'unknown'
        options.onFailure(operation, name)
        // It answered, with an error: another try would get the same.
        if (name.startsWith('Upstash')) break
      }
    }
    breaker.failed()
    return undefined
  }

  return {
    async claim(claim, meters = []) {
      const keys = [keyOf(claim), lockOf(claim), snapshotOf(claim), ...meters.map((meter) => meterOf(claim, meter))]
      const values = [claim.owner, recordOf(claim, false), String(KEY_RECORD_TTL_MS), String(LOCK_TTL_MS)]
      values.push(...meters.flatMap(drainOf))
      return readClaim(await ask('claim', () => redis.eval(CLAIM, keys, values), CLAIM_TRIES), meters)
    },
    async release(claim) {
      await ask('release', () => redis.eval(RELEASE, [keyOf(claim), lockOf(claim)], [claim.owner]))
    },
    async snapshot(owner) {
      return readSnapshot(await ask('snapshot', () => redis.eval(READ, [snapshotOf(owner)], [])))
    },
    async keep(owner, snapshot, claim, meters = []) {
      const ttlMs = Math.floor(snapshot.ttlMs)
      if (!(ttlMs > 0)) return
      const [keys, values] = [[snapshotOf(owner)], [...storedOf(snapshot), String(ttlMs)]]
      if (claim) {
        keys.push(keyOf(claim), ...meters.map((meter) => meterOf(claim, meter)))
        values.push(recordOf(claim, true), String(KEY_RECORD_TTL_MS), ...meters.map((meter) => String(costMsOf(meter))))
      }
      await ask('keep', () => redis.eval(KEEP, keys, values))
    },
    async ping() {
      return (await ask('ping', () => redis.ping())) === undefined ? 'unavailable' : 'ok'
    },
  }
}
