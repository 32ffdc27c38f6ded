import type {
  AttestedVerdict,
  CallbackAnswer,
  CancelOutcome,
  DepositOrder,
  RawCallback,
  Seal,
  SendAnswer,
  SendOutcome,
  StatusOutcome,
  VaultForConsumer,
  VaultForEdge,
  Verdict,
} from '../../../src/contracts/vault.ts'
import { quickHash } from '../code/platform.ts'
import { ask, isDown, OUTSIDE, refuse, type World } from '../world.ts'
import type { CallbackBody, Gateway } from './gateway.ts'

export const REFERENCE_KEY = '6c'.repeat(32)

const SECRET = 'only the core knows this'
const macOf = (text: string): string => quickHash(SECRET + text).repeat(2)
/** The call to a gateway ends there, whatever comes of it. */
const SEND_TIMEOUT_MS = 150_000
/** A signature is fresh for that long; later it is a hint (T64). */
const FRESH_MS = 300_000

const decoder = new TextDecoder()

interface Known {
  readonly paymentId: string
  readonly attempt: number
}

/**
 * The vault as the Workers see it, without its cryptography: a MAC that only it can make, a reference that decodes to its
 * payment. What goes wrong on the way to it and behind it is the simulation's.
 */
export const createVault = (world: World, gateways: ReadonlyMap<string, Gateway>, mode: 'signed' | 'hint') => {
  const { scheduler, random, faults, notes, system } = world
  const known = new Map<string, Known>()
  const sealOf = (paymentId: string, text: string): Seal => ({ mac: macOf(`${paymentId}\n${text}`), kid: '1' })

  const gatewayOf = (name: string): Gateway => {
    const gateway = gateways.get(name)
    if (!gateway) throw new Error(`no gateway ${name} in the program`)
    return gateway
  }

  /** Between the vault and the gateway. Nobody can tell a request that never arrived from an answer that never came. */
  const charge = (order: DepositOrder, answer: (outcome: SendOutcome) => void): void => {
    const later = (ms: number, outcome: SendOutcome) => scheduler.after(ms, OUTSIDE, () => answer(outcome))
    const gateway = gatewayOf(order.gateway)
    if (faults.duringOf('gateway_down', order.gateway, scheduler.nowMs))
      return void later(random.between(5, 20_000), lost('network'))
    if (faults.strikes('gateway_never_got_it')) return void later(random.between(5, 20_000), lost('network'))
    const hangs = faults.strikes('gateway_hung')
    const onTheWayMs = hangs && random.chance(0.5) ? random.between(1_000, 100_000) : random.between(20, 400)
    scheduler.after(onTheWayMs, OUTSIDE, () => {
      const outcome = gateway.deposit(order)
      if (faults.strikes('gateway_failed_after_processing'))
        return void later(random.between(5, 30_000), lost('http 502'))
      const answersInMs = hangs ? random.between(45_000, 120_000) : random.between(50, 4_000)
      const leftMs = SEND_TIMEOUT_MS - onTheWayMs
      if (answersInMs > leftMs) later(leftMs, lost('timeout'))
      else later(answersInMs, outcome)
    })
  }

  const verdictOf = (body: CallbackBody, raw: RawCallback, authentic: Verdict['authentic']): Verdict => {
    const owner = known.get(body.reference)
    return {
      v: 1,
      gateway: raw.gateway,
      operation: 'deposit',
      authentic,
      reference: body.reference as Verdict['reference'],
      paymentId: (owner?.paymentId ?? null) as Verdict['paymentId'],
      attempt: owner?.attempt ?? null,
      outcome: body.outcome,
      failureCode: body.failureCode,
      amountMinor: body.amountMinor,
      currency: body.currency,
      providerTransactionId: null,
      bodySha256: quickHash(decoder.decode(raw.body)).repeat(2),
      receivedAtMs: scheduler.nowMs,
    }
  }

  const verify = (raw: RawCallback): CallbackAnswer => {
    const body = JSON.parse(decoder.decode(raw.body)) as CallbackBody
    const { callbacks } = gatewayOf(raw.gateway).manners
    const isSigned = mode === 'signed' && callbacks !== 'unsigned'
    if (isSigned && body.signature !== 'good') return { kind: 'refused', reason: 'signature_invalid' }
    const isFresh = callbacks === 'undated' || scheduler.nowMs - body.madeAtMs < FRESH_MS
    const verdict = verdictOf(body, raw, isSigned && isFresh ? 'signed' : 'hint')
    const text = JSON.stringify(verdict)
    return { kind: 'verified', verdict, attested: { v: 1, text, mac: macOf(text), kid: '1' } }
  }

  const forConsumer: VaultForConsumer = {
    send: (order) =>
      ask<SendAnswer>(world, (reply) => {
        const answer = (outcome: SendOutcome) => {
          const breaks = faults.strikes('vault_rpc_broke_after')
          const told = outcome.kind === 'not_sent' ? outcome : { ...outcome, phoneHash: quickHash(order.phoneNumber) }
          reply(breaks ? refuse('the connection to the vault broke') : () => told)
        }
        if (faults.strikes('vault_rpc_broke_before')) return reply(refuse('the vault could not be reached'))
        if (isDown(world, 'vault_closed')) return answer({ kind: 'not_sent', code: 'E1001' })
        // As the core: a reference that does not decode to its payment is not sent.
        const own = system.decideCore().gatewayReference(REFERENCE_KEY, order.paymentId, order.attempt)
        if (own !== order.reference) return answer({ kind: 'not_sent', code: 'E1101' })
        known.set(order.reference, { paymentId: order.paymentId, attempt: order.attempt })
        notes.tell(scheduler.nowMs, order.paymentId, () => `vault sends attempt ${order.attempt}`)
        charge(order, answer)
      }),
    status: ({ gateway, reference }) =>
      ask<StatusOutcome>(world, (reply) => {
        const toMs = faults.strikes('status_query_slow') ? random.between(1_000, 60_000) : random.between(20, 400)
        const backMs = faults.strikes('status_query_slow') ? random.between(1_000, 60_000) : random.between(20, 400)
        scheduler.after(toMs, OUTSIDE, () => {
          const outcome = gatewayOf(gateway).status(reference)
          notes.tell(scheduler.nowMs, reference, () => `asked, ${gateway} answers ${JSON.stringify(outcome)}`)
          scheduler.after(backMs, OUTSIDE, () => reply(() => outcome))
        })
      }),
    // As the core: it asks how it stands, and only then has it called off. The customer may be quicker.
    cancel: ({ gateway, reference }) =>
      ask<CancelOutcome>(world, (reply) => {
        if (isDown(world, 'vault_closed')) return reply(() => ({ kind: 'unknown', reason: 'E1001' }))
        const there = gatewayOf(gateway)
        if (!there.manners.cancels) return reply(() => ({ kind: 'unknown', reason: 'E1312' }))
        scheduler.after(random.between(20, 400), OUTSIDE, () => {
          const found = there.status(reference)
          const back = (outcome: CancelOutcome) => {
            notes.tell(scheduler.nowMs, reference, () => `called off, ${gateway} answers ${outcome.kind}`)
            scheduler.after(random.between(20, 400), OUTSIDE, () => reply(() => outcome))
          }
          if (found.kind === 'unknown') return back(found)
          if (found.kind === 'not_found') return back({ kind: 'unknown', reason: 'not_found' })
          if (found.outcome === 'succeeded') {
            const { amountMinor, currency } = found
            return back({
              kind: 'succeeded',
              ...(amountMinor === undefined ? {} : { amountMinor }),
              ...(currency === undefined ? {} : { currency }),
            })
          }
          if (found.outcome !== 'pending') return back({ kind: 'cancelled' })
          if (faults.strikes('cancel_lost')) return back({ kind: 'unknown', reason: 'network' })
          scheduler.after(random.between(40, random.chance(0.1) ? 30_000 : 800), OUTSIDE, () => {
            const outcome = there.cancel(reference)
            back(faults.strikes('cancel_answer_lost') ? { kind: 'unknown', reason: 'http_502' } : outcome)
          })
        })
      }),
    checkAttestation: (attested: AttestedVerdict) =>
      ask<Verdict | null>(world, (reply) => {
        if (isDown(world, 'vault_closed')) return reply(refuse('the core is closed'))
        const genuine = attested.mac === macOf(attested.text)
        reply(() => (genuine ? (JSON.parse(attested.text) as Verdict) : null))
      }),
    sealSnapshot: (paymentId, text) =>
      ask<Seal>(world, (reply) => {
        if (isDown(world, 'vault_closed')) return reply(refuse('the core is closed'))
        const seal = sealOf(paymentId, text)
        reply(() => seal)
      }),
    // No gateway of the simulation asks for a code.
    submitOtp: async () => ({ kind: 'not_sent', code: 'E1312' }),
    conditions: async () => ({ kind: 'unknown', reason: 'not simulated' }),
    phoneHashes: async (phoneNumber) => ({
      current: quickHash(phoneNumber),
      erased: quickHash(`erased ${phoneNumber}`),
    }),
  }

  const forEdge: VaultForEdge = {
    verifyCallback: (raw) =>
      ask<CallbackAnswer>(world, (reply) => {
        if (isDown(world, 'vault_closed')) return reply(() => ({ kind: 'unavailable', reason: 'closed' }))
        const answer = verify(raw)
        reply(() => answer)
      }),
    checkSnapshot: (paymentId, text, seal) =>
      ask<boolean>(world, (reply) => {
        if (isDown(world, 'vault_closed')) return reply(refuse('the core is closed'))
        const genuine = seal.mac === sealOf(paymentId, text).mac
        reply(() => genuine)
      }),
    predictProvider: async () => ({ kind: 'unknown', reason: 'not simulated' }),
    conditions: async () => ({ kind: 'unknown', reason: 'not simulated' }),
    health: async () => ({ sealed: 'ok', core: { version: 'simulated', buildId: 'simulated' }, callbackMode: mode }),
  }

  /** The message of a thief: the verdict of a success, and a MAC of his own. */
  const forged = (gateway: string, reference: string, amountMinor: string, currency: string): AttestedVerdict => {
    const body: CallbackBody = {
      reference,
      outcome: 'succeeded',
      failureCode: null,
      amountMinor,
      currency,
      madeAtMs: scheduler.nowMs,
      signature: 'good',
    }
    const raw = { gateway, body: new TextEncoder().encode(reference) } as unknown as RawCallback
    return { v: 1, text: JSON.stringify(verdictOf(body, raw, 'signed')), mac: 'f0'.repeat(32), kid: '1' }
  }
  return { forConsumer, forEdge, forged }
}

const lost = (reason: string): SendOutcome => ({ kind: 'unknown', reason })
