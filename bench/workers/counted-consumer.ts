import * as consumer from '../../src/consumer/worker.ts'
import type { BeginAnswer, BeginInput } from '../../src/contracts/payment-object.ts'

/**
 * The consumer as it is, with a meter at its doors: what is written is counted, calls are timed where they arrive, and a
 * round trip can be put between edge and object. Nothing inside it is changed.
 */
/** BENCH_ROUND_TRIP_MS: half before the object hears of a call, half before the caller hears of the answer. */
const roundTripMs = (env: unknown): number => Number((env as Record<string, unknown>)['BENCH_ROUND_TRIP_MS'] ?? 0)

const say = (record: Readonly<Record<string, unknown>>): void => console.log(JSON.stringify(record))
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const hop = async <Answer>(
  to: 'object' | 'database',
  what: string,
  env: unknown,
  work: () => Promise<Answer>,
): Promise<Answer> => {
  const fromMs = Date.now()
  try {
    await sleep(roundTripMs(env) / 2)
    const answer = await work()
    await sleep(roundTripMs(env) / 2)
    return answer
  } finally {
    say({ event: 'bench_hop', to, what, fromMs, toMs: Date.now() })
  }
}

/** Puts counters over what the object's storage offers; the storage itself answers. */
const countStorage = ({ storage, id }: DurableObjectState): void => {
  const object = id.toString()
  const { sql } = storage
  const exec = sql.exec.bind(sql)
  Object.defineProperty(storage, 'sql', {
    value: {
      exec: (query: string, ...bindings: SqlStorageValue[]) => {
        const cursor = exec(query, ...bindings)
        const rows = cursor.toArray()
        say({ event: 'bench_object', object, read: cursor.rowsRead, written: cursor.rowsWritten })
        return { toArray: () => rows, one: () => rows[0], rowsRead: cursor.rowsRead, rowsWritten: cursor.rowsWritten }
      },
    },
  })
  for (const name of ['setAlarm', 'deleteAlarm', 'sync'] as const) {
    const call = storage[name].bind(storage) as (...args: unknown[]) => Promise<void>
    Object.defineProperty(storage, name, {
      value: (...args: unknown[]) => {
        say({ event: 'bench_object', object, [name]: 1 })
        return call(...args)
      },
    })
  }
}

export class PaymentObject extends consumer.PaymentObject {
  constructor(ctx: DurableObjectState, env: unknown) {
    countStorage(ctx)
    super(ctx, env)
  }

  override begin(input: BeginInput): Promise<BeginAnswer> {
    return hop('object', 'begin', this.env, () => super.begin(input))
  }
}

export class ForEdge extends consumer.ForEdge {
  override merchantByKeyHash(...args: Parameters<consumer.ForEdge['merchantByKeyHash']>) {
    return hop('database', 'merchantByKeyHash', this.env, () => super.merchantByKeyHash(...args))
  }
}

/** On the platform a binding to another Worker is a call within the same machine: no hop, so it has no meter. */
export const { PaymentsForEdge } = consumer

export default consumer.default
