import type { Patch } from './code/bundle.ts'

/** A deliberate bug in the TypeScript between the reducer and the world. A new one is one more entry. */
export interface Mutant {
  readonly name: string
  /** What it takes away. */
  readonly bug: string
  readonly patches: readonly Patch[]
}

const one = (name: string, bug: string, file: string, find: string, replace: string): Mutant => ({
  name,
  bug,
  patches: [{ file, find, replace }],
})

const OBJECT = 'src/consumer/payment-object.ts'
const CALL_OFF = 'src/consumer/call-off.ts'
const FAILOVER = 'src/consumer/failover-decision.ts'
const DECISION = 'src/consumer/begin-decision.ts'
const OUTBOX = 'src/consumer/outbox.ts'
const TOLD = 'src/consumer/told.ts'
const ACCEPT = 'src/flows/accept-callback.ts'
const DELIVER = 'src/flows/deliver-callback.ts'
const FULFIL = 'src/flows/fulfil.ts'
const LEDGER = 'src/adapters/d1-ledger.ts'

/** Reads the outcome of a send otherwise than the vault told it. `how` may set `outcome` anew. */
const misread = (name: string, bug: string, how: string): Mutant => ({
  name,
  bug,
  patches: [
    {
      file: OBJECT,
      find: 'const outcome = await this.#settings.vault.send(handedOver(order))',
      replace: 'let outcome = await this.#settings.vault.send(handedOver(order))',
    },
    { file: OBJECT, find: "    // failPoint('object_sent')", replace: how },
  ],
})
const GATEWAYS_REFUSAL = "outcome = { kind: 'rejected', code: 'NOT_ALLOWED' }"

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'mark-before-effect',
    bug: 'marks the payment fulfilled before the order is',
    patches: [
      {
        file: FULFIL,
        find: 'await ports.post(due, via, ports.nowMs())',
        replace: "await ports.payment['markFulfilled'](via)",
      },
      {
        file: FULFIL,
        find: 'await ports.payment.markFulfilled(via, due.index?.revision)',
        replace: "await ports['post'](due, via, ports.nowMs())",
      },
    ],
  },
  one(
    'believe-redis',
    'believes a snapshot whose seal nobody has checked',
    'src/flows/trusted-view.ts',
    'if (!(await checkSeal(paymentId, sealedText(snapshot), snapshot.seal))) return null',
    '',
  ),
  one(
    'believe-the-queue',
    'applies a verdict that the core never attested',
    DELIVER,
    'await ports.checkAttestation(message.attested)',
    'JSON.parse(message.attested.text)',
  ),
  {
    name: 'believe-a-hint',
    bug: 'applies an unsigned callback instead of asking the gateway',
    patches: [
      { file: DELIVER, find: "verdict.authentic === 'signed'\n      ? await", replace: 'verdict\n      ? await' },
      { file: OBJECT, find: "if (verdict.authentic !== 'signed') return", replace: 'if (!verdict) return' },
    ],
  },
  one(
    'broken-rpc-is-not-sent',
    'takes a broken connection to the vault for "nothing was sent"',
    OBJECT,
    "payment: order.paymentId, error: describeError(error) })\n      return { kind: 'unknown', reason: 'rpc' }",
    "payment: order.paymentId, error: describeError(error) })\n      return { kind: 'not_sent', code: 'rpc' }",
  ),
  one(
    'unknown-is-refused',
    'takes a send whose answer was lost for a refusal',
    TOLD,
    "return { type: 'sendUnknown', n, nowMs }",
    "return { type: 'sendRejected', n, code: 'unknown', nowMs }",
  ),
  one(
    'failed-query-is-failure',
    'takes a status query that taught nothing for a failure',
    TOLD,
    "return { type: 'pollFailed', n, nowMs }",
    "return { ...statusEvent(n, { kind: 'not_found' }, nowMs, nowMs), outcome: 'failed' }",
  ),
  one(
    'not-found-is-failure',
    'takes "not found" for a failure before the settling time',
    TOLD,
    "outcome: 'not_found',",
    "outcome: 'failed',",
  ),
  one(
    'five-second-lease',
    'lets a new attempt begin when the open one is older than five seconds',
    DECISION,
    'const step = beginAttempt(decide, referenceKey, record?.state ?? null, wanted, nowMs)',
    `const lapsed = record?.state.attempts.map((each) =>
    each.status !== 'succeeded' && nowMs - each.createdAtMs > 5000 ? { ...each, status: 'failed' } : each)
  const step = beginAttempt(decide, referenceKey, record ? { ...record.state, attempts: lapsed } : null, wanted, nowMs)`,
  ),
  {
    name: 'send-before-write',
    bug: 'hands the order to the vault before the attempt is written',
    patches: [
      {
        file: OBJECT,
        find: '        this.ctx.storage.transactionSync(() =>',
        replace: `        const early = this.#settings.vault.send(orderOf(routed, n, reference))
        this.ctx.storage.transactionSync(() =>`,
      },
      {
        file: OBJECT,
        find: 'this.#send(orderOf(routed, n, reference))',
        replace: 'this.#send(orderOf(routed, n, reference), early)',
      },
      { file: OBJECT, find: 'async #send(order: DepositOrder)', replace: 'async #send(order: DepositOrder, early)' },
      { file: OBJECT, find: 'await this.#settings.vault.send(handedOver(order))', replace: 'await early' },
    ],
  },
  one(
    'new-reference-on-retry',
    'sends once more under the next reference when the answer was lost',
    OBJECT,
    "    // failPoint('object_sent')",
    `    const n = order.attempt + 1
    const reference = decideCore().gatewayReference(this.#settings.referenceKey, order.paymentId, n)
    if (outcome.kind === 'unknown') await this.#settings.vault.send({ ...order, attempt: n, reference }).catch(() => {})`,
  ),
  one(
    'key-forgotten',
    'does not remember the key that made an attempt',
    OBJECT,
    'this.#store.putKey(keyHash, { attempt: n, fingerprint }, nowMs)',
    '',
  ),
  one(
    'joining-key-forgotten',
    'does not remember a key that joined a running payment',
    OBJECT,
    'if (joins) this.#store.putKey(keyHash, { attempt, fingerprint: kept }, nowMs)',
    '',
  ),
  one(
    'payment-per-session',
    'derives the payment from the session, too',
    'src/edge/begin-payment.ts',
    "{ kind: 'invoice', value: invoice }",
    "{ kind: 'invoice', value: invoice + ' ' + rest.sessionId }",
  ),
  one(
    'amount-not-compared',
    "takes the payment's own amount for the one that the gateway tells",
    OBJECT,
    'this.#step(verdictEvent(attempt.n, verdict, Date.now()))',
    'this.#step(verdictEvent(attempt.n, { ...verdict, amountMinor: record.state.amountMinor }, Date.now()))',
  ),
  one(
    'callback-for-an-answer',
    'takes what a callback says for the answer to a query that was just made',
    TOLD,
    "  source: 'callback',\n  heardAtMs: verdict.receivedAtMs,",
    "  source: 'poll',\n  heardAtMs: verdict.receivedAtMs,",
  ),
  one(
    'answer-before-durable',
    'answers the gateway 200 though neither queue nor object has the callback',
    ACCEPT,
    "  const unavailable = err({ reason: 'unavailable', part: 'queue' } as const)",
    "  if (verdict) return ok({ verdict, durable: 'queue' })\n  const unavailable = err({ reason: 'unavailable', part: 'queue' } as const)",
  ),
  one(
    'nothing-expected',
    'does not keep in mind that a callback is on its way',
    ACCEPT,
    "if (paymentId === null || attempt === null || outcome === 'failed') return",
    'if (paymentId === null || attempt === null || outcome) return',
  ),
  one(
    'no-outbox',
    'never publishes what the object keeps for the queue',
    OUTBOX,
    'of store.outboxDue(dueMs)',
    'of [] as ReturnType<typeof store.outboxDue>',
  ),
  one(
    'no-nudge',
    'tells nobody when asking finds a payment paid',
    OBJECT,
    'if (fulfil) this.#outbox.nudge(',
    'if (false) this.#outbox.nudge(',
  ),
  one('no-alarm', 'never sets an alarm', OBJECT, 'this.ctx.storage.setAlarm(atMs)', 'undefined'),
  one(
    'no-alarm-after-an-alarm',
    'does not set the next alarm once one has done its work',
    OBJECT,
    'await this.#work(wallClock)\n',
    'await this.#work(wallClock)\n      await this.ctx.storage.deleteAlarm()\n',
  ),
  misread(
    'failover-on-timeout',
    "takes a time-out for the gateway's own refusal, and goes on elsewhere",
    `if (outcome.kind === 'unknown' && outcome.reason === 'timeout') ${GATEWAYS_REFUSAL}`,
  ),
  misread(
    'failover-on-5xx',
    "takes an answer of 5xx for the gateway's own refusal, and goes on elsewhere",
    `if (outcome.kind === 'unknown' && outcome.reason.startsWith('http 5')) ${GATEWAYS_REFUSAL}`,
  ),
  misread(
    'failover-on-not-found',
    'goes on elsewhere when the gateway does not know the deposit after a second',
    `if (outcome.kind === 'unknown') {
      await new Promise((resolve) => setTimeout(resolve, 1000))
      const { gateway, reference, currency } = order
      const found = await this.#settings.vault.status({ v: 1, gateway, operation: 'deposit', reference, currency })
      if (found.kind === 'not_found') ${GATEWAYS_REFUSAL}
    }`,
  ),
  {
    name: 'breaker-moves-pending',
    bug: 'holds an attempt for over when the breaker of its gateway is open',
    patches: [
      { file: OBJECT, find: 'before?.state.attempts ?? []', replace: '[]' },
      {
        file: DECISION,
        find: 'const step = beginAttempt(decide, referenceKey, record?.state ?? null, wanted, nowMs)',
        replace: `const isAway = ({ gateway }) =>
    routed && JSON.parse(routed.record).candidates.some((each) => each.gateway === gateway && each.position !== 'closed')
  const moved = record?.state.attempts.map((each) =>
    each.status !== 'succeeded' && isAway(each) ? { ...each, status: 'failed' } : each)
  const step = beginAttempt(decide, referenceKey, record ? { ...record.state, attempts: moved } : null, wanted, nowMs)`,
      },
    ],
  },
  one(
    'second-failover',
    'forgets what a request was sent before, and goes on again and again',
    FAILOVER,
    'while (goesOn(first)) first--',
    '',
  ),
  one(
    'cancel-not-confirmed',
    'holds an attempt for called off though the gateway did not say so',
    CALL_OFF,
    "    case 'unknown':\n      return null",
    `    case 'unknown':
      return {
        ...told,
        outcome: 'failed',
        failureCode: CALLED_OFF,
        amountMinor: null,
        currency: null,
        providerTransactionId: null,
      }`,
  ),
  one(
    'random-posting',
    'gives each posting of a deposit an id of its own',
    LEDGER,
    'const entryId = ',
    'const entryId = nowMs + ',
  ),
]
