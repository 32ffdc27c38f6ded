import { createQstashPublisher } from '../adapters/qstash-publish.ts'
import { createRedisPaymentLock } from '../adapters/redis-payment-lock.ts'
import { createDecideCore } from '../core/decide.ts'
import decideModule from '../core/decide-module.ts'
import { toHex } from '../domain/encoding.ts'
import type { RequestId } from '../domain/ids.ts'
import { createFingerprinter } from '../flows/fingerprint.ts'
import { createAddressMeter } from './address-meter.ts'
import { createApp } from './app.ts'
import { askConditions } from './ask-conditions.ts'
import { createConditions } from './conditions-cache.ts'
import { createDerive } from './derive.ts'
import { type EdgeSettings, parseEnv } from './env.ts'
import { createExpectations } from './expectations.ts'
import { consoleLog, describeError } from './log.ts'
import { createMerchantCache } from './merchants.ts'
import { problemResponse } from './problem.ts'
import { createWorkLimit } from './work-limit.ts'

/** A gateway waits for its 200; when QStash is slow, the payment object keeps the message instead. */
const PUBLISH_TIMEOUT_MS = 2_000
/**
 * Callbacks that an isolate makes durable at once. One takes some 50 ms, most of it waiting for the queue, so this is far beyond
 * any load that is kept up with, and ends within the queue's time limit when it is not.
 */
const CALLBACKS_AT_ONCE = 128
/** As long as the platform lets work go on after its request. */
const CALLBACK_HELD_MS = 30_000
/** Of numbers that a customer types on a hosted page: each costs a call of the gateway. */
const LOOKUPS = { count: 30, windowMs: 60_000 }
/** Of codes for one payment, right or wrong; how many the gateway is asked in all, the payment's object limits. */
const OTPS = { count: 10, windowMs: 60_000 }

const nowMs = (): number => Date.now()
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count))

const build = (settings: EdgeSettings) =>
  createApp({
    publicOrigin: settings.publicOrigin,
    decide: createDecideCore(decideModule),
    vault: settings.vault,
    consumer: settings.consumer,
    payment: (id) => ({
      begin: (input) => settings.payments.begin(input),
      get: (askWithinMs) => settings.payments.get(id, askWithinMs),
      submitOtp: (input) => settings.payments.submitOtp(id, input),
      keep: (message) => settings.payments.keep(id, message),
      decisions: () => settings.payments.decisions(id),
    }),
    expectCallback: createExpectations({
      tell: (expected) => settings.payments.expectCallbacks(expected),
      sleep,
      nowMs,
      note: (event, count, error) => consoleLog({ event, count, ...(error ? { error: describeError(error) } : {}) }),
    }),
    lock: createRedisPaymentLock({
      ...settings.redis,
      nowMs,
      onFailure: (operation, error) => consoleLog({ event: 'redis_failed', operation, error }),
    }),
    publish: createQstashPublisher({
      ...settings.qstash,
      consumerOrigin: settings.consumerOrigin,
      timeoutMs: PUBLISH_TIMEOUT_MS,
      onFailure: (error) => consoleLog({ event: 'publish_failed', error: describeError(error) }),
    }),
    findMerchant: createMerchantCache((keyHash) => settings.consumer.merchantByKeyHash(keyHash), nowMs),
    findSigner: createMerchantCache((keyId) => settings.consumer.linkSigner(keyId), nowMs),
    gateway: settings.gateway,
    limits: settings.limits,
    addresses: createAddressMeter(settings.limits.address, nowMs),
    callbacks: createWorkLimit(CALLBACKS_AT_ONCE, CALLBACK_HELD_MS, nowMs),
    lookups: createAddressMeter(LOOKUPS, nowMs),
    otps: createAddressMeter(OTPS, nowMs),
    conditions: createConditions({
      ask: (country) => askConditions(settings, country),
      nowMs,
      sleep,
      note: (error) =>
        consoleLog({
          event: 'conditions_failed',
          ...(typeof error === 'string' ? { reason: error } : { error: describeError(error) }),
        }),
    }),
    fingerprint: createFingerprinter(settings.fingerprintKey),
    derive: createDerive(settings.fingerprintKey),
    nowMs,
    sleep,
    randomBytes,
    log: consoleLog,
  })

/** The app is built by the first request and kept for the isolate: its caches and the breaker outlive a request. */
export const createWorker = () => {
  let app: ReturnType<typeof build> | undefined
  return {
    async fetch(request: Request, env: unknown, ctx: ExecutionContext): Promise<Response> {
      if (!app) {
        const settings = parseEnv(env)
        if (!settings.ok) {
          consoleLog({ event: 'misconfigured', variable: settings.error.variable })
          return problemResponse({ reason: 'internal' }, `req_${toHex(randomBytes(12))}` as RequestId)
        }
        app = build(settings.value)
      }
      return app.fetch(request, {}, ctx)
    },
  }
}

export default createWorker()
