import type { Stack } from '../stack/stack.ts'

interface Hop {
  readonly atMs: number
  readonly part: string
  readonly what: string
}

interface Payment {
  readonly id: string
  readonly status: string
  readonly attempts: readonly { readonly reference: string }[]
  readonly fulfilment: { readonly status: string; readonly deliveredVia?: string }
}

interface Walked {
  readonly lines: readonly string[]
  readonly fulfilled: boolean
}

const NUMBER = '260763456789'
const PATIENCE_MS = 30_000

const read = async (stack: Stack, id: string): Promise<Payment> =>
  (await (
    await fetch(`${stack.edgeUrl}/v1/payments/${id}`, { headers: { authorization: `Bearer ${stack.secretKey}` } })
  ).json()) as Payment

/** Makes one payment and tells every hop of it, from the request to the ledger entry. */
export const walk = async (stack: Stack, invoice: string): Promise<Walked> => {
  const startedMs = Date.now()
  const response = await fetch(`${stack.edgeUrl}/v1/payments`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.secretKey}`,
      'idempotency-key': invoice,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ sessionId: 'npm-start', invoice, amount: '15.50', currency: 'ZMW', phoneNumber: NUMBER }),
  })
  const answeredMs = Date.now()
  if (response.status !== 201 && response.status !== 202) {
    return { lines: [`The first payment was answered ${response.status}:`, await response.text()], fulfilled: false }
  }
  const { id } = (await response.json()) as Payment

  let payment = await read(stack, id)
  while (payment.fulfilment.status !== 'fulfilled' && Date.now() - startedMs < PATIENCE_MS) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    payment = await read(stack, id)
  }
  const fulfilled = payment.status === 'succeeded' && payment.fulfilment.status === 'fulfilled'
  const reference = payment.attempts[0]?.reference ?? ''

  const hops: Hop[] = [
    { atMs: startedMs, part: 'shop', what: `POST /v1/payments  ${invoice}  15.50 ZMW from ${NUMBER}` },
    { atMs: answeredMs, part: 'edge', what: `${response.status} ${id}` },
    ...hopsOfRedis(stack, id),
    ...(await (await stack.payment(id)).history()).map(({ atMs, event, detail }) => ({
      atMs,
      part: 'object',
      what: detail ? `${event}  ${detail}` : event,
    })),
    ...hopsOfGateway(stack, reference),
    ...hopsOfQueue(stack, startedMs),
    ...(await hopsOfLedger(stack, reference)),
  ]
  const lines = [
    `One payment, hop by hop (ms since the request):`,
    '',
    ...hops
      .toSorted((a, b) => a.atMs - b.atMs)
      .map(({ atMs, part, what }) => `  ${String(atMs - startedMs).padStart(6)}  ${part.padEnd(8)}  ${what}`),
    '',
    fulfilled
      ? `payment succeeded, fulfilled via ${payment.fulfilment.deliveredVia}`
      : `payment ${payment.status}, fulfilment ${payment.fulfilment.status} after ${PATIENCE_MS / 1000} s: see the log`,
    '',
  ]
  return { lines, fulfilled }
}

const hopsOfRedis = (stack: Stack, id: string): Hop[] => {
  const first = stack.redis.control.requests().find((request) => JSON.stringify(request.commands).includes(id))
  return first ? [{ atMs: first.atMs, part: 'Redis', what: 'lock taken: first' }] : []
}

const hopsOfGateway = (stack: Stack, reference: string): Hop[] => [
  ...stack.pawapay
    .requests()
    .filter((request) => request.method === 'POST' && request.body.includes(reference))
    .map((request) => ({
      atMs: request.atMs,
      part: 'pawaPay',
      what: `POST /v2/deposits  ${reference}, signature ${request.signature ?? 'not looked at'}`,
    })),
  ...stack.pawapay
    .captures()
    .filter((capture) => capture.reference === reference)
    .map((capture) => ({
      atMs: capture.capturedAtMs,
      part: 'pawaPay',
      what: `money taken: ${capture.amount} ${capture.currency}`,
    })),
  ...stack.pawapay
    .callbacks()
    .filter((callback) => callback.reference === reference)
    .map((callback) => ({
      atMs: callback.atMs,
      part: 'edge',
      what: `signed callback verified, queued, answered ${callback.status} in ${callback.ms} ms`,
    })),
]

const hopsOfQueue = (stack: Stack, sinceMs: number): Hop[] =>
  stack.qstash
    .deliveries()
    .filter((delivery) => delivery.at >= sinceMs)
    .map((delivery) => ({
      atMs: delivery.at,
      part: 'QStash',
      what: `delivered to the consumer, answered ${delivery.status} in ${delivery.ms} ms`,
    }))

const hopsOfLedger = async (stack: Stack, reference: string): Promise<Hop[]> => {
  const { results } = await stack.database
    .prepare(
      'SELECT e.created_at_ms, p.account, p.direction, p.amount_minor, p.currency FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id WHERE e.reference = ? ORDER BY p.direction DESC',
    )
    .bind(reference)
    .all<{ created_at_ms: number; account: string; direction: string; amount_minor: number; currency: string }>()
  return results.map((row) => ({
    atMs: row.created_at_ms,
    part: 'ledger',
    what: `${row.direction.padEnd(6)} ${row.account}  ${row.amount_minor} minor units ${row.currency}`,
  }))
}
