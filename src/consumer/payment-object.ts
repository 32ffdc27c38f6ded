import { DurableObject } from 'cloudflare:workers'
import { eventStatements, newDeliveries } from '../adapters/d1-events.ts'
import { indexStatements } from '../adapters/d1-payment-index.ts'
import { within } from '../adapters/in-time.ts'
import type { AttemptState, PaymentEffect, PaymentEvent, PaymentState } from '../contracts/decide.ts'
import type {
  ApplyAnswer,
  BeginAnswer,
  BeginInput,
  Decisions,
  EraseAnswer,
  EraseRequest,
  FulfilmentDue,
  GivenBack,
  HistoryEntry,
  KeptMessage,
  OtpAnswer,
  OtpInput,
  PaymentObjectRpc,
  Poked,
  SettledRefund,
  Snapshot,
} from '../contracts/payment-object.ts'
import { sealedText } from '../contracts/payment-object.ts'
import type { RouteDecision, Routed, RouteObservation, Router } from '../contracts/route.ts'
import type {
  CancelOutcome,
  DepositOrder,
  OtpOutcome,
  Seal,
  SendAnswer,
  SendOutcome,
  StatusOutcome,
  Verdict,
} from '../contracts/vault.ts'
import type { Msisdn } from '../domain/ids.ts'
import { type DeliveredVia, isFinal, isOpen } from '../domain/payment.ts'
import { withoutPersonal } from '../flows/fingerprint.ts'
import { isUnfit } from '../flows/unfit-order.ts'
import { type BeginDecision, decideBegin } from './begin-decision.ts'
import { handedOver, orderOf, recordOf } from './begin-record.ts'
import { asCalledOff, askedToCallOff, attemptInTheWay, callOffEvent, dueCallOffs, withCallOffs } from './call-off.ts'
import { decideCore, routeCore } from './core.ts'
import type { ConsumerSettings } from './env.ts'
import { erasedRecord, refusal } from './erasure.ts'
import {
  attemptsOfRequest,
  decideFailover,
  type FailoverDecision,
  isEndedBy,
  isGatewaysOwn,
} from './failover-decision.ts'
import { KNOWN_GATEWAYS } from './known-gateways.ts'
import { describeError, log } from './log.ts'
import { createNotifier, type Notify } from './notify.ts'
import { judgeOtp, leavesOpen, otpEvent, withOtpTry, withoutOtpTry } from './otp-tries.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { payerOf } from './payer.ts'
import {
  eventRows,
  eventsPostponed,
  eventsTold,
  succeededEvent,
  withEventDebt,
  withEvents,
  withNotSent,
} from './payment-events.ts'
import { indexPostponed, indexRow, indexTold, withPhoneHash } from './payment-index.ts'
import type { OtpTry, PaymentRecord } from './payment-record.ts'
import { openPaymentStore, type PaymentStore } from './payment-store.ts'
import { type Surroundings, surroundingsIn } from './payment-surroundings.ts'
import { fulfilmentDue, maskPhoneNumber, paymentView, snapshotTtlMs } from './payment-view.ts'
import {
  askedAt,
  dueQuestions,
  exhausted,
  isAnsweredBy,
  readerPauseMs,
  withoutQuestion,
  withQuestion,
} from './questions.ts'
import { byHand } from './refund-by-hand.ts'
import { compactAtMs, RETENTION_MS } from './retention.ts'
import { isProbeDue, SLOW_MS, seenIn } from './route-health.ts'
import { routeRequest } from './route-request.ts'
import type { RouteWatch } from './route-watch.ts'
import { left, neverLeft } from './sent-attempts.ts'
import { sendEvent, statusEvent, verdictEvent } from './told.ts'
import { unansweredTooLong, withAnswer, withoutClosed } from './unanswered.ts'

const WAIT_MS_MAX = 30_000
/** Hints may cause no more than one status query in this time: callbacks must not be a lever against the gateway. */
const ASK_PAUSE_MS = 10_000
/** How long a request waits for an attempt to be called off that is in its way. */
const CALL_OFF_WAIT_MS = 15_000
/** Longer than QStash tries to deliver. */
const EXPECTED_WITHIN_MS = 3_600_000
/**
 * An idle object may be evicted after 70 s even with a call under way, and a telco may take 120 s. While one is, an alarm
 * every 10 s holds the object for up to 25 s.
 */
const SEND_ALARM_MS = 10_000
const SEND_HOLD_MS = 25_000
const RECOVER_MS = 30_000
/** A D1 that hangs must not hold up what the next alarm is for. */
const DATABASE_TIMEOUT_MS = 5_000

type Clock = () => number
const wallClock: Clock = () => Date.now()

interface CalledOff {
  readonly n: number
  readonly outcome: CancelOutcome
  readonly askedAtMs: number
  /** To be called in the turn that takes it in: who waits for it goes on after that. */
  readonly over: () => void
}

/**
 * One payment: its single writer. Decides nothing itself, the core's reducer does; it makes the gateway call, keeps what
 * was said, asks when nothing is heard, and holds messages that the queue would not take.
 */
export class PaymentObject extends DurableObject<unknown> implements PaymentObjectRpc {
  /** Null where a variable or secret is missing. */
  readonly #surroundings: Surroundings | null
  readonly #store: PaymentStore
  readonly #outbox: Outbox
  readonly #notify: Notify
  /** The gateway calls under way: one, or none. They belong to the object, not to whoever asked for them. */
  readonly #sending = new Set<Promise<unknown>>()
  /** While one is: when the next alarm is to hold the object for it. */
  #holdAtMs: number | undefined
  /** The alarm as it was last set by this instance; undefined: not known. Setting it anew costs a write. */
  #armedAtMs: number | null | undefined
  /**
   * How often somebody brought news of an attempt: a query that was under way then is no answer to it. Not with the question,
   * which may be answered and asked anew meanwhile; and not stored, for a query dies with its isolate.
   */
  #news = 0
  #inTurn = false
  #askingForReader: Promise<unknown> | undefined
  /** Codes that are being handed on, by attempt and hash. */
  readonly #otps = new Map<string, Promise<OtpOutcome>>()
  /** While a gateway is asked to call an attempt off, one at a time: until what became of it is known here. */
  #callingOff: Promise<void> | undefined
  /** Whether this instance found itself without an alarm that it should have had. */
  #rearmedAtStart = false
  /** Storage knows of no alarm while one goes off. */
  #alarmRuns = false

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    this.#surroundings = surroundingsIn(env)
    const publish = this.#surroundings?.publish ?? (async () => 'failed' as const)
    this.#store = openPaymentStore(ctx.storage.sql)
    this.#outbox = createOutbox(this.#store, publish, wallClock)
    this.#notify = createNotifier(publish)
    // An alarm that was lost, by whatever cause, is set again by the next event of any kind.
    void ctx.blockConcurrencyWhile(async () => {
      try {
        if (this.#dueAtMs(this.#store.load()) !== null && (await ctx.storage.getAlarm()) === null) {
          this.#rearmedAtStart = true
          this.#arm()
        }
      } catch (error) {
        // Another version's record, after a rollback say. The object answers nothing, and looks again until it can be read.
        log({ event: 'record_unreadable', error: describeError(error) })
        if ((await ctx.storage.getAlarm()) === null) await ctx.storage.setAlarm(Date.now() + RECOVER_MS)
      }
    })
  }

  get #settings(): ConsumerSettings {
    if (!this.#surroundings) throw new Error('the environment lacks what the log has named')
    return this.#surroundings.settings
  }

  get #routes(): RouteWatch | null {
    return this.#surroundings?.routes ?? null
  }

  async begin(input: BeginInput): Promise<BeginAnswer> {
    if (!this.#settings.isObjectOf(this.ctx.id, input.paymentId)) throw new Error('this object is another payment')
    // The same request again, say, while its first try calls an attempt off: it is judged by what becomes of that.
    const isNew = this.#store.key(input.keyHash) === null
    if (isNew && this.#callingOff) await within(CALL_OFF_WAIT_MS, this.#callingOff)
    const inTheWay = this.#inTheWay(input)
    const calledOff = inTheWay ? await this.#callOff(inTheWay, input.keyHash) : null
    const nowMs = Date.now()
    const { events } = this.#store.load() ?? {}
    if (calledOff) this.#calledOff(calledOff)
    const before = this.#store.load()
    const decision = decideBegin(
      decideCore(),
      this.#settings.referenceKey,
      before,
      this.#store.key(input.keyHash),
      input,
      nowMs,
      () => this.#route(input, before, nowMs),
    )
    const { keyHash, fingerprint } = input
    if (this.#mayBeNext(decision)) return { kind: 'calling_off' }
    switch (decision.kind) {
      case 'mismatch':
      case 'conflict':
      case 'refused':
        return decision
      case 'no_route': {
        const { because } = decision.route
        log({ event: 'no_route', payment: input.paymentId, because, rail: input.provider })
        return { kind: 'no_route', because }
      }
      case 'existing': {
        const record = before as PaymentRecord
        const { n: attempt } = payerOf(record)
        const { joins, refused } = decision
        this.#turn(() => {
          const kept = record.erasedAtMs ? withoutPersonal(fingerprint) : fingerprint
          if (joins) this.#store.putKey(keyHash, { attempt, fingerprint: kept }, nowMs)
          if (joins && record.compactedAtMs) this.#remember({ compactedAtMs: null, lastKeyAtMs: nowMs })
          this.#tell()
        })
        return { kind: 'existing', refused, snapshot: await this.#snapshot(record) }
      }
      case 'attempt': {
        const problem = this.#surroundings?.routingProblem ?? null
        if (problem !== null) {
          const named = { variable: 'LANGO_ROUTING', problem }
          log({ event: 'misconfigured', ...named, payment: input.paymentId })
          return { kind: 'no_route', because: 'misconfigured' }
        }
        const { n, reference, gateway, route } = decision
        const routed = { ...input, gateway }
        // this.ctx.blockConcurrencyWhile(() => failPoint('object_decided'))
        // INVARIANT (I1, I6): from the decision to this write nothing is awaited, and nothing is sent before it is durable.
        this.ctx.storage.transactionSync(() =>
          this.#store.turn(() => {
            // What was called off goes on as this attempt: no shop hears of a failure.
            const kept = calledOff && before ? withEvents(before, events) : before
            this.#store.save(recordOf(routed, decision.state, decision.wakeAtMs, kept))
            this.#store.putKey(keyHash, { attempt: n, fingerprint }, nowMs)
            if (route) this.#store.putDecision(n, route.record)
            this.#store.note({ atMs: nowMs, event: 'begin', detail: `attempt ${n}, reference ${reference}` })
          }),
        )
        const sending = this.#send(orderOf(routed, n, reference))
        this.#underWay(sending)
        return this.#answerBy(sending, input.waitMs)
      }
    }
  }

  /**
   * Told of an attempt that may be over in a moment, a new key would belong to it for good, or be refused for its number, and
   * could not be the next.
   */
  #mayBeNext(decision: BeginDecision): boolean {
    const isFree = (decision.kind === 'existing' && decision.joins) || decision.kind === 'conflict'
    const last = this.#store.load()?.state.attempts.at(-1)?.status
    return isFree && this.#callingOff !== undefined && last !== 'succeeded' && last !== 'failed'
  }

  /** The open attempt that is to be called off first. Nothing is for a payment that could then go nowhere. */
  #inTheWay(input: BeginInput): AttemptState | null {
    const record = this.#store.load()
    if (!record || !this.#routes || this.#callingOff || this.#sending.size > 0) return null
    const nowMs = Date.now()
    const open = attemptInTheWay(record, this.#store.key(input.keyHash), input, this.#canCancel, nowMs)
    if (!open) return null
    const attempts = record.state.attempts.map((each) => (each.n === open.n ? asCalledOff(each) : each))
    const { providersOf } = decideCore()
    const { gateway } = this.#routes.router.route(routeRequest(input, 'request', attempts, providersOf, nowMs))
    return gateway === null ? null : open
  }

  /** By the policy, which may say otherwise than the gateway's spec, or know another gateway. */
  readonly #canCancel = (gateway: string): boolean => {
    const named = ({ name }: { readonly name: string }) => name === gateway
    const { routing } = this.#settings
    const routed = routing.ok ? routing.value?.gateways : undefined
    const known = routed?.find(named) ?? KNOWN_GATEWAYS.find(named)
    return known?.capabilities?.includes('cancel') === true
  }

  /** Null when the gateway takes too long: what it says then is still taken in. */
  async #callOff(attempt: AttemptState, keyHash: string): Promise<CalledOff | null> {
    const { n } = attempt
    const record = this.#store.load()
    if (!record) return null
    const askedAtMs = Date.now()
    this.#turn(() => {
      this.#remember({ calledOffAtMs: askedAtMs, calledOffFor: keyHash })
      this.#note('call_off', `attempt ${n}`)
    })
    const { promise: known, resolve: tell } = Promise.withResolvers<void>()
    this.#callingOff = known
    const over = () => {
      this.#callingOff = undefined
      tell()
    }
    const asking = this.#askToCallOff(record, attempt)
    const outcome = await within(CALL_OFF_WAIT_MS, asking)
    if (outcome) return { n, outcome, askedAtMs, over }
    this.ctx.waitUntil(asking.then((late) => this.#calledOff({ n, outcome: late, askedAtMs, over })))
    return null
  }

  async #askToCallOff(
    { paymentId, state }: PaymentRecord,
    { gateway, reference }: AttemptState,
  ): Promise<CancelOutcome> {
    const { currency } = state
    return this.#settings.vault
      .cancel({ v: 1, gateway, operation: 'deposit', reference, currency })
      .catch((error: unknown): CancelOutcome => {
        log({ event: 'cancel_rpc_failed', payment: paymentId, error: describeError(error) })
        return { kind: 'unknown', reason: 'rpc' }
      })
  }

  #calledOff({ n, outcome, askedAtMs, over }: CalledOff): void {
    over()
    this.#turn(() => {
      this.#remember({ calledOffAtMs: Date.now(), calledOffFor: null })
      this.#tookCallOff(n, outcome, askedAtMs)
    })
  }

  /**
   * Has the attempts called off that are open though the money is here (T23). Nobody waits for it, and no new attempt depends on
   * it: what the gateway does not confirm is watched on, and a double if it is captured.
   */
  async #callOffTheOthers(clock: Clock): Promise<void> {
    for (const { n } of dueCallOffs(this.#store.load() ?? {}, clock())) {
      const record = this.#store.load()
      const attempt = record?.state.attempts.find((each) => each.n === n)
      // Closed meanwhile, by the answer to a question say.
      if (!record?.callOffs?.some((each) => each.n === n) || !attempt) continue
      const askedAtMs = clock()
      this.#turn(() => {
        this.#remember({ callOffs: askedToCallOff(record.callOffs ?? [], n, askedAtMs) })
        this.#note('call_off', `attempt ${n}`)
      })
      const asking = this.#askToCallOff(record, attempt)
      const outcome = await within(CALL_OFF_WAIT_MS, asking)
      if (outcome) this.#tookCallOff(n, outcome, askedAtMs)
      else this.ctx.waitUntil(asking.then((late) => this.#tookCallOff(n, late, askedAtMs)))
    }
  }

  /** INVARIANT (I1): only what the gateway confirms closes the attempt. The reducer is told, and nobody else decides. */
  #tookCallOff(n: number, outcome: CancelOutcome, askedAtMs: number): void {
    this.#turn(() => {
      this.#note('called_off', `attempt ${n} ${outcome.kind}`)
      const event = callOffEvent(n, outcome, askedAtMs, Date.now())
      const effects = event ? this.#step(event) : []
      if (effects.some(({ type }) => type === 'fulfil')) this.#outbox.nudge(this.#store.load()?.paymentId)
    })
  }

  /** Where a new attempt would go, and why. Null without a policy. */
  #route(input: BeginInput, before: PaymentRecord | null, nowMs: number): Routed | null {
    if (!this.#routes) return null
    const { providersOf } = decideCore()
    const request = routeRequest(input, 'request', before?.state.attempts ?? [], providersOf, nowMs)
    this.#lookAround(request.country)
    return this.#routes.router.route(request)
  }

  /** For the next decisions: this one is not kept waiting. */
  #lookAround(country?: string): void {
    for (const work of this.#routes?.lookAround(country) ?? []) this.ctx.waitUntil(work)
  }

  /**
   * What is seen of an attempt that a policy sent somewhere. `probe`: it was asked about as one. Never worth a payment: what
   * goes wrong here is only told of in the log.
   */
  #observe(n: number, seen: RouteObservation['seen'], nowMs: number, probe = false): void {
    if (!this.#routes) return
    try {
      const decision = this.#decisionOf(n)
      if (!decision?.gateway) return
      const { gateway, rail } = decision
      this.#routes.router.observe({ gateway, rail, probe: probe || decision.probe, nowMs, seen })
      this.#lookAround()
    } catch (error) {
      log({ event: 'observation_failed', error: describeError(error) })
    }
  }

  #decisionOf(n: number): RouteDecision | undefined {
    return this.#store.decisions().find(({ attempt }) => attempt === n)?.decision
  }

  /** A status query to a gateway whose breaker is half-open is its probe. Tells whether it is one. */
  #probes(n: number, nowMs: number): boolean {
    const decision = this.#routes ? this.#decisionOf(n) : undefined
    if (!this.#routes || !decision || !isProbeDue(this.#routes.router.probesDue(nowMs), decision)) return false
    this.#observe(n, { kind: 'asked' }, nowMs, true)
    return true
  }

  /** On its own, so that nothing of the request is held for as long as a telco takes to answer. */
  #underWay(sending: Promise<SendOutcome>): void {
    const ended = sending.catch(() => {}).finally(() => this.#sending.delete(ended))
    this.#sending.add(ended)
    this.#arm()
    this.ctx.waitUntil(ended)
  }

  async get(askWithinMs = 0): Promise<Snapshot | null> {
    const record = this.#store.load()
    if (!record) return null
    if (askWithinMs > 0) await within(Math.min(askWithinMs, WAIT_MS_MAX), this.#askForReader(record))
    return this.#snapshot(this.#store.load() ?? record)
  }

  /** One question at a time, whoever reads; it goes on when they have stopped waiting. */
  #askForReader(record: PaymentRecord): Promise<unknown> {
    if (this.#askingForReader) return this.#askingForReader
    const { state, askedAtMs, paymentId } = record
    const attempt = state.attempts.at(-1)
    const nowMs = Date.now()
    const pauseMs = readerPauseMs(nowMs - state.createdAtMs)
    const isRecent = [state.updatedAtMs, askedAtMs ?? 0].some((atMs) => Math.abs(nowMs - atMs) < pauseMs)
    if (!attempt || !isOpen(state.status) || isRecent || this.#sending.size > 0) return Promise.resolve()
    const asking = this.#ask(attempt.n, wallClock)
      .then((isPaid) => isPaid && this.#turn(() => this.#outbox.nudge(paymentId)))
      .catch((error: unknown) =>
        log({ event: 'reader_question_failed', payment: paymentId, error: describeError(error) }),
      )
      .finally(() => {
        this.#askingForReader = undefined
      })
    this.#askingForReader = asking
    this.ctx.waitUntil(asking)
    return asking
  }

  async submitOtp({ merchantId, mode, otp, otpHash, waitMs }: OtpInput): Promise<OtpAnswer> {
    const record = this.#store.load()
    if (record?.merchantId !== merchantId || record.mode !== mode) return { kind: 'absent' }
    const judged = judgeOtp(record, otpHash)
    if (judged.kind === 'refused')
      return { kind: 'refused', because: judged.because, snapshot: await this.#snapshot(record) }
    const n = judged.kind === 'known' ? judged.tried.n : judged.attempt.n
    const name = `${n}:${otpHash}`
    if (judged.kind === 'new') {
      // Nothing is awaited since it was judged: whoever brings the same code next finds it under way.
      this.#turn(() => {
        this.#rememberOtp({ n, hash: otpHash, outcome: 'in_flight' })
        this.#note('otp', `attempt ${n}`)
      })
      const handing = this.#handOn(judged.attempt, otp, otpHash).finally(() => this.#otps.delete(name))
      this.#otps.set(name, handing)
      this.ctx.waitUntil(handing)
    }
    const handing = this.#otps.get(name)
    // Whoever handed it on was cut off: it may have left, and is not sent again. The gateway is asked.
    if (judged.kind === 'known' && judged.tried.outcome === 'in_flight' && !handing)
      this.#turn(() => {
        this.#rememberOtp({ n, hash: otpHash, outcome: 'unknown' })
        this.#raise(record, n, Date.now())
      })
    const said = handing && (await within(Math.min(Math.max(0, waitMs), WAIT_MS_MAX), handing))
    if (said?.kind === 'not_sent') return { kind: 'sealed', code: said.code }
    const after = this.#store.load()
    if (!after) throw new Error('the payment vanished while its code was handed on')
    const { outcome = 'in_flight' } = after.otpTries?.find((each) => each.n === n && each.hash === otpHash) ?? {}
    const snapshot = await this.#snapshot(after)
    return outcome === 'rejected'
      ? { kind: 'refused', because: outcome, snapshot }
      : { kind: 'submitted', outcome, snapshot }
  }

  /** Hands a code on and records what came of it, whoever still listens. The code itself goes to the vault and nowhere else. */
  async #handOn({ n, gateway, reference }: AttemptState, otp: string, hash: string): Promise<OtpOutcome> {
    // What is not known to have been handed on could be handed on twice.
    await this.ctx.storage.sync()
    const handedOnAtMs = Date.now()
    const outcome = await this.#settings.vault
      .submitOtp({ v: 1, gateway, reference, otp })
      .catch((error: unknown): OtpOutcome => {
        log({ event: 'otp_rpc_failed', payment: this.#store.load()?.paymentId, error: describeError(error) })
        return { kind: 'unknown', reason: 'rpc' }
      })
    this.#turn(() => {
      const detail = outcome.kind === 'unknown' ? outcome.reason : outcome.kind === 'accepted' ? '' : outcome.code
      this.#note(`otp_${outcome.kind}`, `attempt ${n}${spoken(detail)}`)
      if (outcome.kind === 'not_sent') this.#forgetOtp({ n, hash })
      else this.#rememberOtp({ n, hash, outcome: outcome.kind })
      const event = otpEvent(n, outcome, handedOnAtMs, Date.now())
      if (event) this.#step(event)
    })
    if (leavesOpen(outcome) && (await this.#ask(n, wallClock)))
      this.#turn(() => this.#outbox.nudge(this.#store.load()?.paymentId))
    return outcome
  }

  #rememberOtp(tried: OtpTry): void {
    const record = this.#store.load()
    // What is erased stays erased (I14), whatever comes late.
    if (record?.erasedAtMs) return
    this.#remember({ otpTries: withOtpTry(record?.otpTries ?? [], tried) })
  }

  #forgetOtp(tried: Pick<OtpTry, 'n' | 'hash'>): void {
    this.#remember({ otpTries: withoutOtpTry(this.#store.load()?.otpTries ?? [], tried) })
  }

  async poke(toldStatus?: string): Promise<Poked> {
    const record = this.#store.load()
    if (!record) return 'absent'
    const isTold = record.index?.atMs === null
    if (isTold && toldStatus !== undefined && toldStatus !== record.state.status)
      this.#remember({ index: { ...record.index, atMs: Date.now() } })
    const dueAtMs = this.#dueAtMs(this.#store.load())
    if (dueAtMs === null) return 'at_rest'
    const wasLost = this.#rearmedAtStart || (!this.#alarmRuns && (await this.ctx.storage.getAlarm()) === null)
    this.#rearmedAtStart = false
    if (!wasLost) return unansweredTooLong(record).length > 0 ? 'unanswered' : 'armed'
    this.#armedAtMs = undefined
    this.#arm()
    await this.ctx.storage.sync()
    return 'rearmed'
  }

  async unanswered(): Promise<readonly { readonly gateway: string; readonly sinceMs: number }[]> {
    const record = this.#store.load()
    return record ? unansweredTooLong(record) : []
  }

  async keep(message: KeptMessage): Promise<boolean> {
    if (!this.#store.load()) return false
    this.#turn(() => {
      this.#outbox.keep(message)
      this.#note('kept', message.kind)
    })
    await this.ctx.storage.sync()
    return true
  }

  async apply(verdict: Verdict, _via: DeliveredVia): Promise<ApplyAnswer> {
    if (verdict.authentic !== 'signed') return this.refresh(verdict.attempt ?? undefined)
    const record = this.#store.load()
    // Reference and gateway are compared with those written before the send: no message chooses which attempt it is about,
    // and no gateway speaks for another.
    const attempt = record?.state.attempts.find(
      ({ n, reference, gateway }) =>
        n === verdict.attempt && reference === verdict.reference && gateway === verdict.gateway,
    )
    if (!record || !attempt || verdict.paymentId !== record.paymentId) return { kind: 'absent' }
    // A step that throws leaves the question, should the queue give up on the message.
    const asking = this.#turn(() => {
      this.#note('callback', `attempt ${attempt.n} ${verdict.outcome}${spoken(verdict.failureCode)}`)
      const effects = this.#step(verdictEvent(attempt.n, verdict, Date.now()))
      // A success that comes again answers nothing: what is asked about a capture is whether it still stands.
      const isNews = verdict.outcome === 'succeeded' && attempt.status !== 'succeeded'
      if (isNews && record.questions.some(({ n }) => n === attempt.n))
        this.#remember({ questions: withoutQuestion(record.questions, attempt.n) })
      return effects.some(({ type }) => type === 'ask') ? this.#askAsHinted(attempt.n) : undefined
    })
    await asking
    return this.#applied()
  }

  async refresh(attempt?: number): Promise<ApplyAnswer> {
    const record = this.#store.load()
    const asked = record?.state.attempts.find(({ n }) => n === (attempt ?? record.state.attempts.at(-1)?.n))
    if (!record || !asked) return { kind: 'absent' }
    const asking = this.#turn(() => this.#askAsHinted(asked.n))
    await asking
    return this.#applied()
  }

  async expectCallback(n: number): Promise<void> {
    const record = this.#store.load()
    const attempt = record?.state.attempts.find((each) => each.n === n)
    // An open one counts too: a failure from before, late in the same queue, may yet close it.
    if (!record || !attempt || attempt.status === 'succeeded') return
    this.#raise(record, n, Date.now() + EXPECTED_WITHIN_MS)
    await this.ctx.storage.sync()
  }

  async due(): Promise<FulfilmentDue | null> {
    return this.#due()
  }

  async markFulfilled(via: DeliveredVia, indexRevision?: number): Promise<void> {
    this.#turn(() => {
      const record = this.#store.load()
      const before = record?.state.fulfilment.status
      const told = record?.index && { index: indexTold(record.index, indexRevision) }
      this.#step({ type: 'fulfilled', via, nowMs: Date.now() }, told)
      if (this.#store.load()?.state.fulfilment.status !== 'fulfilled') return
      this.#store.dropKept('fulfilment')
      if (before !== 'fulfilled') this.#note('fulfilled', `via ${via}`)
    })
  }

  async settleRefund(n: number, given: GivenBack): Promise<SettledRefund> {
    return this.#turn((): SettledRefund => {
      const { state } = this.#store.load() ?? {}
      const refund = state?.refunds?.find((each) => each.n === n)
      if (!state || !refund) return { kind: 'absent' }
      const events = byHand(state, refund, given, Date.now(), decideCore().step)
      if ('kind' in events) return events
      for (const event of events) this.#step(event)
      this.#note('refund_by_hand', `refund ${n}, transaction ${given.transactionId}`)
      return { kind: 'settled' }
    })
  }

  async erase(request: EraseRequest): Promise<EraseAnswer> {
    const told = (): boolean => !this.#store.load()?.index?.atMs
    const answer = this.#turn((): EraseAnswer | undefined => {
      const record = this.#store.load()
      const underWay = this.#sending.size > 0 || this.#otps.size > 0
      const refused = refusal(record, this.#store.nextOutboxAtMs() === null, underWay, request)
      if (refused || !record) return refused ?? { kind: 'absent' }
      this.#store.eraseKeys()
      this.#store.save(erasedRecord(record, Date.now()))
      this.#note('erased', '')
      return undefined
    })
    if (answer && answer.kind !== 'erased') return answer
    await this.ctx.storage.sync()
    // Not left to the alarm: whoever asked wants to be told that it is done.
    if (!request.dryRun && !told()) await this.#tellDatabase(Number.POSITIVE_INFINITY)
    return { kind: 'erased', told: told() }
  }

  async history(): Promise<readonly HistoryEntry[]> {
    return this.#store.history()
  }

  async decisions(): Promise<Decisions | null> {
    const record = this.#store.load()
    if (!record) return null
    const { merchantId, mode } = record
    const decisions = this.#store.decisions()
    return {
      merchantId,
      mode,
      decisions: decisions.map((each) => ({ ...each, explained: routeCore().explain(each.decision) })),
    }
  }

  async state(): Promise<PaymentState | null> {
    return this.#store.load()?.state ?? null
  }

  async runDueAlarms(nowMs: number): Promise<number> {
    if (this.#settings.environment !== 'development') throw new Error('only in development')
    const aheadMs = nowMs - Date.now()
    return this.#work(() => Date.now() + aheadMs)
  }

  override async alarm(): Promise<void> {
    // Thrown, it would be tried a few times and dropped, and with it what only this object knows of.
    if (!this.#surroundings) return this.ctx.storage.setAlarm(Date.now() + RECOVER_MS)
    // It has gone off: what is due next is to be set, whatever it is.
    this.#armedAtMs = undefined
    this.#holdAtMs = undefined
    // An instance that was made for this alarm found none set, for it was going off.
    this.#rearmedAtStart = false
    this.#alarmRuns = true
    await within(SEND_HOLD_MS, Promise.all(this.#sending))
    try {
      await this.#work(wallClock)
    } catch (error) {
      // Thrown on, it would be retried a few times and then dropped; an open payment is watched for as long as it takes.
      log({ event: 'alarm_failed', error: describeError(error) })
      this.#armedAtMs = undefined
      await this.ctx.storage.setAlarm(Date.now() + RECOVER_MS)
    } finally {
      this.#alarmRuns = false
    }
  }

  /**
   * Does what is due by `clock`: polls, hints that waited, fulfilment nudges, the outbox, call-offs, last the search index.
   * Counts the polls and the messages.
   */
  async #work(clock: Clock): Promise<number> {
    const { asking, first, due } = this.#turn(() => {
      const effects = this.#step({ type: 'wake', nowMs: clock() })
      const asking = effects.flatMap((effect) => (effect.type === 'poll' ? [effect.n] : []))
      const waiting = dueQuestions(this.#store.load() ?? { questions: [] }, clock())
      asking.push(...waiting.map(({ n }) => n).filter((n) => !asking.includes(n)))
      // That the first is asked is written along with the wake.
      const [n] = asking
      const first = n === undefined ? undefined : this.#ask(n, clock)
      return { asking, first, due: effects.some(({ type }) => type === 'fulfil') }
    })
    let fulfil = (await first) || due
    for (const n of asking.slice(1)) fulfil = (await this.#ask(n, clock)) || fulfil
    if (fulfil) this.#outbox.nudge(this.#store.load()?.paymentId)
    const published = await this.#outbox.drain(clock())
    await this.#callOffTheOthers(clock)
    await this.#tellDatabase(clock())
    this.#compact(clock())
    this.#arm()
    return asking.length + published
  }

  /** Applies one event, if the reducer takes it, and keeps the alarm in time. Synchronous from reading to writing. */
  #step(event: PaymentEvent, change: Partial<Pick<PaymentRecord, 'index'>> = {}): readonly PaymentEffect[] {
    const record = this.#store.load()
    if (!record) return []
    const answer = decideCore().step(record.state, event)
    if (!answer.ok) {
      log({ event: 'event_refused', payment: record.paymentId, type: event.type, code: answer.code })
      // A state of another version, after a rollback say: taken for done, the event would be lost. Thrown, it comes again.
      if (answer.code.startsWith('malformed_')) throw new Error(`the reducer cannot read: ${answer.code}`)
      return []
    }
    const wakeAt = answer.effects.find((effect) => effect.type === 'wakeAt')
    const next = { ...record, ...change, state: answer.state, wakeAtMs: wakeAt?.atMs ?? null }
    const stepped = withoutClosed(withCallOffs(next, this.#canCancel, Date.now()))
    const saved = this.#store.save(withEventDebt(record.state, stepped, decideCore().formatAmount))
    if (saved.events !== record.events) this.#tellSoon()
    if (this.#routes)
      for (const { n, seen } of seenIn(record.state, answer.state, event)) this.#observe(n, seen, Date.now())
    for (const effect of answer.effects) {
      if (effect.type !== 'alert') continue
      this.#note('alert', `${effect.code}, attempt ${effect.n}`)
      log({ event: 'alert', code: effect.code, payment: record.paymentId, attempt: effect.n })
    }
    this.#arm(saved)
    return answer.effects
  }

  /** Makes the call and records what came of it, whoever still listens (T61). */
  async #send(order: DepositOrder): Promise<SendOutcome> {
    // INVARIANT (I6): a stale instance, or storage that did not take the attempt, fails here and sends nothing (T54).
    await this.ctx.storage.sync()
    const sent = { atMs: Date.now(), event: 'sent', detail: `attempt ${order.attempt}` }
    this.#observe(order.attempt, { kind: 'sent' }, sent.atMs)
    const late = this.#routes && setTimeout(() => this.#observe(order.attempt, { kind: 'slow' }, Date.now()), SLOW_MS)
    // failPoint('object_durable')
    const outcome = await this.#settings.vault.send(handedOver(order)).catch((error: unknown): SendAnswer => {
      // Nobody can know whether the vault had sent it when the connection to it broke.
      log({ event: 'send_rpc_failed', payment: order.paymentId, error: describeError(error) })
      return { kind: 'unknown', reason: 'rpc' }
    })
    if (late !== null) clearTimeout(late)
    // failPoint('object_sent')
    const next = this.#turn(() => {
      const { events } = this.#store.load() ?? {}
      // Noted only now: a write before the call would be waited for before it leaves.
      this.#store.note(sent)
      this.#sent(order, outcome)
      const other = this.#failOver(order, outcome, events)
      if (!other && outcome.kind === 'not_sent') this.#neverSent(order.attempt)
      return other
    })
    // failPoint('object_recorded')
    if (!next) return outcome
    const last = await this.#send(next)
    if (last.kind !== 'not_sent') return last
    // Nothing of that one left: the refusal before it stands, and so does a cause that passes before one that does not.
    const passes = outcome.kind === 'not_sent' && !isUnfit(outcome.code) && isUnfit(last.code)
    return outcome.kind === 'rejected' || passes ? outcome : last
  }

  #sent({ attempt: n, phoneNumber }: DepositOrder, outcome: SendAnswer): void {
    this.#register(phoneNumber, outcome.phoneHash)
    const detail = outcome.kind === 'unknown' ? outcome.reason : outcome.kind === 'accepted' ? undefined : outcome.code
    this.#note(outcome.kind, `attempt ${n}${spoken(detail)}`)
    this.#step(sendEvent(n, outcome, Date.now()))
    if (isGatewaysOwn(outcome)) this.#observe(n, { kind: 'failed', cause: 'gateway' }, Date.now())
  }

  /** Nothing of attempt `n` left, and nobody goes on with it. */
  #neverSent(n: number): void {
    const record = this.#store.load()
    if (!record) return
    // What another gateway said before, in the same request, is its keys' answer.
    const answered = this.#ofRequest(record, n).findLast(left)
    if (answered) {
      this.#store.moveKeys(n, answered.n)
      this.#store.save({ ...record, gateway: answered.gateway })
    } else {
      this.#store.dropKeysOf(n)
      if (this.#isNewsThatNothingLeft(record, n)) {
        this.#store.save(withNotSent(record, n, decideCore().formatAmount))
        this.#tellSoon()
        this.#arm()
      }
    }
    // Nothing of this payment ever left: it need not exist, and a shop that retries while the core is closed uses up no attempt.
    if (!record.told && neverLeft(record.state)) this.#store.forget()
  }

  /** Somebody was told that attempt `n` is under way; and no other attempt was paid meanwhile, or left open, which has news of its own. */
  #isNewsThatNothingLeft(record: PaymentRecord, n: number): boolean {
    const { answeredEarly, state } = record
    return (
      state.attempts.some((each) => each.n === n && each.failureCode === 'not_sent') &&
      ['created', 'failed', 'expired'].includes(state.status) &&
      this.#ofRequest(record, n).some((each) => each.n === answeredEarly)
    )
  }

  #ofRequest({ state }: PaymentRecord, n: number): readonly AttemptState[] {
    return attemptsOfRequest(state, this.#routes ? this.#store.decisions() : [], n)
  }

  /**
   * Goes on at another gateway when this one's answer ended the attempt and the rules allow it (docs/routing.md). Belongs to the
   * turn that recorded the answer, so that nobody finds a payment failed that goes on: `events` is what the shop was owed
   * before. Returns what is to be sent, once it is written.
   */
  #failOver(order: DepositOrder, outcome: SendOutcome, events: PaymentRecord['events']): DepositOrder | null {
    const record = this.#store.load()
    const ended = record?.state.attempts.at(-1)
    if (!this.#routes || !record || ended?.n !== order.attempt || !isEndedBy(outcome, ended)) return null
    const nowMs = Date.now()
    const decision = this.#decideFailover(this.#routes.router, record, order, nowMs)
    if (decision.kind === 'over') {
      this.#note('no_failover', `attempt ${order.attempt}: ${decision.because}`)
      return null
    }
    const { n, gateway, reference, route, state, wakeAtMs } = decision
    // INVARIANT (I1, I6): nothing is awaited between the decision and this write, and nothing is sent before it is durable.
    this.#store.save({ ...withEvents(record, events), gateway, state, wakeAtMs })
    this.#store.putDecision(n, route.record)
    this.#store.moveKeys(order.attempt, n)
    this.#note('failover', `attempt ${n}: ${route.because}`)
    this.#note('begin', `attempt ${n}, reference ${reference}`)
    return { ...order, gateway, attempt: n, reference }
  }

  /** What goes wrong in it must not cost the refusal, which is the shop's answer. */
  #decideFailover(router: Router, record: PaymentRecord, order: DepositOrder, nowMs: number): FailoverDecision {
    try {
      const attempts = this.#ofRequest(record, order.attempt)
      return decideFailover(decideCore(), router, this.#settings.referenceKey, record, order, attempts, nowMs)
    } catch (error) {
      log({ event: 'failover_failed', payment: record.paymentId, error: describeError(error) })
      return { kind: 'over', because: 'error' }
    }
  }

  /**
   * By which the payment will be found when its customer is looked for. Written along with the outcome; not of one that is
   * erased (I14).
   */
  #register(phoneNumber: Msisdn, phoneHash: string | undefined): void {
    const record = this.#store.load()
    if (!record || record.erasedAtMs || phoneHash === undefined) return
    const found = withPhoneHash(record, maskPhoneNumber(phoneNumber), phoneHash)
    if (found !== record) this.#arm(this.#store.save(found))
  }

  async #answerBy(sending: Promise<SendOutcome>, waitMs: number): Promise<BeginAnswer> {
    const outcome = await within(Math.min(Math.max(0, waitMs), WAIT_MS_MAX), sending)
    if (outcome?.kind === 'not_sent') return { kind: 'sealed', code: outcome.code }
    if (!outcome) this.#tell()
    const record = this.#store.load()
    if (!record) throw new Error('the payment vanished while it was being sent')
    return { kind: 'started', outcome: outcome?.kind ?? 'in_flight', snapshot: await this.#snapshot(record) }
  }

  /** One status query. True when it found the payment newly paid. */
  async #ask(n: number, clock: Clock): Promise<boolean> {
    const record = this.#store.load()
    const attempt = record?.state.attempts.find((each) => each.n === n)
    if (!record || !attempt) return false
    this.#remember({ askedAtMs: Date.now(), questions: askedAt(record.questions, n, clock()) })
    const news = this.#news
    // An answer proves something about the moment of the question: a "not found" that was under way when the settling time
    // ended proves nothing, the deposit may have arrived in the meantime.
    const askedByClockMs = clock()
    const isProbe = this.#probes(n, Date.now())
    // failPoint('object_polling')
    const status = await this.#settings.vault
      .status({
        v: 1,
        // Its own: a later attempt may have gone through another.
        gateway: attempt.gateway,
        operation: 'deposit',
        reference: attempt.reference,
        currency: record.state.currency,
      })
      .catch((error: unknown): StatusOutcome => {
        log({ event: 'status_rpc_failed', payment: record.paymentId, error: describeError(error) })
        return { kind: 'unknown', reason: 'rpc' }
      })
    if (isProbe) this.#observe(n, { kind: status.kind === 'unknown' ? 'unknown' : 'answered' }, Date.now(), true)
    // failPoint('object_polled')
    return this.#turn(() => {
      this.#note('polled', `attempt ${n} ${status.kind === 'found' ? status.outcome : status.kind}`)
      this.#heard(n, status, askedByClockMs)
      const effects = this.#step(statusEvent(n, status, askedByClockMs, clock()))
      this.#answered(n, status, news)
      return effects.some(({ type }) => type === 'fulfil')
    })
  }

  /** Whether the gateway can be asked at all. Before the step, which forgets what is over. */
  #heard(n: number, status: StatusOutcome, askedAtMs: number): void {
    const record = this.#store.load()
    if (!record || (status.kind !== 'unknown' && !record.unanswered)) return
    const before = unansweredTooLong(record).length
    this.#remember({ unanswered: withAnswer(record, n, status, askedAtMs) })
    // The sweep tells people, of all payments at once.
    if (unansweredTooLong(this.#store.load() ?? record).length > before) this.#note('unanswered', `attempt ${n}`)
  }

  /** Asks at once, or after a pause when the gateway has just been asked: whoever brings hints is no lever against it (T34). */
  #askAsHinted(n: number): Promise<boolean> | undefined {
    const record = this.#store.load()
    if (!record) return undefined
    const nowMs = Date.now()
    // A clock that went back an hour must not make this wait for an hour.
    const tooSoon = record.askedAtMs !== null && Math.abs(nowMs - record.askedAtMs) < ASK_PAUSE_MS
    this.#raise(record, n, tooSoon ? nowMs + ASK_PAUSE_MS : nowMs)
    return tooSoon ? undefined : this.#ask(n, wallClock)
  }

  /** News of an attempt: the gateway is asked about it by then. */
  #raise({ questions }: PaymentRecord, n: number, atMs: number): void {
    this.#news += 1
    this.#remember({ questions: withQuestion(questions, n, atMs) })
  }

  /** A question that was answered is done with; one that was not stays, until asking is given up and people are told. */
  #answered(n: number, status: StatusOutcome, newsWhenAsked: number): void {
    const { questions = [], state } = this.#store.load() ?? {}
    const question = questions.find((each) => each.n === n)
    if (!question) return
    const attempt = state?.attempts.find((each) => each.n === n)
    const learnt = isAnsweredBy(status, newsWhenAsked, this.#news, attempt)
    if (!learnt && !exhausted(question)) return
    if (!learnt) {
      this.#note('alert', `hint_unanswered, attempt ${n}`)
      log({ event: 'alert', code: 'hint_unanswered', payment: this.#store.load()?.paymentId, attempt: n })
    }
    this.#remember({ questions: withoutQuestion(questions, n) })
  }

  /**
   * Tells D1 what it does not have yet: what shops are to be told, and the search index. Last of all and never awaited by a
   * caller: nothing of the payment depends on it, and it is tried again for as long as D1 is away (T62).
   */
  async #tellDatabase(dueMs: number): Promise<void> {
    const record = this.#store.load()
    const isDue = [record?.index?.atMs, record?.events?.atMs].some((atMs) => typeof atMs === 'number' && atMs <= dueMs)
    if (!record || !isDue) return
    const row = indexRow(record)
    const events = eventRows(record)
    const { database } = this.#settings
    const writing = database.batch([
      ...indexStatements(database, row),
      ...events.flatMap((event) => eventStatements(database, event, Date.now())),
    ])
    const written = await within(
      DATABASE_TIMEOUT_MS,
      writing.catch((error: unknown) =>
        log({ event: 'index_failed', payment: row.paymentId, error: describeError(error) }),
      ),
    )
    this.#turn(() => {
      const { index, events: debt } = this.#store.load() ?? {}
      const nowMs = Date.now()
      this.#remember({
        ...(index ? { index: written ? indexTold(index, row.revision) : indexPostponed(index, nowMs) } : {}),
        ...(debt ? { events: written ? eventsTold(debt, events) : eventsPostponed(debt, nowMs) } : {}),
      })
    })
    const tries = newDeliveries(written ?? [])
    if (tries.length > 0) this.ctx.waitUntil(this.#notify(tries))
  }

  /**
   * A shop waits for its events, so they are told at once; the alarm is for when that fails. They leave only when the turn that
   * decided them is written: nothing leaves an object before that.
   */
  #tellSoon(): void {
    const telling = Promise.resolve().then(() => this.#tellDatabase(Number.POSITIVE_INFINITY))
    this.ctx.waitUntil(telling.catch((error: unknown) => log({ event: 'events_failed', error: describeError(error) })))
  }

  /** After 30 days at rest an object is made small: what tells that the money was taken stays for ever (T12). */
  #compact(nowMs: number): void {
    this.#turn(() => {
      const record = this.#store.load()
      const atMs = record && compactAtMs(record)
      if (atMs === null || atMs > nowMs || this.#store.nextOutboxAtMs() !== null) return
      const lastKeyAtMs = this.#store.lastKeyAtMs()
      // One that came since then has its own thirty days. It was not noted down when it came, which would be a write for each.
      if (lastKeyAtMs !== null && lastKeyAtMs + RETENTION_MS > nowMs) return this.#remember({ lastKeyAtMs })
      this.#store.compact()
      this.#remember({ compactedAtMs: nowMs, ...(record?.otpTries ? { otpTries: [] } : {}) })
    })
  }

  /** Whoever holds an id may come back with it: see `forget`. Only a payment of which nothing has left can vanish at all. */
  #tell(): void {
    const record = this.#store.load()
    if (!record) return
    const { attempts } = record.state
    const mayVanish = attempts.every((each) => each.status === 'created' || each.failureCode === 'not_sent')
    const last = attempts.at(-1)
    const isNew = {
      told: mayVanish && !record.told,
      early: last?.status === 'created' && record.answeredEarly !== last.n,
    }
    if (!isNew.told && !isNew.early) return
    this.#remember({ ...(isNew.told ? { told: true } : {}), ...(isNew.early && last ? { answeredEarly: last.n } : {}) })
  }

  /** Writes what is not the reducer's, and keeps the alarm in time. Synchronous from reading to writing. */
  #remember(
    change: Partial<
      Pick<
        PaymentRecord,
        | 'askedAtMs'
        | 'calledOffAtMs'
        | 'calledOffFor'
        | 'callOffs'
        | 'questions'
        | 'unanswered'
        | 'otpTries'
        | 'told'
        | 'answeredEarly'
        | 'index'
        | 'events'
        | 'compactedAtMs'
        | 'lastKeyAtMs'
      >
    >,
  ): void {
    const record = this.#store.load()
    if (!record) return
    this.#arm(this.#store.save({ ...record, ...change }))
  }

  /** What is changed in `work` is written at its end, once, and the alarm set for it. In it nothing is awaited. */
  #turn<Value>(work: () => Value): Value {
    if (this.#inTurn) return work()
    this.#inTurn = true
    try {
      return this.#store.turn(() => {
        const value = work()
        this.#inTurn = false
        this.#arm()
        return value
      })
    } finally {
      this.#inTurn = false
    }
  }

  #applied(): ApplyAnswer {
    return { kind: 'applied', due: this.#due() }
  }

  #due(): FulfilmentDue | null {
    const record = this.#store.load()
    const due = record && fulfilmentDue(record)
    if (!due) return null
    const owed = eventRows(record)
    const event = succeededEvent(record, due, decideCore().formatAmount)
    return { ...due, ...(owed.length > 0 ? { owed } : {}), event }
  }

  async #snapshot(record: PaymentRecord): Promise<Snapshot> {
    const text = JSON.stringify(paymentView(record, decideCore().formatAmount))
    const ttlMs = snapshotTtlMs(record)
    const { merchantId, mode, state } = record
    const { fingerprint } = payerOf(record)
    const told = { text, merchantId, mode, fingerprint, expiresAtMs: Date.now() + ttlMs }
    const seal = await this.#seal(record.paymentId, sealedText(told))
    return { ...told, final: isFinal(state.status), ttlMs, ...(seal ? { seal } : {}) }
  }

  /** Without a seal a snapshot is still the truth for whoever asked; only nobody can be told it at second hand. */
  async #seal(paymentId: PaymentRecord['paymentId'], text: string): Promise<Seal | undefined> {
    try {
      const { mac, kid } = await this.#settings.vault.sealSnapshot(paymentId, text)
      return { mac, kid }
    } catch (error) {
      log({ event: 'seal_failed', payment: paymentId, error: describeError(error) })
      return undefined
    }
  }

  #note(event: string, detail: string): void {
    this.#store.note({ atMs: Date.now(), event, detail })
  }

  #dueAtMs(record: PaymentRecord | null): number | null {
    const asked = [...(record?.questions ?? []), ...(record?.callOffs ?? [])].map(({ atMs }) => atMs)
    const outboxAtMs = this.#store.nextOutboxAtMs()
    const times = [record?.wakeAtMs, record?.index?.atMs, record?.events?.atMs, ...asked, outboxAtMs]
    // Not made small before the queue has everything: an alarm for it would come over and over.
    if (outboxAtMs === null) times.push(record && compactAtMs(record))
    this.#holdAtMs = this.#sending.size > 0 ? (this.#holdAtMs ?? Date.now() + SEND_ALARM_MS) : undefined
    times.push(this.#holdAtMs)
    const known = times.filter((time) => time !== null && time !== undefined)
    return known.length > 0 ? Math.min(...known) : null
  }

  #arm(given?: PaymentRecord): void {
    if (this.#inTurn) return
    const record = given ?? this.#store.load()
    const atMs = this.#dueAtMs(record)
    if (atMs === this.#armedAtMs) return
    // A paid payment's next alarm is set when it is fulfilled, in an instant as a rule. One that comes too early until then
    // costs a wake-up that finds nothing.
    const comesEarlier = typeof this.#armedAtMs === 'number' && atMs !== null && this.#armedAtMs < atMs
    if (comesEarlier && record?.state.status === 'succeeded' && record.state.fulfilment.status === 'pending') return
    this.#armedAtMs = atMs
    void (atMs === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(atMs))
  }
}

const spoken = (detail: string | null | undefined): string => (detail ? `: ${detail}` : '')
