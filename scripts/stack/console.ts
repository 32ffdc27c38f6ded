import type { PaymentObjectRpc } from '../../src/contracts/payment-object.ts'
import type { Database, Statement } from './database.ts'

/** What a test or a script asks of a running payment object. */
export type PaymentStub = Pick<PaymentObjectRpc, 'history' | 'state' | 'runDueAlarms'>

/** The consumer's options, as its wrangler.toml says. */
interface ConsumerOptions {
  readonly compatibilityDate?: unknown
  readonly d1Databases?: unknown
}

const ANSWER_TIMEOUT_MS = 120_000

const MODULE = `
const answer = async (env, { payment, method, values, statements, cronAtMs }) => {
  if (cronAtMs) return env.CONSUMER.scheduled({ scheduledTime: new Date(cronAtMs), cron: '* * * * *' })
  if (payment) return env.PAYMENTS.get(env.PAYMENTS.idFromName(payment))[method](...values)
  const prepared = statements.map(({ sql, values }) => env.DB.prepare(sql).bind(...values))
  return method === 'batch' ? env.DB.batch(prepared) : prepared[0][method]()
}

export default {
  async fetch(request, env) {
    try {
      return Response.json({ value: await answer(env, await request.json()) })
    } catch (error) {
      return Response.json({ error: String(error?.message ?? error) }, { status: 500 })
    }
  },
}`

/**
 * A Worker of the development stack alone, through which scripts and tests ask payment objects and D1. Miniflare's own
 * proxies block this whole process until workerd answers, and one that is killed just then never does.
 */
export const consoleWorker = (consumer: object) => ({
  name: 'lango-console',
  compatibilityDate: (consumer as ConsumerOptions).compatibilityDate,
  // `scheduled()` of a service binding: how Miniflare itself sets off a cron.
  compatibilityFlags: ['service_binding_extra_handlers'],
  serviceBindings: { CONSUMER: 'lango-consumer' },
  d1Databases: (consumer as ConsumerOptions).d1Databases,
  durableObjects: { PAYMENTS: { className: 'PaymentObject', scriptName: 'lango-consumer' } },
  modules: [{ type: 'ESModule' as const, path: 'index.js', contents: MODULE }],
  unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
})

export interface Console {
  readonly database: Database
  /** Sets off the consumer's cron, as if it were `atMs`, and waits for its end. */
  cron(atMs: number): Promise<void>
  payment(id: string): PaymentStub
}

interface Kept extends Statement {
  readonly sql: string
  readonly values: readonly unknown[]
}

/** A question rejects when workerd dies under it, as any request would. `url`: asked anew, for it changes with a restart. */
export const createConsole = (url: () => Promise<URL>): Console => {
  const ask = async <Value>(question: Record<string, unknown>): Promise<Value> => {
    const response = await fetch(await url(), {
      method: 'POST',
      body: JSON.stringify(question),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    })
    const { value, error } = (await response.json()) as { value: Value; error?: string }
    if (error !== undefined) throw new Error(error)
    return value
  }
  const statement = (sql: string, values: readonly unknown[]): Kept => {
    const run = <Value>(method: string): Promise<Value> => ask({ method, statements: [{ sql, values }] })
    return {
      sql,
      values,
      bind: (...bound) => statement(sql, bound),
      run: () => run('run'),
      all: () => run('all'),
      first: () => run('first'),
    }
  }
  return {
    database: {
      prepare: (sql) => statement(sql, []),
      batch: (statements) =>
        ask({
          method: 'batch',
          statements: statements.map((each) => ({ sql: (each as Kept).sql, values: (each as Kept).values })),
        }),
    },
    cron: async (cronAtMs) => {
      const { outcome } = await ask<{ readonly outcome: string }>({ cronAtMs })
      if (outcome !== 'ok') throw new Error(`the cron ended in ${outcome}`)
    },
    payment: (payment) => ({
      history: () => ask({ payment, method: 'history', values: [] }),
      state: () => ask({ payment, method: 'state', values: [] }),
      runDueAlarms: (nowMs) => ask({ payment, method: 'runDueAlarms', values: [nowMs] }),
    }),
  }
}
