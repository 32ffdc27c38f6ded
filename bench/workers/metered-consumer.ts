import * as consumer from '../../src/consumer/worker.ts'
import type { ApplyAnswer } from '../../src/contracts/payment-object.ts'
import type { Verdict } from '../../src/contracts/vault.ts'
import type { DeliveredVia } from '../../src/domain/payment.ts'

/**
 * The consumer as it is, with a meter on its storage. `GET /_meter` tells what was counted since it was last asked. Only the
 * bench runs it. Everything here lives in one isolate, so that one tally serves objects and Worker alike.
 */
interface Use {
  calls: number
  rowsRead: number
  rowsWritten: number
}
const none = () => ({
  d1: {} as Record<string, Use>,
  objects: {} as Record<string, Use>,
  paid: [] as [string, string][],
})
let tally = none()
const ended = new Set<string>()

const add = (to: Record<string, Use>, name: string, read: number, written: number): void => {
  to[name] ??= { calls: 0, rowsRead: 0, rowsWritten: 0 }
  const use = to[name]
  use.calls += 1
  use.rowsRead += read
  use.rowsWritten += written
}

/** "INSERT INTO orders", "SELECT payments": enough to tell the statements apart. */
const nameOf = (sql: string): string =>
  /^\s*(?:INSERT INTO|UPDATE|DELETE FROM|SELECT[\s\S]*?FROM)\s+(\w+)/.exec(sql)?.[0].replace(/\s[\s\S]*\s/, ' ') ??
  'other'

interface Metered {
  readonly inner: D1PreparedStatement
  readonly name: string
}
const inside = new WeakMap<object, Metered>()

const count = <Row>(name: string, result: D1Result<Row>): D1Result<Row> => {
  add(tally.d1, name, result.meta.rows_read, result.meta.rows_written)
  return result
}

const metered = (inner: D1PreparedStatement, name: string): D1PreparedStatement => {
  const statement = {
    bind: (...values: unknown[]) => metered(inner.bind(...values), name),
    run: async () => count(name, await inner.run()),
    all: async () => count(name, await inner.all()),
    // The binding's own `first` tells no meta.
    first: async () => count(name, await inner.all()).results[0] ?? null,
  }
  inside.set(statement, { inner, name })
  return statement as unknown as D1PreparedStatement
}

const withMeter = (env: unknown): never => {
  const { DB: database } = env as { readonly DB: D1Database }
  const DB = {
    prepare: (sql: string) => metered(database.prepare(sql), nameOf(sql)),
    batch: async (statements: D1PreparedStatement[]) => {
      const known = statements.map((each) => inside.get(each) as Metered)
      const results = await database.batch(known.map(({ inner }) => inner))
      return results.map((result, i) => count(known[i]?.name ?? '', result))
    },
  }
  return { ...(env as object), DB } as never
}

const meterStorage = ({ storage, id }: DurableObjectState): void => {
  const object = id.toString()
  const { sql } = storage
  const exec = sql.exec.bind(sql)
  Object.defineProperty(storage, 'sql', {
    value: {
      exec: (query: string, ...bindings: SqlStorageValue[]) => {
        const cursor = exec(query, ...bindings)
        const rows = cursor.toArray()
        // What is done for a list, or after the payment is over, is not a cost of the payment.
        if (!ended.has(object)) add(tally.objects, object, cursor.rowsRead, cursor.rowsWritten)
        return { toArray: () => rows }
      },
    },
  })
}

export class PaymentObject extends consumer.PaymentObject {
  constructor(ctx: DurableObjectState, env: unknown) {
    meterStorage(ctx)
    super(ctx, withMeter(env))
  }

  override apply(verdict: Verdict, via: DeliveredVia): Promise<ApplyAnswer> {
    if (verdict.paymentId) tally.paid.push([verdict.paymentId, verdict.providerTransactionId ?? ''])
    return super.apply(verdict, via)
  }

  override async markFulfilled(via: DeliveredVia, indexRevision?: number): Promise<void> {
    await super.markFulfilled(via, indexRevision)
    ended.add(this.ctx.id.toString())
  }
}

export class ForEdge extends consumer.ForEdge {
  constructor(ctx: ExecutionContext, env: unknown) {
    super(ctx, withMeter(env))
  }
}

/** Hands calls on to objects and touches no storage itself: nothing to count. */
export const { PaymentsForEdge } = consumer

export default {
  async fetch(request: Request, env: unknown, ctx: ExecutionContext): Promise<Response> {
    if (new URL(request.url).pathname !== '/_meter') return consumer.default.fetch(request, withMeter(env), ctx)
    const { d1, objects, paid } = tally
    tally = none()
    return Response.json({ d1, objects, ended: ended.size, paid })
  },
}
