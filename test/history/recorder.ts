import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEVELOPMENT } from '../../scripts/stack/database.ts'
import type { Stack } from '../../scripts/stack/stack.ts'
import { createDecideCore } from '../../src/core/decide.ts'
import type { MerchantId } from '../../src/domain/ids.ts'
import { isFinal } from '../../src/domain/payment.ts'
import type { GatewayLog } from './gateway-log.ts'
import type { Asked, Ended, History, Told } from './history.ts'
import { pawapayLog } from './logs/pawapay.ts'
import { minorUnits } from './minor-units.ts'
import { askObjects, atOnce, fulfilledOf, postingsOf } from './stored.ts'

/** `status` 0: the answer was lost. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field, whatever their shape
  readonly body: any
}

export interface Recorder {
  /**
   * POST /v1/payments. Every ask and answer is noted, a lost answer too. Without `idempotency-key` a fresh one is sent.
   * After `patienceMs` the connection is closed, and the answer is lost to this shop.
   */
  pay(body: Record<string, unknown>, headers?: Record<string, string>, patienceMs?: number): Promise<Answer>
  /** GET /v1/payments/{id}, noted as told. */
  get(id: string): Promise<Answer>
  /** Every payment that was asked for and could exist, whether or not its answer came. */
  payments(): readonly string[]
  /**
   * Lets everything come to rest: alarms are run as if time had passed, the queue is waited for. Faults must be lifted
   * before. Names the payments that are still open when `timeoutMs` is over.
   */
  settle(timeoutMs?: number): Promise<readonly string[]>
  /** `settled`: nothing is under way any more and every fault is lifted. */
  collect(settled: boolean): Promise<History>
}

const ANSWER_TIMEOUT_MS = 45_000
const SETTLE_STEP_MS = 20 * 60_000
const ASKED_IN_A_ROW = 4
const NATURAL_PAUSE_MS = 400
/** The order in which the object, too, looks for a difference; session and spelling do not count. */
const contentOf = (body: Record<string, unknown>): string =>
  JSON.stringify([
    String(body['phoneNumber']).replaceAll(/\D/g, '').slice(-9),
    body['provider'] ?? '',
    body['customerMessage'] ?? '',
    Object.entries((body['metadata'] as Record<string, unknown> | undefined) ?? {}).toSorted(),
    body['returnUrl'] ?? '',
    body['allowRepeat'] ?? false,
  ])

const decide = createDecideCore(
  new WebAssembly.Module(readFileSync(path.resolve(import.meta.dirname, '../../src/core/generated/decide.wasm'))),
)

const isResting = ({ status, fulfilment }: Ended): boolean =>
  status === 'review' || (isFinal(status) && (status !== 'succeeded' || fulfilment === 'fulfilled'))

let counter = 0
const unique = Date.now().toString(36)

/**
 * Notes what the shop of a running stack sees, and collects what gateways, ledger and objects know. `beside`: the gateways that
 * there are beside pawaPay.
 */
export const createRecorder = (stack: Stack, beside: readonly GatewayLog[] = []): Recorder => {
  const gateways = [pawapayLog(stack.pawapay), ...beside]
  const asked: Asked[] = []
  const told: Told[] = []
  const known = new Set<string>()

  const call = async (target: string, init: RequestInit, patienceMs = ANSWER_TIMEOUT_MS): Promise<Answer> => {
    try {
      const response = await fetch(`${stack.edgeUrl}${target}`, {
        signal: AbortSignal.timeout(patienceMs),
        ...init,
        headers: { authorization: `Bearer ${stack.secretKey}`, ...(init.headers as Record<string, string>) },
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: parsed(text) }
    } catch {
      return { status: 0, headers: new Headers(), body: undefined }
    }
  }

  const noteTold = (askedAt: number, { status, body }: Answer): void => {
    if (status < 200 || status > 299 || typeof body?.status !== 'string') return
    told.push({
      askedAt,
      at: Date.now(),
      paymentId: body.id,
      status: body.status,
      amountMinor: minorUnits(body.amount, body.currency),
      currency: body.currency,
      attempts: body.attempts.map(({ n, reference, status }: Told['attempts'][number]) => ({ n, reference, status })),
    })
  }

  const recorder: Recorder = {
    pay: async (body, headers = {}, patienceMs) => {
      const key = headers['idempotency-key'] ?? `recorded-${unique}-${++counter}`
      const isRepeatable = body['allowRepeat'] === true || body['invoice'] === undefined
      const kind = isRepeatable ? 'idempotency_key' : 'invoice'
      const value = String(isRepeatable ? key : body['invoice'])
      const currency = String(body['currency'])
      known.add(decide.paymentId(DEVELOPMENT.merchantId as MerchantId, 'test', { kind, value }))
      const at = Date.now()
      const answer = await call(
        '/v1/payments',
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers, 'idempotency-key': key },
          body: JSON.stringify(body),
        },
        patienceMs,
      )
      const paymentId: string | undefined = answer.body?.paymentId ?? answer.body?.id
      if (paymentId !== undefined) known.add(paymentId)
      asked.push({
        at,
        merchant: DEVELOPMENT.merchantId,
        natural: `${kind} ${value}`,
        key,
        amountMinor: minorUnits(String(body['amount']), currency),
        currency,
        content: contentOf(body),
        ...(answer.status === 0 ? {} : { answeredAt: Date.now(), http: answer.status }),
        ...(typeof answer.body?.code === 'string' ? { code: answer.body.code } : {}),
        ...(paymentId === undefined ? {} : { paymentId }),
        ...(Array.isArray(answer.body?.attempts) ? { attempts: answer.body.attempts.length } : {}),
      })
      noteTold(at, answer)
      return answer
    },

    get: async (id) => {
      const at = Date.now()
      const answer = await call(`/v1/payments/${id}`, {})
      noteTold(at, answer)
      return answer
    },

    payments: () => [...known],

    settle: async (timeoutMs = 40_000) => {
      const until = Date.now() + timeoutMs
      let aheadMs = 0
      let open: readonly string[] = [...known]
      for (;;) {
        const { ended } = await askObjects(stack, open)
        const left = ended.filter((payment) => !isResting(payment)).map(({ paymentId }) => paymentId)
        const moves = left.length < open.length
        open = left
        if (open.length === 0 || Date.now() > until) return open
        // What comes to rest by itself is left to it.
        if (moves) {
          await sleep(NATURAL_PAUSE_MS)
          continue
        }
        await stack.qstash.advance(0)
        // A gateway is believed that it knows nothing only after several answers, each to a question of its own time.
        for (let times = 0; times < ASKED_IN_A_ROW; times += 1) {
          aheadMs += SETTLE_STEP_MS
          await atOnce(open, async (id) => {
            const payment = await stack.payment(id)
            // One that restarts under the question is asked on the next round.
            await payment.runDueAlarms(Date.now() + aheadMs).catch(() => undefined)
          })
        }
      }
    },

    collect: async (settled) => {
      const { durable, ended } = await askObjects(stack, [...known])
      return {
        asked: [...asked],
        told: [...told],
        sends: gateways.flatMap((gateway) => gateway.sends()),
        captures: gateways.flatMap((gateway) => gateway.captures()),
        said: gateways.flatMap((gateway) => gateway.said()),
        durable,
        postings: await postingsOf(stack),
        fulfilled: await fulfilledOf(stack),
        ended,
        settled,
      }
    },
  }
  return recorder
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
