import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { startPawapay } from '../../test/emulators/pawapay/server.ts'
import { startQstash } from '../../test/emulators/qstash/server.ts'
import { startRedisRest } from '../../test/emulators/upstash-redis/server.ts'
import { type Bundler, createBundler, type WorkerModule } from './bundle.ts'
import { consoleWorker, createConsole, type PaymentStub } from './console.ts'
import { type Database, DEVELOPMENT, migrate, seed } from './database.ts'
import { type Ports, resolvePorts } from './ports.ts'
import { loadSecrets, publicPem } from './secrets.ts'
import {
  type GatewayAccount,
  type SealedGateways,
  sealedVault,
  type VaultAlteration,
  type VaultParts,
} from './vault.ts'

const WORKERS = [
  { name: 'lango-edge', config: 'wrangler.toml', port: 'edge' },
  { name: 'lango-consumer', config: 'src/consumer/wrangler.toml', port: 'consumer' },
  { name: 'lango-vault', config: 'src/vault/wrangler.toml', port: null },
] as const

export interface StackOptions {
  readonly ports: Ports
  /** Databases, queue and development secrets live here. */
  readonly stateDir: string
  readonly redis: 'auto' | 'embedded' | 'redis-server'
  /** One JSON line per log record of any Worker. */
  readonly onLog?: (line: string) => void
  /** Called when a source file changed: with the number of errors, or with 0 once the new code runs. */
  readonly onReload?: (errors: number) => void
  readonly watch?: boolean
  /** Plain vars of one Worker, over those of its wrangler.toml. */
  readonly vars?: Partial<Record<'edge' | 'vault' | 'consumer', Record<string, string>>>
  /** What the vault signs with and shows to the gateway, where that is not what the state directory has. */
  readonly account?: Partial<GatewayAccount>
  /** Other gateways in the vault's program than those of `src`. */
  readonly gateways?: SealedGateways
  /** What is other about the vault than what it is sealed for; see `Stack.alterVault`. */
  readonly alterVault?: VaultAlteration
  /** Another module in place of a Worker's own: for the bench, which counts what goes in and out of it. */
  readonly entries?: Partial<Record<'edge' | 'vault' | 'consumer', string>>
  /** What stands between the Workers and a server: given its origin, answers with the origin that they are told instead. */
  readonly via?: Partial<Record<'redis' | 'qstash' | 'pawapay', (origin: string) => Promise<string>>>
  /** http origin that the fail-points report to; without it there are none. */
  readonly failPoints?: string
  /** How many isolates of the edge there are, each on a port of its own; one if not said. */
  readonly edges?: number
  /**
   * The consumer in a workerd of its own, because one workerd runs all its Workers on one thread. Each of the two has a vault
   * beside it: on Cloudflare a Worker behind a service binding runs on the thread of its caller by default.
   * https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/
   */
  readonly consumerApart?: boolean
  /** Sets off the consumer's cron this often, as Cloudflare would every minute; never if not said. */
  readonly cronEveryMs?: number
  /** The gateway simulator's; `stopped` until a test pushes it ahead. */
  readonly gatewayClock?: 'running' | 'stopped'
  /** Serves the inspector protocol of each Worker there; 0 picks a free port. */
  readonly inspectorPort?: number
}

export interface Stack {
  readonly ports: Ports
  readonly edgeUrl: string
  /** Every isolate of the edge, `edgeUrl` first. */
  readonly edgeUrls: readonly string[]
  readonly consumerUrl: string
  readonly secretKey: string
  readonly publishableKey: string
  readonly stateDir: string
  readonly redis: Awaited<ReturnType<typeof startRedisRest>>
  readonly qstash: Awaited<ReturnType<typeof startQstash>>
  readonly pawapay: Awaited<ReturnType<typeof startPawapay>>
  readonly database: Database
  /** Only with `inspectorPort`. */
  readonly inspectorUrl?: string
  payment(id: string): Promise<PaymentStub>
  /** Runs the consumer's cron as if it were `atMs`: by default the next full hour, when all that runs hourly or more often is due. */
  cron(atMs?: number): Promise<void>
  /** Other code for one Worker, on the same state, as a deployment would bring it; `null` puts the source's own back. */
  deploy(worker: 'edge' | 'vault' | 'consumer', modules: readonly WorkerModule[] | null): Promise<void>
  /** Runs the vault with something other than what it was sealed for; `null` puts it right again. */
  alterVault(alteration: VaultAlteration | null): Promise<void>
  close(): Promise<void>
}

const HOUR_MS = 3_600_000
/** Of the vault beside the edge, where it has a workerd of its own: two of them may not open one object's storage. */
const EDGE_STATE = 'v3-edge'

/** What a Worker's configuration says of it, of Miniflare's many options. */
interface Configured {
  readonly bindings: Readonly<Record<string, string>>
  readonly compatibilityDate: string
  readonly compatibilityFlags: readonly string[]
}

/** Everything that Lango needs, on this machine: three Workers in workerd, Redis, QStash and a gateway. */
export const startStack = async (options: StackOptions): Promise<Stack> => {
  mkdirSync(options.stateDir, { recursive: true })
  const secrets = loadSecrets(options.stateDir)
  const ports = await resolvePorts(options.ports)
  const edgeUrl = `http://127.0.0.1:${ports.edge}`
  const consumerUrl = `http://127.0.0.1:${ports.consumer}`

  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer()
  }
  try {
    const redis = await startRedisRest({ port: ports.redis, token: secrets.redisToken, backend: options.redis })
    closers.push(() => redis.close())
    const qstash = await startQstash({ port: ports.qstash, stateDir: options.stateDir })
    closers.push(() => qstash.close())
    const pawapay = await startPawapay({
      port: ports.pawapay,
      token: secrets.pawapayToken,
      callbackBase: `${edgeUrl}/webhooks/pawapay`,
      requestKeys: { 'LANGO_DEV:1': publicPem(secrets.pawapaySigningKey) },
      enforceSignatures: true,
      ...(options.gatewayClock ? { clock: options.gatewayClock } : {}),
    })
    closers.push(() => pawapay.close())

    const via = async (server: 'redis' | 'qstash' | 'pawapay', origin: string): Promise<string> =>
      (await options.via?.[server]?.(origin)) ?? origin
    const queueUrl = await via('qstash', qstash.url)
    const redisUrl = await via('redis', redis.url)
    const bindings: Record<(typeof WORKERS)[number]['name'], Record<string, string>> = {
      'lango-edge': {
        LANGO_PUBLIC_ORIGIN: edgeUrl,
        LANGO_CONSUMER_ORIGIN: consumerUrl,
        UPSTASH_REDIS_REST_URL: redisUrl,
        UPSTASH_REDIS_REST_TOKEN: secrets.redisToken,
        QSTASH_URL: queueUrl,
        QSTASH_TOKEN: qstash.token,
        LANGO_FINGERPRINT_KEY: secrets.fingerprintKey,
        ...options.vars?.edge,
      },
      'lango-consumer': {
        LANGO_CONSUMER_ORIGIN: consumerUrl,
        UPSTASH_REDIS_REST_URL: redisUrl,
        UPSTASH_REDIS_REST_TOKEN: secrets.redisToken,
        QSTASH_URL: queueUrl,
        QSTASH_TOKEN: qstash.token,
        LANGO_PUBLIC_ORIGIN: edgeUrl,
        LANGO_WEBHOOK_KEY: secrets.webhookKey,
        LANGO_OPERATOR_KEY: secrets.operatorKey,
        QSTASH_CURRENT_SIGNING_KEY: qstash.currentSigningKey,
        QSTASH_NEXT_SIGNING_KEY: qstash.nextSigningKey,
        ...options.vars?.consumer,
      },
      'lango-vault': {
        LANGO_PUBLIC_ORIGIN: edgeUrl,
        PAWAPAY_ORIGIN: await via('pawapay', pawapay.url),
        ...options.vars?.vault,
      },
    }

    const bundlers = new Map<string, Bundler>()
    const deployed = new Map<string, readonly WorkerModule[]>()
    let reload: (errors: number) => void = () => {}
    for (const worker of WORKERS) {
      const own = path.join(
        path.dirname(worker.config),
        worker.name === 'lango-edge' ? 'src/edge/worker.ts' : 'worker.ts',
      )
      const entry = options.entries?.[worker.name.slice('lango-'.length) as 'edge' | 'vault' | 'consumer'] ?? own
      bundlers.set(worker.name, await createBundler(entry, (errors) => reload(errors), options.failPoints))
    }
    closers.push(async () => {
      for (const bundler of bundlers.values()) await bundler.dispose()
    })

    const furtherEdges = Array.from({ length: (options.edges ?? 1) - 1 }, (_, i) => `lango-edge-${i + 2}`)
    let alteration = options.alterVault
    /** Code and bindings of one Worker, over those of its configuration. The vault is sealed for them each time. */
    const partsOf = (
      name: (typeof WORKERS)[number]['name'],
      configured: Readonly<Record<string, string>>,
      compatibility: readonly string[],
    ): VaultParts => {
      const modules = deployed.get(name) ?? bundlers.get(name)?.modules() ?? []
      const vars = { ...configured, ...bindings[name] }
      if (name !== 'lango-vault') return { modules, bindings: vars }
      const account = {
        token: secrets.pawapayToken,
        keyId: 'LANGO_DEV:1',
        signingKey: secrets.pawapaySigningKey,
        ...options.account,
      }
      return sealedVault(
        {
          modules,
          vars,
          compatibility,
          secrets,
          account,
          ...(options.gateways ? { gateways: options.gateways } : {}),
        },
        alteration,
      )
    }

    const runsWithConsumer = (name: string): boolean =>
      ['lango-consumer', 'lango-console', 'lango-vault'].includes(name)
    const runsWithEdge = (name: string): boolean => ['lango-edge', 'lango-vault'].includes(name)
    const miniflareOptions = (isHere: (name: string) => boolean, state = 'v3') =>
      convertV4MiniflareOptions({
        // Through it the Workers of one process find those of the other.
        ...(options.consumerApart ? { unsafeDevRegistryPath: path.resolve(options.stateDir, 'registry') } : {}),
        host: '127.0.0.1',
        port: 0,
        ...(options.inspectorPort === undefined ? {} : { inspectorPort: options.inspectorPort }),
        cf: false,
        logRequests: false,
        log: new Log(LogLevel.ERROR),
        handleStructuredLogs: ({ message }: { message: string }) => options.onLog?.(message),
        resourcePersistencePath: path.resolve(options.stateDir, state),
        workers: [
          ...WORKERS.filter(({ name }) => isHere(name)).flatMap((worker) => {
            const { workerOptions } = unstable_getMiniflareWorkerOptions(worker.config)
            const {
              bindings: configured,
              compatibilityDate,
              compatibilityFlags,
            } = workerOptions as unknown as Configured
            const parts = partsOf(worker.name, configured, [compatibilityDate, ...compatibilityFlags])
            const own = {
              ...workerOptions,
              name: worker.name,
              modulesRules: [],
              modules: [...parts.modules],
              bindings: parts.bindings,
              // Miniflare's own has an empty tag; the vault's comes with its bindings.
              versionMetadata: undefined,
              ...(worker.port ? { unsafeDirectSockets: [{ host: '127.0.0.1', port: ports[worker.port] }] } : {}),
            }
            const further = worker.name === 'lango-edge' ? furtherEdges : []
            return [
              own,
              ...further.map((name) => ({ ...own, name, unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] })),
            ]
          }),
          ...(isHere('lango-console')
            ? [consoleWorker(unstable_getMiniflareWorkerOptions('src/consumer/wrangler.toml').workerOptions)]
            : []),
        ],
      } as Parameters<typeof convertV4MiniflareOptions>[0])

    const start = (isHere: (name: string) => boolean, state?: string): Miniflare => {
      const started = new Miniflare(miniflareOptions(isHere, state))
      closers.push(() => started.dispose())
      return started
    }
    const consumers = start(options.consumerApart ? runsWithConsumer : () => true)
    const miniflare = options.consumerApart ? start(runsWithEdge, EDGE_STATE) : consumers
    const apply = async (): Promise<void> => {
      if (!options.consumerApart) return miniflare.setOptions(miniflareOptions(() => true))
      await consumers.setOptions(miniflareOptions(runsWithConsumer))
      await miniflare.setOptions(miniflareOptions(runsWithEdge, EDGE_STATE))
    }
    await Promise.all([consumers.ready, miniflare.ready])
    const { database, payment, cron } = createConsole(() => consumers.unsafeGetDirectURL('lango-console'))
    await migrate(database)
    await seed(database, Date.now(), secrets.webhookKey)
    if (options.cronEveryMs !== undefined) {
      // One that fails says so in its own log lines; the next one comes anyway.
      const timer = setInterval(() => void cron(Date.now()).catch(() => {}), options.cronEveryMs)
      closers.push(async () => clearInterval(timer))
    }

    if (options.watch) {
      let reloading = Promise.resolve()
      reload = (errors) => {
        if (errors > 0) return options.onReload?.(errors)
        reloading = reloading.then(async () => {
          try {
            await apply()
            options.onReload?.(0)
          } catch {
            // It builds and does not start (a module half written, say). The next change tries again.
            options.onReload?.(1)
          }
        })
      }
      for (const bundler of bundlers.values()) await bundler.watch()
    }

    return {
      ports,
      edgeUrl,
      edgeUrls: [
        edgeUrl,
        ...(await Promise.all(furtherEdges.map(async (name) => (await miniflare.unsafeGetDirectURL(name)).origin))),
      ],
      consumerUrl,
      secretKey: DEVELOPMENT.secretKey,
      publishableKey: DEVELOPMENT.publishableKey,
      stateDir: options.stateDir,
      redis,
      qstash,
      pawapay,
      database,
      ...(options.inspectorPort === undefined ? {} : { inspectorUrl: String(await miniflare.getInspectorURL()) }),
      payment: async (id) => payment(id),
      cron: (atMs = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS) => cron(atMs),
      deploy: async (worker, modules) => {
        if (modules) deployed.set(`lango-${worker}`, modules)
        else deployed.delete(`lango-${worker}`)
        await apply()
      },
      alterVault: async (changed) => {
        alteration = changed ?? undefined
        await apply()
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
