import '../../scripts/stack/environment.ts'
import { type Stack, startStack } from '../../scripts/stack/stack.ts'
import { descendantsOf, listensOn } from '../process-stats.ts'
import { standBack } from '../scheduling.ts'
import { serve } from '../service.ts'

/** The product in a process of its own: Miniflare (idle while payments are made), QStash's emulator, workerd. */
export interface LangoOptions {
  readonly stateDir: string
  readonly redis: { readonly url: string; readonly token: string }
  readonly gatewayUrl: string
  /** The gateway's token, if it is not the stack's own. */
  readonly gatewayToken?: string
  readonly vars?: Partial<Record<'edge' | 'vault' | 'consumer', Record<string, string>>>
  /** Other modules in place of a Worker's own; see StackOptions. */
  readonly entries?: Partial<Record<'edge' | 'vault' | 'consumer', string>>
  /** 0 picks a free one. */
  readonly inspectorPort?: number
  /** See StackOptions. */
  readonly consumerApart?: boolean
}

export interface LangoShape {
  info(): {
    readonly edgeUrl: string
    readonly consumerUrl: string
    readonly secretKey: string
    readonly workerdPid: number
    readonly inspectorUrl: string | null
  }
  /** JSON log lines of the Workers whose `event` is this one. */
  logged(event: string): readonly Record<string, unknown>[]
  /** Rows in each table of D1. */
  databaseRows(): Promise<Readonly<Record<string, number>>>
  history(paymentId: string): Promise<readonly { readonly atMs: number; readonly event: string }[]>
}

const tablesOf = async ({ database }: Stack): Promise<string[]> => {
  const { results } = await database
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'd1\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
    .all<{ name: string }>()
  return results.map(({ name }) => name)
}

/** Of one event, the first. */
const LOGGED_MAX = 100_000

serve(async (options: LangoOptions) => {
  const logs = new Map<string, Record<string, unknown>[]>()
  const stack = await startStack({
    ports: { edge: 0, consumer: 0, redis: 0, qstash: 0, pawapay: 0 },
    stateDir: options.stateDir,
    // The stack's own gateway stays idle, and its Redis but for what the consumer shares of the gateways' health, if it is not told of another.
    redis: 'embedded',
    onLog: (line) => {
      if (process.env['LANGO_BENCH_LOG']) console.error(line)
      // A line that is not ours is a warning of workerd's.
      if (!line.startsWith('{')) return
      const record = JSON.parse(line) as Record<string, unknown>
      const event = String(record['event'])
      if (event === 'request') return
      // Added to, not copied: it is one line for each callback, and the collector of this process would take its time from the Workers.
      const known = logs.get(event)
      if (!known) logs.set(event, [record])
      else if (known.length < LOGGED_MAX) known.push(record)
    },
    ...(options.gatewayToken ? { account: { token: options.gatewayToken } } : {}),
    ...(options.consumerApart ? { consumerApart: true } : {}),
    ...(options.entries ? { entries: options.entries } : {}),
    ...(options.inspectorPort === undefined ? {} : { inspectorPort: options.inspectorPort }),
    vars: {
      edge: {
        UPSTASH_REDIS_REST_URL: options.redis.url,
        UPSTASH_REDIS_REST_TOKEN: options.redis.token,
        ...options.vars?.edge,
      },
      vault: { PAWAPAY_ORIGIN: options.gatewayUrl, ...options.vars?.vault },
      consumer: { ...options.vars?.consumer },
    },
  })
  const workerds = descendantsOf(process.pid, 'workerd')
  const edgePort = Number(new URL(stack.edgeUrl).port)
  const workerdPid = workerds.find((pid) => listensOn(pid, edgePort)) ?? workerds[0] ?? 0
  // A consumer has a machine of its own and takes no time from the edge.
  if (options.consumerApart) for (const pid of workerds) if (pid !== workerdPid) standBack(pid)
  return {
    info: () => ({
      edgeUrl: stack.edgeUrl,
      consumerUrl: stack.consumerUrl,
      secretKey: stack.secretKey,
      workerdPid,
      inspectorUrl: stack.inspectorUrl ?? null,
    }),
    logged: (event: string) => logs.get(event) ?? [],
    databaseRows: async () => {
      const rows: Record<string, number> = {}
      for (const table of await tablesOf(stack))
        rows[table] =
          (await stack.database.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>())?.n ?? 0
      return rows
    },
    history: async (paymentId: string) => (await stack.payment(paymentId)).history(),
    close: () => stack.close(),
  }
})
