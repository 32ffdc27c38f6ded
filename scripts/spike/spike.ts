import type { Stack } from '../stack/stack.ts'

/** A burst of true callbacks, some of them twice, and what became of it. */
export interface SpikePlan {
  /** Callbacks in all, duplicates included. */
  readonly callbacks: number
  /** Of the callbacks; each repeats one of the others. */
  readonly duplicateShare: number
  readonly seconds: number
  /** How long the payments have been open when the spike comes: the younger they are, the oftener each asks the gateway. */
  readonly openMs: number
  /** Hears every ten seconds how far it is. */
  readonly onProgress?: (line: string) => void
}

export interface SpikeResult {
  readonly payments: number
  readonly callbacks: number
  /** How long sending them truly took. */
  readonly spikeMs: number
  /** Callbacks that were not answered 200 at once. The gateway sends them again. */
  readonly refused: number
  /** From the first callback to the last order. */
  readonly fulfilledMs: number
  readonly orders: number
  readonly entries: number
  /** References that the ledger holds more or less than once. */
  readonly wronglyPosted: readonly string[]
  readonly imbalances: number
}

/** Beyond any run: the gateway settles when it is told to. */
const NEVER_MS = 86_400_000
const AT_ONCE = 25
const FULFILLED_TIMEOUT_MS = 600_000
const PROGRESS_EVERY_MS = 10_000
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

interface Begun {
  readonly id: string
  readonly reference: string
}

let serial = 0
const run = Date.now().toString(36)

const TRIES = 10

/**
 * A machine under a spike may leave a connection waiting until it times out, which is no answer: the same request goes again.
 * A payment has its key, and an approval says only how things are to stand, so neither is done twice.
 */
const post = async (url: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> => {
  for (let tries = 1; ; tries++) {
    try {
      return await fetch(url, { method: 'POST', headers, body })
    } catch (error) {
      if (tries === TRIES) throw error
    }
  }
}

const begin = async (stack: Stack): Promise<Begun> => {
  serial += 1
  const headers = {
    authorization: `Bearer ${stack.secretKey}`,
    'content-type': 'application/json',
    'idempotency-key': `spike-${run}-${serial}`,
  }
  const order = {
    sessionId: `spike-${run}-${serial}`,
    invoice: `SPIKE-${run}-${serial}`,
    amount: '15.50',
    currency: 'ZMW',
    phoneNumber: `26076${String(5_000_000 + serial)}`,
  }
  const response = await post(`${stack.edgeUrl}/v1/payments`, JSON.stringify(order), headers)
  const body = (await response.json()) as { id?: string; attempts?: { reference: string }[] }
  if (![200, 201, 202].includes(response.status) || !body.id || !body.attempts?.[0])
    throw new Error(`a payment was answered ${response.status}: ${JSON.stringify(body)}`)
  return { id: body.id, reference: body.attempts[0].reference }
}

/** Open payments whose customers will all approve when they are told to. */
export const openPayments = async (
  stack: Stack,
  count: number,
  persona: Record<string, unknown> = {},
): Promise<Begun[]> => {
  stack.pawapay.persona({ next: count, settleMs: NEVER_MS, ...persona })
  const begun: Begun[] = []
  let left = count
  const work = async (): Promise<void> => {
    while (left-- > 0) begun.push(await begin(stack))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return begun
}

/** The customer approves: the gateway takes the money and sends its callback. */
export const approve = async (stack: Stack, { reference }: Begun): Promise<void> => {
  const body = JSON.stringify({ depositId: reference, outcome: 'COMPLETED' })
  const response = await post(`${stack.pawapay.url}/_sim/settle`, body)
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`settle was answered ${response.status}`)
}

const count = async (stack: Stack, sql: string): Promise<number> =>
  (await stack.database.prepare(sql).first<{ n: number }>())?.n ?? 0

const ordersOf = (stack: Stack) => count(stack, 'SELECT count(*) AS n FROM orders')
const entriesOf = (stack: Stack) => count(stack, "SELECT count(*) AS n FROM ledger_entries WHERE kind = 'deposit'")

/** Waits until there are so many orders more; `push` is done in between, for what waits for virtual time. */
export const untilOrders = async (
  stack: Stack,
  wanted: number,
  push: () => Promise<unknown> = async () => {},
): Promise<void> => {
  const untilMs = Date.now() + FULFILLED_TIMEOUT_MS
  for (;;) {
    // A workerd that is busy with a spike may keep us waiting too long: it is asked again.
    const orders = await ordersOf(stack).catch(() => 0)
    if (orders >= wanted) return
    if (Date.now() > untilMs) throw new Error(`${orders} of ${wanted} orders are fulfilled, and no more come`)
    await push()
    await sleep(200)
  }
}

/** References of these payments that the ledger does not hold exactly once, and what does not balance in all of it. */
export const auditLedger = async (stack: Stack, begun: readonly Begun[]) => {
  const { results } = await stack.database
    .prepare("SELECT reference, count(*) AS n FROM ledger_entries WHERE kind = 'deposit' GROUP BY reference")
    .all<{ reference: string; n: number }>()
  const known = new Map(results.map(({ reference, n }) => [reference, n]))
  return {
    wronglyPosted: begun.flatMap(({ reference }) => (known.get(reference) === 1 ? [] : [reference])),
    imbalances: (await stack.database.prepare('SELECT * FROM ledger_imbalance').all()).results.length,
  }
}

const progress = (stack: Stack, { onProgress = () => {} }: SpikePlan, startMs: number) => {
  let nextMs = startMs + PROGRESS_EVERY_MS
  return async (): Promise<void> => {
    if (performance.now() < nextMs) return
    nextMs = performance.now() + PROGRESS_EVERY_MS
    const tries = stack.pawapay.callbacks().length
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0).padStart(4)
    onProgress(
      `${seconds} s  ${await ordersOf(stack).catch(() => '…')} orders, ${tries} tries of the gateway to call back`,
    )
  }
}

export const runSpike = async (stack: Stack, plan: SpikePlan): Promise<SpikeResult> => {
  const [ordersBefore, entriesBefore] = [await ordersOf(stack), await entriesOf(stack)]
  const doubled = Math.round(plan.callbacks * plan.duplicateShare)
  const payments = plan.callbacks - doubled
  const begun = [
    ...(await openPayments(stack, doubled, { duplicateCallbacks: 2 })),
    ...(await openPayments(stack, payments - doubled)),
  ]
  await sleep(plan.openMs)
  const triesBefore = stack.pawapay.callbacks().length
  const everyMs = (plan.seconds * 1000) / payments
  const startMs = performance.now()
  await Promise.all(
    begun.map(async (one, i) => {
      await sleep(Math.max(0, startMs + i * everyMs - performance.now()))
      await approve(stack, one)
    }),
  )
  const spikeMs = performance.now() - startMs
  await untilOrders(stack, ordersBefore + payments, progress(stack, plan, startMs))
  const tries = stack.pawapay.callbacks().slice(triesBefore)
  return {
    payments,
    callbacks: tries.length,
    spikeMs,
    refused: tries.filter(({ status }) => status !== 200).length,
    fulfilledMs: performance.now() - startMs,
    orders: (await ordersOf(stack)) - ordersBefore,
    entries: (await entriesOf(stack)) - entriesBefore,
    ...(await auditLedger(stack, begun)),
  }
}
