import {
  type AttestedVerdict,
  type CallbackAnswer,
  type CancelOutcome,
  type ConditionsOutcome,
  type DepositOrder,
  type GatewayName,
  INTENT_CODE,
  NO_TOKEN_CODE,
  type OtpOrder,
  type OtpOutcome,
  type PhoneHashes,
  POLICY_CODE,
  type PredictOutcome,
  type RawCallback,
  type Seal,
  type SendAnswer,
  type SendOutcome,
  type StatusOutcome,
  type StatusQuery,
  type VaultHealth,
  type Verdict,
} from '../contracts/vault.ts'
import {
  type Built,
  type CoreCallbackAnswer,
  type GatewayResponse,
  type Opening,
  TOKEN_WANTED_CODE,
  type VaultCore,
} from '../contracts/vault-core.ts'
import type { Msisdn, PaymentId } from '../domain/ids.ts'
import { ok, type Result } from '../domain/result.ts'
import { readConditions } from './conditions.ts'
import type { CoreHolder } from './core-holder.ts'
import { type DayCounterOf, underDayCap } from './day-cap.ts'
import { formAsJson } from './form-callback.ts'
import type { KeyCache } from './key-cache.ts'
import type { Log } from './log.ts'
import type { TokenCache } from './token-cache.ts'
import type { Exchange } from './transport.ts'

/** A telco may answer after 120 s. The payment object counts 160 s until it gives a call up. */
const SEND_TIMEOUT_MS = 150_000
const STATUS_TIMEOUT_MS = 10_000
const CANCEL_TIMEOUT_MS = 10_000
/** The gateway may ask the operator before it answers. Shorter than an idle payment object lives. */
const OTP_TIMEOUT_MS = 30_000
const PREDICT_TIMEOUT_MS = 5_000
const CONDITIONS_TIMEOUT_MS = 5_000
const CALLBACK_BYTES_MAX = 64 * 1024
/** The core's word for a callback under a name that its program does not have. */
const NO_SUCH_GATEWAY = 'gateway_unknown'
/** The core built a request for a place that is not the gateway's. */
const FOREIGN_ORIGIN_CODE = 'E1091'

export interface VaultPorts {
  readonly core: CoreHolder
  readonly exchange: Exchange
  readonly keysOf: (gateway: GatewayName) => KeyCache
  readonly tokensOf: (gateway: GatewayName) => TokenCache
  readonly counterOf: DayCounterOf
  readonly newToken: () => string
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly log: Log
}

type Asked =
  | { readonly ok: true; readonly response: GatewayResponse }
  | { readonly ok: false; readonly code: string; readonly rule?: string; readonly intent?: string }

/** What was built, and the token it was built with. */
interface Prepared {
  readonly built: Result<Built, string>
  readonly token: string | undefined
}

type KeepAlive = (work: Promise<unknown>) => void

const UNAUTHORISED = 401

const isUnauthorised = (asked: Asked): boolean =>
  asked.ok && asked.response.kind === 'response' && asked.response.status === UNAUTHORISED

/** The core's code for what a gateway's spec does not have. */
const NO_ROUTINE = 'E1312'

/**
 * The first gateway that can be asked this at all, with what was built for it: most say neither whose number it is nor what
 * their providers take, and the program has them by name.
 */
const builtByFirst = (
  gateways: readonly GatewayName[],
  build: (gateway: GatewayName) => Built,
): { readonly gateway: GatewayName; readonly built: Built } => {
  for (const gateway of gateways) {
    const built = build(gateway)
    if (built.ok || built.code !== NO_ROUTINE) return { gateway, built }
  }
  return { gateway: '', built: { ok: false, code: NO_ROUTINE } }
}

const namesOf = (gateways: Opening['gateways']): readonly GatewayName[] => gateways.map(({ name }) => name)

/**
 * Of the gateway whose account decides whether callbacks are signed: it alone has keys of its own to be fetched. Without one,
 * the weakest of all.
 */
const callbackModeOf = (it: VaultCore, { gateways }: Opening): VaultHealth['callbackMode'] => {
  const deciding = gateways.find(({ name }) => it.buildPublicKeys(name).ok)
  return deciding?.callbackMode ?? (gateways.every(({ callbackMode }) => callbackMode === 'signed') ? 'signed' : 'hint')
}

/** Everything the vault does, for both of its entrypoints. */
export const createVault = (ports: VaultPorts) => {
  const { core, exchange, keysOf, tokensOf, counterOf, newToken, nowMs, sleep, log } = ports
  /** Builds with the token at hand, or with one that is fetched now when the gateway wants one. */
  const prepare = async (
    gateway: GatewayName,
    build: (it: VaultCore, token: string | undefined) => Built,
    keepAlive: KeepAlive,
    refused?: string,
  ): Promise<Prepared> => {
    const tokens = tokensOf(gateway)
    const known = refused === undefined ? tokens.current() : undefined
    const built = core.ask((it) => build(it, known))
    if (!built.ok || built.value.ok || built.value.code !== TOKEN_WANTED_CODE) return { built, token: known }
    const token = await (refused === undefined ? tokens.fetch(keepAlive) : tokens.renew(refused, keepAlive))
    if (token === null) return { built: ok({ ok: false, code: NO_TOKEN_CODE }), token: undefined }
    return { built: core.ask((it) => build(it, token)), token }
  }

  /** Sends what was built. `code`: certainly nothing left. `mayRenew`: a 401 may only mean that a token is too old. */
  const call = async (built: Result<Built, string>, timeoutMs: number, mayRenew = false): Promise<Asked> => {
    if (!built.ok) return { ok: false, code: built.error }
    if (!built.value.ok) return built.value
    const response = await exchange(built.value.request, timeoutMs)
    // Nothing that we could do about it: a token of pawaPay's is made and renewed by people (T32).
    const refused = response.kind === 'response' && (response.status === UNAUTHORISED || response.status === 403)
    if (refused && !(mayRenew && response.status === UNAUTHORISED))
      log({ event: 'alert', code: 'gateway_credentials', status: response.status })
    return response.kind === 'foreign' ? { ok: false, code: FOREIGN_ORIGIN_CODE } : { ok: true, response }
  }

  const send = async (order: DepositOrder, later: KeepAlive): Promise<SendOutcome> => {
    const build = (it: VaultCore, token: string | undefined): Built => it.buildDeposit(order, nowMs(), token)
    const startedMs = nowMs()
    const first = await prepare(order.gateway, build, later)
    const { built } = first
    const dayCap = built.ok && built.value.ok ? built.value.dayCap : undefined
    const delivered = async (): Promise<SendOutcome> => {
      const { token } = first
      const leftMs = () => SEND_TIMEOUT_MS - (nowMs() - startedMs)
      const { outcome, asked } = await deliver(order, built, leftMs(), token !== undefined)
      // A 401 is a refusal only where the gateway's spec says that nothing can have been taken: once more then, afresh.
      if (token === undefined || asked === undefined || !isUnauthorised(asked) || outcome.kind !== 'rejected')
        return outcome
      const again = await prepare(order.gateway, build, later, token)
      return (await deliver(order, again.built, leftMs())).outcome
    }
    return dayCap === undefined
      ? delivered()
      : underDayCap({ counterOf, sleep, later, newToken, log }, order, dayCap, delivered)
  }

  /** `asked`: what came back of what left. */
  const deliver = async (
    order: DepositOrder,
    built: Result<Built, string>,
    timeoutMs: number,
    mayRenew = false,
  ): Promise<{ readonly outcome: SendOutcome; readonly asked?: Asked }> => {
    const asked = await call(built, timeoutMs, mayRenew)
    const outcome = conclude(order, asked)
    return asked.ok ? { outcome, asked } : { outcome }
  }

  const conclude = (order: DepositOrder, asked: Asked): SendOutcome => {
    if (!asked.ok && asked.rule !== undefined) {
      log({ event: 'policy_refused', rule: asked.rule, payment: order.paymentId, attempt: order.attempt })
      return { kind: 'rejected', code: `${POLICY_CODE}${asked.rule}` }
    }
    if (!asked.ok && asked.intent !== undefined) {
      log({ event: 'intent_refused', because: asked.intent, payment: order.paymentId, attempt: order.attempt })
      // Not a refusal that stays: who altered a request must not spoil its invoice for the right one.
      return { kind: 'not_sent', code: `${INTENT_CODE}${asked.intent}` }
    }
    if (!asked.ok) {
      log({ event: 'not_sent', code: asked.code, payment: order.paymentId, attempt: order.attempt })
      return { kind: 'not_sent', code: asked.code }
    }
    // The request has left: from here on a closed core is an answer that cannot be read, never "not sent".
    const read = core.ask((it) => it.readDeposit(order.gateway, asked.response, order.reference))
    return read.ok ? read.value : { kind: 'unknown', reason: read.error }
  }

  /** Asks what takes no money, and once more under a fresh token when the one at hand was too old. */
  const ask = async (
    gateway: GatewayName,
    build: (it: VaultCore, token: string | undefined) => Built,
    timeoutMs: number,
    keepAlive: KeepAlive,
  ): Promise<Asked> => {
    const first = await prepare(gateway, build, keepAlive)
    const asked = await call(first.built, timeoutMs, first.token !== undefined)
    if (first.token === undefined || !isUnauthorised(asked)) return asked
    const again = await prepare(gateway, build, keepAlive, first.token)
    return call(again.built, timeoutMs)
  }

  const status = async (query: StatusQuery, keepAlive: KeepAlive): Promise<StatusOutcome> => {
    const { gateway, reference, currency } = query
    const asked = await ask(
      gateway,
      (it, token) => it.buildDepositStatus(gateway, reference, token),
      STATUS_TIMEOUT_MS,
      keepAlive,
    )
    if (!asked.ok) return { kind: 'unknown', reason: asked.code }
    const { response } = asked
    const read = core.ask((it) => it.readDepositStatus(gateway, response, currency, reference))
    return read.ok ? read.value : { kind: 'unknown', reason: read.error }
  }

  /** What is known of a deposit that is to be called off; `null`: it is open. */
  const settled = (status: StatusOutcome): CancelOutcome | null => {
    switch (status.kind) {
      case 'unknown':
        return status
      case 'not_found':
        // What is under way may still arrive.
        return { kind: 'unknown', reason: 'not_found' }
      case 'found': {
        const { outcome, amountMinor, currency, providerTransactionId } = status
        if (outcome === 'failed' || outcome === 'expired') return { kind: 'cancelled' }
        if (outcome !== 'succeeded') return null
        return {
          kind: 'succeeded',
          ...(amountMinor === undefined ? {} : { amountMinor }),
          ...(currency === undefined ? {} : { currency }),
          ...(providerTransactionId === undefined ? {} : { providerTransactionId }),
        }
      }
    }
  }

  /** For questions whose answer a caller could mistake for a word about the payment: a closed core throws. */
  const must = <Answer>(
    asked: { readonly ok: true; readonly value: Answer } | { readonly ok: false; readonly error: string },
  ): Answer => {
    if (!asked.ok) throw new Error(`the core is closed: ${asked.error}`)
    return asked.value
  }

  return {
    /** `keepAlive` holds what goes on after the answer. */
    async send(order: DepositOrder, keepAlive: (work: Promise<unknown>) => void): Promise<SendAnswer> {
      const outcome = await send(order, keepAlive)
      // Nothing left, and a payment may vanish of which nothing left: nobody need find it.
      if (outcome.kind === 'not_sent') return outcome
      const hash = core.ask((it) => it.hashPhone(order.phoneNumber))
      return hash.ok ? { ...outcome, phoneHash: hash.value.current } : outcome
    },

    async phoneHashes(phoneNumber: Msisdn): Promise<PhoneHashes> {
      return must(core.ask((it) => it.hashPhone(phoneNumber)))
    },

    status,

    /**
     * Calls a deposit off. How it stands is asked first: what is over already needs no word, and some gateways want their own id
     * of it, which only their answer has. It is `cancelled` only when the gateway, asked again, says that it is over for good.
     */
    async cancel(query: StatusQuery, keepAlive: KeepAlive): Promise<CancelOutcome> {
      const { gateway, reference, currency } = query
      const before = await status(query, keepAlive)
      const already = settled(before)
      if (already !== null) return already
      const gatewayId = before.kind === 'found' ? before.gatewayId : undefined
      const { built } = await prepare(
        gateway,
        (it, token) => it.buildCancel(gateway, reference, gatewayId, token),
        keepAlive,
      )
      const asked = await call(built, CANCEL_TIMEOUT_MS)
      if (!asked.ok) return { kind: 'unknown', reason: asked.code }
      const read = core.ask((it) => it.readCancel(gateway, asked.response, currency, reference))
      if (!read.ok) return { kind: 'unknown', reason: read.error }
      const said = settled(read.value) ?? { kind: 'unknown', reason: 'still_open' }
      if (said.kind === 'unknown') return said
      // The status has the last word: what was being paid as it was called off may still be captured, and how much was paid only it
      // says.
      return settled(await status(query, keepAlive)) ?? { kind: 'unknown', reason: 'still_open' }
    },

    /** Hands on a code that the customer was asked for. It is in no line of the log. */
    async submitOtp({ gateway, reference, otp }: OtpOrder, keepAlive: KeepAlive): Promise<OtpOutcome> {
      const build = (it: VaultCore, token: string | undefined): Built => it.buildOtp(gateway, reference, otp, token)
      const outcomeOf = (asked: Asked): OtpOutcome => {
        if (!asked.ok) return { kind: 'not_sent', code: asked.code }
        // It has left: a core that is closed by now has an answer that cannot be read.
        const read = core.ask((it) => it.readOtp(gateway, asked.response, reference))
        return read.ok ? read.value : { kind: 'unknown', reason: read.error }
      }
      const { built, token } = await prepare(gateway, build, keepAlive)
      const asked = await call(built, OTP_TIMEOUT_MS, token !== undefined)
      const outcome = outcomeOf(asked)
      // As with a deposit: a code authorises money, so it is sent afresh only when nothing can have come of it.
      if (token === undefined || !isUnauthorised(asked) || outcome.kind !== 'rejected') return outcome
      const again = await prepare(gateway, build, keepAlive, token)
      return outcomeOf(await call(again.built, OTP_TIMEOUT_MS))
    },

    async checkAttestation(attested: AttestedVerdict): Promise<Verdict | null> {
      return must(core.ask((it) => it.checkAttestation(attested)))
    },

    async sealSnapshot(paymentId: PaymentId, text: string): Promise<Seal> {
      return must(core.ask((it) => it.sealSnapshot(paymentId, text)))
    },

    async checkSnapshot(paymentId: PaymentId, text: string, seal: Seal): Promise<boolean> {
      return must(core.ask((it) => it.checkSnapshot(paymentId, text, seal)))
    },

    /** `keepAlive`: what outlives the caller. */
    async verifyCallback(callback: RawCallback, keepAlive: (work: Promise<unknown>) => void): Promise<CallbackAnswer> {
      if (callback.body.byteLength > CALLBACK_BYTES_MAX) return { kind: 'refused', reason: 'body_too_large' }
      const keys = keysOf(callback.gateway)
      const read = formAsJson(callback)
      const verify = (known: ReturnType<typeof keys.current>) =>
        core.ask((it) => it.verifyCallback(read, known ?? [], nowMs()))
      let answer = verify(keys.current())
      if (answer.ok && answer.value.kind === 'need_key') {
        // What the cached keys do not verify may be signed by a new one, also under an old id: ask once, then judge.
        const refetched = await keys.refetch(keepAlive)
        if (refetched.kind === 'keys') answer = verify(refetched.keys)
        else if (!keys.current()) return { kind: 'unavailable', reason: `public keys: ${refetched.kind}` }
        // A single forged name starts the pause, in which the gateway may rotate: only fresh keys tell a forgery from that.
        else if (answer.value.reason === 'unknown_key')
          return {
            kind: 'unavailable',
            reason: `public keys: ${refetched.kind}`,
            // Where the keys cannot be had, it is nobody's fault but the gateway's.
            ...(refetched.kind === 'paused' ? { unknownKey: true } : {}),
          }
      }
      if (!answer.ok) return { kind: 'unavailable', reason: answer.error }
      return concluded(answer.value)
    },

    async predictProvider(phoneNumber: string): Promise<PredictOutcome> {
      const found = core.ask((it, { gateways }) =>
        builtByFirst(namesOf(gateways), (gateway) => it.buildPredictProvider(gateway, phoneNumber)),
      )
      if (!found.ok) return { kind: 'unknown', reason: found.error }
      const { gateway, built } = found.value
      if (!built.ok && built.code === NO_ROUTINE) return { kind: 'unknown', reason: NO_ROUTINE, nobodyPredicts: true }
      const asked = await call(ok(built), PREDICT_TIMEOUT_MS)
      if (!asked.ok) return { kind: 'unknown', reason: asked.code }
      const read = core.ask((it) => it.readPredictProvider(gateway, asked.response))
      return read.ok ? read.value : { kind: 'unknown', reason: read.error }
    },

    /** Of `only`, else of the first gateway that says any. */
    async conditions(country: string, only?: GatewayName): Promise<ConditionsOutcome> {
      const found = core.ask((it, { gateways }) =>
        builtByFirst(only === undefined ? namesOf(gateways) : [only], (each) => it.buildActiveConf(each, country)),
      )
      if (!found.ok) return { kind: 'unknown', reason: found.error }
      const { gateway, built } = found.value
      const asked = await call(ok(built), CONDITIONS_TIMEOUT_MS)
      if (!asked.ok) return { kind: 'unknown', reason: asked.code }
      const read = readConditions(asked.response)
      if (read.kind !== 'found') return read
      return { kind: 'found', conditions: read.conditions.map((each) => ({ ...each, gateway })) }
    },

    async health(): Promise<VaultHealth> {
      const open = core.ask((it, opening) => ({
        version: it.version(),
        callbackMode: callbackModeOf(it, opening),
        opening,
      }))
      if (!open.ok) return { sealed: open.error, core: { version: '', buildId: '' }, callbackMode: 'signed' }
      const { version, callbackMode, opening } = open.value
      const { epoch, programId } = opening
      return { sealed: 'ok', core: version, callbackMode, epoch, programId }
    },
  }
}

/** A key that is still missing after the gateway was asked does not exist. */
const concluded = (answer: CoreCallbackAnswer): CallbackAnswer => {
  if (answer.kind === 'need_key') return { kind: 'refused', reason: answer.reason }
  return answer.kind === 'refused' && answer.reason === NO_SUCH_GATEWAY ? { kind: 'no_such_gateway' } : answer
}
