import { createHttpClient } from '../http-client.ts'
import type { Stand, Tally, Use } from './stand.ts'

/** The things that are looked up, and the payment itself. */
export const KINDS = ['payment', 'paid', 'invoice', 'phone suffix', 'transaction id'] as const
export type Kind = (typeof KINDS)[number]

export interface Block {
  /** Milliseconds, one for each; `paid` is from the request to the end of fulfilment, averaged over the block. */
  readonly latencyMs: Readonly<Record<Kind, readonly number[]>>
  /** Requests that name it, for each payment. */
  readonly redisRequests: readonly number[]
  /** Of the payments; the look-ups are counted apart. */
  readonly payments: Tally
  readonly lookups: Readonly<Record<'invoice' | 'phone suffix' | 'transaction id', Tally>>
}

const AT_ONCE = 5
const PHONE = '260763456789'

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const run = Date.now().toString(36)
let serial = 0

/** Runs `work` for each, some at once, and answers with the milliseconds of each. */
const timed = async <Item>(items: readonly Item[], atOnce: number, work: (item: Item) => Promise<void>) => {
  const latencyMs: number[] = []
  const waiting = [...items]
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      const fromMs = performance.now()
      await work(item)
      latencyMs.push(performance.now() - fromMs)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return latencyMs
}

const requestsOf = (
  log: ReturnType<Stand['stack']['redis']['control']['requests']>,
  ids: readonly string[],
): readonly number[] => {
  const texts = log.map(({ commands }) => JSON.stringify(commands))
  return ids.map((id) => texts.filter((text) => text.includes(id)).length)
}

/** Name by name. */
export const sumUses = (all: readonly Readonly<Record<string, Use>>[]): Readonly<Record<string, Use>> => {
  const sums = new Map<string, Use>()
  for (const [name, use] of all.flatMap((each) => Object.entries(each))) {
    const sum = sums.get(name) ?? { calls: 0, rowsRead: 0, rowsWritten: 0 }
    sums.set(name, {
      calls: sum.calls + use.calls,
      rowsRead: sum.rowsRead + use.rowsRead,
      rowsWritten: sum.rowsWritten + use.rowsWritten,
    })
  }
  return Object.fromEntries(sums)
}

/** Adds up what was asked for in several goes. */
const joined = (tallies: readonly Tally[]): Tally => {
  const last = tallies.at(-1) as Tally
  return {
    ended: last.ended,
    d1: sumUses(tallies.map(({ d1 }) => d1)),
    objects: sumUses(tallies.map(({ objects }) => objects)),
    paid: tallies.flatMap(({ paid }) => paid),
  }
}

/** `count` payments to the end of their fulfilment, then each of them looked up in three ways. */
export const measureBlock = async ({ stack, tally }: Stand, count: number): Promise<Block> => {
  const client = createHttpClient()
  const headers = { authorization: `Bearer ${stack.secretKey}`, 'content-type': 'application/json' }
  const ask = async (query: string, ids: (found: readonly string[]) => boolean): Promise<void> => {
    const answer = await client.send('GET', `${stack.edgeUrl}/v1/payments?${query}`, headers)
    const found = answer.status === 200 ? (JSON.parse(answer.text) as { payments: { id: string }[] }).payments : []
    if (!ids(found.map(({ id }) => id))) throw new Error(`${query}: ${answer.status} with ${found.length} payments`)
  }
  try {
    const before = (await tally()).ended
    // The log holds 2,000 requests; a block makes a few hundred.
    await stack.redis.control.reset()
    const orders = Array.from({ length: count }, () => `CAP-${run}-${++serial}`)
    const payments = new Map<string, string>()
    const fromMs = performance.now()
    const paymentMs = await timed(orders, AT_ONCE, async (invoice) => {
      const body = { sessionId: invoice, invoice, amount: '15.50', currency: 'ZMW', phoneNumber: PHONE }
      const answer = await client.send(
        'POST',
        `${stack.edgeUrl}/v1/payments`,
        { ...headers, 'idempotency-key': invoice },
        JSON.stringify(body),
      )
      if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text.slice(0, 200)}`)
      payments.set(invoice, (JSON.parse(answer.text) as { id: string }).id)
    })
    const tallies = [await tally()]
    for (const untilMs = Date.now() + 60_000; (tallies.at(-1)?.ended ?? 0) < before + count; ) {
      if (Date.now() > untilMs) throw new Error(`not all of ${count} payments were fulfilled within a minute`)
      await sleep(20)
      tallies.push(await tally())
    }
    const paidMs = (performance.now() - fromMs) / count
    // What the edge still does after its answers: snapshots into Redis.
    await sleep(100)
    tallies.push(await tally())
    const redisRequests = requestsOf(stack.redis.control.requests(), [...payments.values()])
    const paid = joined(tallies)

    const only = (id: string | undefined) => (found: readonly string[]) => found.length === 1 && found[0] === id
    const lookup = async (items: readonly string[], work: (item: string) => Promise<void>) => {
      const latencyMs = await timed(items, 1, work)
      return { latencyMs, tally: await tally() }
    }
    const invoice = await lookup(orders, (item) => ask(`invoice=${item}`, only(payments.get(item))))
    const transactions = new Map(paid.paid.map(([id, transaction]) => [transaction, id]))
    const byTransaction = await lookup([...transactions.keys()], (item) =>
      ask(`providerTransactionId=${item}`, only(transactions.get(item))),
    )
    const suffix = await lookup(orders, () => ask(`phoneSuffix=${PHONE.slice(-4)}`, (found) => found.length === 20))
    return {
      latencyMs: {
        payment: paymentMs,
        paid: [paidMs],
        invoice: invoice.latencyMs,
        'phone suffix': suffix.latencyMs,
        'transaction id': byTransaction.latencyMs,
      },
      redisRequests,
      payments: paid,
      lookups: { invoice: invoice.tally, 'phone suffix': suffix.tally, 'transaction id': byTransaction.tally },
    }
  } finally {
    client.close()
  }
}
