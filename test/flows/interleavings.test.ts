/**
 * The glue in every order that promises can resolve in, and with a failure at every await. fast-check's scheduler chooses;
 * a failing choice is printed and replays. The payment object here is a model of the real one in a few lines: its decision
 * and its write are one step, because a Durable Object's are.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Claim, ClaimAnswer, PaymentLock } from '../../src/contracts/payment-lock.ts'
import type { BeginAnswer, BeginInput, KeptMessage, Snapshot } from '../../src/contracts/payment-object.ts'
import type { QueueMessage } from '../../src/contracts/queue.ts'
import type { CallbackAnswer, Verdict } from '../../src/contracts/vault.ts'
import type { GatewayReference } from '../../src/domain/ids.ts'
import type { PaymentStatus, PaymentView } from '../../src/domain/payment.ts'
import { acceptCallback } from '../../src/flows/accept-callback.ts'
import { readPayment } from '../../src/flows/read-payment.ts'
import { startPayment } from '../../src/flows/start-payment.ts'
import { checkHistory } from '../history/check.ts'
import type { Asked, Capture, Durable, Ended, History, Send, Told } from '../history/history.ts'
import { beginInput, MERCHANT, NOW_MS, PAYMENT, PRINT, SEAL, snapshot, UNLIMITED, view } from './fakes.ts'

const reference = (n: number) => `00000000-0000-4000-8000-00000000000${n}` as GatewayReference

/** What may go wrong at one await, and when it does. */
type Fault = 'none' | 'before' | 'after'
const fault = fc.constantFrom<Fault>('none', 'none', 'none', 'before', 'after')

/** The world around the flows: one payment, one gateway, one Redis, everything that happened noted. */
const createWorld = (scheduler: fc.Scheduler, faults: Iterator<Fault>) => {
  let clock = 0
  const tick = () => ++clock
  const sends: Send[] = []
  const captures: Capture[] = []
  const durable: Durable[] = []
  const told: Told[] = []

  /** One await on something far away: the request may be lost, and so may the answer. */
  const remote = async <Answer>(label: string, work: () => Answer): Promise<Answer> => {
    const fate = faults.next().value ?? 'none'
    await scheduler.schedule(Promise.resolve(), `${label} →`)
    if (fate === 'before') throw new Error('lost on the way')
    const answer = work()
    await scheduler.schedule(Promise.resolve(), `→ ${label}`)
    if (fate === 'after') throw new Error('answer lost')
    return answer
  }

  // The object: attempts, and the keys that it knows.
  const attempts: { n: number; status: PaymentStatus; keyHash: string }[] = []
  const keys = new Map<string, number>()
  const status = (): PaymentStatus => attempts.at(-1)?.status ?? 'created'
  const viewNow = (): PaymentView =>
    view({
      status: status(),
      updatedAt: new Date(NOW_MS + clock).toISOString(),
      attempts: attempts.map(({ n, status: of }) => ({
        n,
        gateway: 'pawapay',
        reference: reference(n),
        status: of as 'pending',
        createdAt: new Date(NOW_MS).toISOString(),
      })),
    })
  const snapshotNow = (): Snapshot => snapshot(viewNow())
  const object = {
    begin: (input: BeginInput): BeginAnswer => {
      const known = keys.has(input.keyHash)
      const last = attempts.at(-1)
      if (last && (known || last.status !== 'failed')) {
        if (!known) keys.set(input.keyHash, last.n)
        return { kind: 'existing', refused: false, snapshot: snapshotNow() }
      }
      const n = attempts.length + 1
      attempts.push({ n, status: 'pending', keyHash: input.keyHash })
      keys.set(input.keyHash, n)
      const at = { gateway: 'pawapay', reference: reference(n), amountMinor: '1050', currency: 'ZMW' }
      durable.push({ paymentId: PAYMENT, n, reference: reference(n), durableAt: tick() })
      sends.push({ at: tick(), ...at })
      captures.push({ at: tick(), ...at })
      return { kind: 'started', outcome: 'accepted', snapshot: snapshotNow() }
    },
    settle: (to: PaymentStatus) => {
      const last = attempts.at(-1)
      if (last?.status === 'pending') last.status = to
    },
  }

  // Redis: the rules of the scripts, without their text (that is tested on the engine itself).
  let record: { owner: string; begun: boolean; claim: Claim } | undefined
  let lockOwner: string | undefined
  let kept: Snapshot | undefined
  const versionOf = (of: Snapshot) => (JSON.parse(of.text) as PaymentView).updatedAt
  const records = new Map<string, NonNullable<typeof record>>()
  const lock: PaymentLock = {
    claim: (claim) =>
      remote('claim', (): ClaimAnswer => {
        const found = records.get(claim.keyHash)
        const joined = { kind: 'payment', snapshot: kept ?? null, counted: false } as const
        if (found) {
          if (found.owner !== claim.owner)
            return {
              kind: 'key',
              record: { v: 1, paymentId: claim.paymentId, fingerprint: PRINT, begun: found.begun },
              snapshot: kept ?? null,
            }
          return lockOwner === claim.owner ? { kind: 'mine' } : joined
        }
        records.set(claim.keyHash, { owner: claim.owner, begun: false, claim })
        if (kept || lockOwner) return joined
        lockOwner = claim.owner
        return { kind: 'first' }
      }).catch(() => ({ kind: 'unavailable' })),
    release: (claim) =>
      remote('release', () => {
        if (records.get(claim.keyHash)?.owner === claim.owner) records.delete(claim.keyHash)
        if (lockOwner === claim.owner) lockOwner = undefined
      }).catch(() => {}),
    snapshot: () => remote('read', () => kept ?? null).catch(() => null),
    keep: (_owner, given, claim) =>
      remote('keep', () => {
        if (claim) records.set(claim.keyHash, { owner: claim.owner, begun: true, claim })
        if (!kept || versionOf(kept) <= versionOf(given)) kept = given
      }).catch(() => {}),
    ping: async () => 'ok',
  }

  const later: Promise<unknown>[] = []
  const ports = {
    lock,
    limits: UNLIMITED,
    payment: () => ({
      begin: (input: BeginInput) => remote('begin', () => object.begin(input)),
      get: () => remote('get', () => (attempts.length > 0 ? snapshotNow() : null)),
    }),
    checkSeal: async (_id: string, _text: string, seal: { mac: string }) => remote('seal', () => seal.mac === SEAL.mac),
    nowMs: () => NOW_MS,
    later: (work: Promise<unknown>) => later.push(work),
    note: () => {},
  }
  const tell = (seen: PaymentView) =>
    told.push({
      at: tick(),
      paymentId: seen.id,
      status: seen.status,
      amountMinor: '1050',
      currency: 'ZMW',
      attempts: seen.attempts,
    })
  return {
    tick,
    ports,
    object,
    attempts,
    sends,
    captures,
    durable,
    told,
    tell,
    later,
    keptNow: () => kept,
    knows: (keyHash: string) => keys.has(keyHash),
  }
}

const ended = (world: ReturnType<typeof createWorld>): Ended[] =>
  world.attempts.length === 0
    ? []
    : [
        {
          paymentId: PAYMENT,
          status: world.attempts.at(-1)?.status ?? 'created',
          amountMinor: '1050',
          currency: 'ZMW',
          attempts: world.attempts.map(({ n, status }) => ({ n, reference: reference(n), status })),
          doubles: [],
          refundsOfDoubles: [],
          lateSuccess: false,
          reviewReason: null,
          fulfilment: 'none',
        },
      ]

const asks = fc.array(
  fc.record({ key: fc.constantFrom('key-a', 'key-b', 'key-c'), screen: fc.constantFrom('phone', 'laptop') }),
  { minLength: 1, maxLength: 4 },
)

describe('start-payment: lock, begin and snapshot in every order', () => {
  it('T02, T09, T10, T14, T15: whatever is lost and in whatever order, one attempt; every answer names the one payment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), asks, fc.infiniteStream(fault), async (scheduler, wanted, faults) => {
        const world = createWorld(scheduler, faults)
        const asked: Asked[] = []
        const all = Promise.all(
          wanted.map(async ({ key, screen }, i) => {
            const at = world.tick()
            const input = beginInput({ keyHash: key.padEnd(64, '0'), sessionId: screen })
            const answer = await startPayment(world.ports, input, String(i).padStart(32, '0'))
            const base = {
              at,
              answeredAt: world.tick(),
              merchant: MERCHANT,
              natural: 'INV-1',
              key,
              amountMinor: '1050',
              currency: 'ZMW',
            }
            if (answer.ok) {
              world.tell(answer.value.view)
              // Answered in its own name, a key must be the object's: else its repetition would count as a new try.
              expect(world.knows(input.keyHash)).toBe(true)
              const http = { accepted: 201, open: 202, final: 200 }[answer.value.kind]
              asked.push({ ...base, http, paymentId: answer.value.view.id })
            } else {
              expect(answer.error).toEqual({ reason: 'unavailable', part: 'payments' })
              asked.push({ ...base, http: 503, code: 'unavailable' })
            }
          }),
        )
        await scheduler.waitFor(all)
        await scheduler.waitFor(Promise.all(world.later))

        expect(world.sends.length).toBeLessThanOrEqual(1)
        expect(asked.filter(({ http }) => http === 201).length).toBeLessThanOrEqual(1)
        const history: History = {
          asked,
          told: world.told,
          sends: world.sends,
          captures: world.captures,
          said: [],
          durable: world.durable,
          postings: [],
          fulfilled: [],
          ended: ended(world),
          settled: false,
        }
        const verdict = checkHistory(history)
        expect(verdict.judgements.filter(({ holds }) => !holds)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('I1: a first attempt that failed and two that try again at once: one second attempt', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.infiniteStream(fault), async (scheduler, faults) => {
        const world = createWorld(scheduler, faults)
        world.object.begin(beginInput({ keyHash: 'a'.repeat(64) }))
        world.object.settle('failed')
        const keys = ['a', 'b', 'c', 'b']
        const all = Promise.all(
          keys.map((key, i) =>
            startPayment(world.ports, beginInput({ keyHash: key.repeat(64) }), String(i).padStart(32, '0')),
          ),
        )
        const answers = await scheduler.waitFor(all)
        await scheduler.waitFor(Promise.all(world.later))
        expect(world.sends.length).toBeLessThanOrEqual(2)
        // The key of the attempt that failed is never told of another's acceptance as its own.
        expect(answers[0]).not.toMatchObject({ ok: true, value: { kind: 'accepted' } })
      }),
      { numRuns: 300 },
    )
  })

  it('I15: whoever looks right after a second attempt was accepted does not read that the first failed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, polled) => {
        const world = createWorld(scheduler, [][Symbol.iterator]())
        const owner = { merchantId: MERCHANT, mode: 'test', paymentId: PAYMENT } as const
        world.object.begin(beginInput({ keyHash: 'a'.repeat(64) }))
        world.object.settle('failed')
        if (polled) await scheduler.waitFor(readPayment(world.ports, owner).then(() => Promise.all(world.later)))
        const again = startPayment(world.ports, beginInput({ keyHash: 'b'.repeat(64) }), '1'.repeat(32))
        const seen = await scheduler.waitFor(
          again.then(async (answer) => {
            expect(answer).toMatchObject({ ok: true, value: { kind: 'accepted' } })
            return readPayment(world.ports, owner)
          }),
        )
        expect(seen).toMatchObject({ ok: true, value: { status: 'pending' } })
        await scheduler.waitFor(Promise.all(world.later))
      }),
      { numRuns: 200 },
    )
  })

  it('I6, T61: an answer is given only after the attempt is written, and what runs on never fails the answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.infiniteStream(fault), async (scheduler, faults) => {
        const world = createWorld(scheduler, faults)
        const answer = await scheduler.waitFor(startPayment(world.ports, beginInput(), '0'.repeat(32)))
        if (answer.ok) expect(world.durable).toHaveLength(1)
        await scheduler.waitFor(Promise.all(world.later))
      }),
      { numRuns: 200 },
    )
  })
})

describe('read-payment: snapshot, object and writer in every order', () => {
  it('I15: says what the object said at some moment, and never paid before it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.infiniteStream(fault),
        fc.constantFrom<PaymentStatus>('succeeded', 'failed'),
        async (scheduler, faults, outcome) => {
          const world = createWorld(scheduler, faults)
          world.object.begin(beginInput())
          let settledAt = Number.POSITIVE_INFINITY
          const owner = { merchantId: MERCHANT, mode: 'test', paymentId: PAYMENT } as const
          const reads = Array.from({ length: 3 }, async () => {
            const answer = await readPayment(world.ports, owner)
            return { answer, answeredAt: world.tick() }
          })
          const settling = scheduler.schedule(Promise.resolve(), 'settles').then(() => {
            world.object.settle(outcome)
            settledAt = world.tick()
          })
          const all = await scheduler.waitFor(Promise.all([...reads, settling]))
          await scheduler.waitFor(Promise.all(world.later))
          for (const read of all.slice(0, 3)) {
            const { answer, answeredAt } = read as Awaited<(typeof reads)[number]>
            if (!answer.ok) expect(answer.error).toEqual({ reason: 'unavailable', part: 'payments' })
            else if (answer.value.status !== 'pending') {
              expect(answer.value.status).toBe(outcome)
              expect(settledAt).toBeLessThan(answeredAt)
            }
          }
          // Two writers in either order: the newer word stays.
          const kept = world.keptNow()
          const later = await scheduler.waitFor(readPayment(world.ports, owner))
          if (kept && later.ok && (JSON.parse(kept.text) as PaymentView).status === outcome)
            expect(later.value.status).toBe(outcome)
        },
      ),
      { numRuns: 500 },
    )
  })
})

const VERDICT: Verdict = {
  v: 1,
  gateway: 'pawapay',
  operation: 'deposit',
  authentic: 'signed',
  reference: reference(1),
  paymentId: PAYMENT,
  attempt: 1,
  outcome: 'succeeded',
  failureCode: null,
  amountMinor: '1050',
  currency: 'ZMW',
  providerTransactionId: null,
  bodySha256: 'ab'.repeat(32),
  receivedAtMs: 0,
}

describe('accept-callback: queue, object and expectation in every order', () => {
  it('I10, T40: 200 only once queue or object has the event; both failing is 503; the expectation never decides', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.tuple(fault, fault, fault, fault), { minLength: 1, maxLength: 3 }),
        async (scheduler, tries) => {
          const queue: { message: QueueMessage; dedupId: string }[] = []
          const outbox: KeptMessage[] = []
          const later: Promise<unknown>[] = []
          const remote = async <Answer>(fate: Fault, label: string, work: () => Answer): Promise<Answer> => {
            await scheduler.schedule(Promise.resolve(), label)
            if (fate === 'before') throw new Error('lost on the way')
            const answer = work()
            await scheduler.schedule(Promise.resolve(), `${label} answered`)
            if (fate === 'after') throw new Error('answer lost')
            return answer
          }
          const accept = ([verify, publish, keep, expectation]: readonly [Fault, Fault, Fault, Fault]) =>
            acceptCallback(
              {
                verifyCallback: () =>
                  remote(
                    verify,
                    'verify',
                    (): CallbackAnswer => ({
                      kind: 'verified',
                      verdict: VERDICT,
                      attested: { v: 1, text: JSON.stringify(VERDICT), mac: 'cd'.repeat(32), kid: '1' },
                    }),
                  ),
                publish: (message, dedupId) =>
                  remote(publish, 'publish', () => {
                    queue.push({ message, dedupId })
                    return 'published' as const
                  }).catch(() => 'failed' as const),
                payment: () => ({
                  keep: (message) =>
                    remote(keep, 'keep', () => {
                      outbox.push(message)
                      return true
                    }),
                }),
                expectCallback: () => remote(expectation, 'expect', () => {}).catch(() => {}),
                later: (work) => later.push(work),
                note: () => {},
              },
              {
                v: 1,
                gateway: 'pawapay',
                operation: 'deposits',
                method: 'POST',
                url: 'https://pay.example.com/webhooks/pawapay/deposits',
                headers: [],
                body: new Uint8Array(),
              },
            ).then((answer) => ({ answer, held: queue.length + outbox.length }))
          const answers = await scheduler.waitFor(Promise.all(tries.map(accept)))
          await scheduler.waitFor(Promise.all(later))
          answers.forEach(({ answer, held }, i) => {
            const [verify, publish, keep] = tries[i] as readonly [Fault, Fault, Fault, Fault]
            if (answer.ok) expect(held).toBeGreaterThan(0)
            expect(answer.ok).toBe(verify === 'none' && (publish === 'none' || keep === 'none'))
          })
          // Whichever way it went, however often: one event.
          expect(new Set([...queue, ...outbox].map(({ dedupId }) => dedupId)).size).toBeLessThanOrEqual(1)
        },
      ),
      { numRuns: 500 },
    )
  })
})
