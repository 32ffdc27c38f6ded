import type { ExpectedCallback, PaymentObjectRpc } from '../contracts/payment-object.ts'
import type { CallbackMessage, QueueMessage } from '../contracts/queue.ts'
import type { AttestedVerdict, CallbackAnswer, RawCallback, VaultForEdge, Verdict } from '../contracts/vault.ts'
import type { PaymentError } from '../domain/errors.ts'
import type { PaymentId } from '../domain/ids.ts'
import type { DeliveredVia } from '../domain/payment.ts'
import { err, ok, type Result } from '../domain/result.ts'

export interface AcceptCallbackPorts {
  readonly verifyCallback: VaultForEdge['verifyCallback']
  /** Never throws. `failed` includes a lost answer: the message may be queued all the same, its id makes that harmless. */
  readonly publish: (message: QueueMessage, dedupId: string, flow?: string) => Promise<'published' | 'failed'>
  readonly payment: (id: PaymentId) => Pick<PaymentObjectRpc, 'keep'>
  /** Tells the payment object. Never throws. Null: somebody else will, and is waited for. */
  readonly expectCallback: (expected: ExpectedCallback) => Promise<void> | null
  /** Lets work outlive the answer. */
  readonly later: (work: Promise<unknown>) => void
  readonly note: (event: string, error: unknown) => void
}

export interface AcceptedCallback {
  readonly verdict: Verdict
  /** `nowhere`: a hint about nothing of ours; there is nothing to ask. */
  readonly durable: 'queue' | 'object' | 'nowhere'
}

/**
 * Found only in what is authentic, or of a gateway that signs nothing: another kind of event, or a charge that the shop made
 * without us. Whoever sends it is no forger, and is not to be kept waiting as one.
 */
const NOT_OURS: ReadonlySet<string> = new Set(['operation_mismatch', 'reference_malformed'])

const message = (attested: AttestedVerdict, via: DeliveredVia): CallbackMessage => ({
  v: 1,
  kind: 'callback',
  via,
  attested,
})

/** As often as an object asks its gateway because of hints. */
const HINT_EVERY_MS = 10_000

/**
 * Less than a message lives (33 minutes of tries; poison alone dies at once, and is replayed by people). The queue may pass over an id for 90 days, and what the gateway sends anew after
 * the message has died must not be one that is passed over.
 */
const SIGNED_EVERY_MS = 30 * 60_000

/**
 * The same word about the same attempt is the same message for half an hour, also when the gateway sends it a hundred times;
 * another word is another message. Of hints, which anybody can make up by the thousand, all of ten seconds are one: all that a hint
 * does is have the gateway asked. QStash refuses ids with anything but letters, digits, `_` and `-`.
 */
export const dedupIdOf = (verdict: Verdict): string => {
  const { gateway, reference, outcome, authentic, bodySha256, receivedAtMs } = verdict
  const since = (everyMs: number) => String(Math.floor(receivedAtMs / everyMs))
  const which = authentic === 'signed' ? [bodySha256.slice(0, 32), since(SIGNED_EVERY_MS)] : [since(HINT_EVERY_MS)]
  return ['cb', gateway, reference, outcome, authentic, ...which].join('_').replace(/[^A-Za-z0-9_-]/g, '-')
}

/** What is signed does not queue behind what anybody can send. */
const flowOf = ({ authentic, gateway }: Verdict): string | undefined =>
  authentic === 'signed' ? undefined : `callback_hint_${gateway}`

/**
 * The queue gives up after half an hour or so. Money that was taken for an attempt which we hold for failed would then be
 * known to nobody, so the object is told what to expect (I2). After the answer: the gateway does not wait for this.
 */
const expectDelivery = (ports: AcceptCallbackPorts, { paymentId, attempt, outcome }: Verdict): void => {
  if (paymentId === null || attempt === null || outcome === 'failed') return
  const told = ports.expectCallback({ paymentId, attempt })
  if (told) ports.later(told)
}

/**
 * INVARIANT (I10): ok only once the event is durable: QStash took it, or the payment object holds it. Otherwise an
 * error, so that the gateway sends it again.
 */
export const acceptCallback = async (
  ports: AcceptCallbackPorts,
  callback: RawCallback,
): Promise<Result<AcceptedCallback, PaymentError>> => {
  const answer = await ports.verifyCallback(callback).catch((error: unknown): CallbackAnswer => {
    ports.note('verify_failed', error)
    return { kind: 'unavailable', reason: 'rpc' }
  })
  if (answer.kind === 'unavailable' && answer.unknownKey) {
    ports.note('callback_unjudged', answer.reason)
    return err({ reason: 'unavailable', part: 'keys' })
  }
  if (answer.kind === 'unavailable') return err({ reason: 'unavailable', part: 'vault' })
  if (answer.kind === 'no_such_gateway') return err({ reason: 'not_found' })
  if (answer.kind === 'refused') {
    // The cause is for our log alone: told to the sender, it would teach a forger.
    ports.note('callback_refused', answer.reason)
    return err({ reason: NOT_OURS.has(answer.reason) ? 'not_found' : 'unauthenticated' })
  }

  const { verdict, attested } = answer
  // Anybody can make up an unsigned callback: one that names no payment costs us nothing more.
  if (verdict.authentic === 'hint' && verdict.paymentId === null) return ok({ verdict, durable: 'nowhere' })
  const dedupId = dedupIdOf(verdict)
  // failPoint('callback_verified')
  if ((await ports.publish(message(attested, 'qstash'), dedupId, flowOf(verdict))) === 'published') {
    // failPoint('callback_published')
    expectDelivery(ports, verdict)
    return ok({ verdict, durable: 'queue' })
  }

  const unavailable = err({ reason: 'unavailable', part: 'queue' } as const)
  if (verdict.paymentId === null) return unavailable
  try {
    const kept = await ports
      .payment(verdict.paymentId)
      .keep({ v: 1, kind: 'callback', body: JSON.stringify(message(attested, 'outbox')), dedupId })
    if (!kept) return unavailable
    // What the outbox hands to the queue may be lost there, too.
    expectDelivery(ports, verdict)
    return ok({ verdict, durable: 'object' })
  } catch (error) {
    ports.note('keep_failed', error)
    return unavailable
  }
}
