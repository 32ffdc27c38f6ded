import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'

const CONFIGS = {
  edge: 'wrangler.toml',
  vault: 'src/vault/wrangler.toml',
  consumer: 'src/consumer/wrangler.toml',
} as const
type Worker = keyof typeof CONFIGS

const read = (worker: Worker, env?: string) => unstable_readConfig({ config: CONFIGS[worker], ...(env ? { env } : {}) })
/** What is compared of a service binding. Wrangler's own type needs the runtime's, which are not Node's. */
interface Service {
  readonly binding: string
  readonly service: string
  readonly entrypoint?: string
}
const servicesOf = (worker: Worker, env: string) =>
  (read(worker, env).services as Service[] | undefined)?.map(({ binding, service, entrypoint }) => [
    binding,
    service,
    entrypoint,
  ])
const nameOf = (worker: Worker, env: string) => `lango-${worker}-${env}`

describe.each(['staging', 'production'])('environment %s', (env) => {
  it.each(['edge', 'vault', 'consumer'] as const)('%s is named for it and says so', (worker) => {
    const config = read(worker, env)
    expect(config.name).toBe(nameOf(worker, env))
    expect(config.vars['LANGO_ENVIRONMENT']).toBe(env)
  })

  it("edge reaches only its own environment's Workers, each through its narrow entrypoint", () => {
    const config = read('edge', env)
    expect(servicesOf('edge', env)).toEqual([
      ['VAULT', nameOf('vault', env), 'ForEdge'],
      ['CONSUMER', nameOf('consumer', env), 'ForEdge'],
      ['PAYMENTS', nameOf('consumer', env), 'PaymentsForEdge'],
    ])
    // Whoever is bound to the payment objects can tell them that they are paid.
    expect(config.durable_objects.bindings).toEqual([])
  })

  it("consumer reaches only its own environment's vault and hosts the objects itself", () => {
    const config = read('consumer', env)
    // Beside a shop's own part of the fulfilment, where it has one (docs/webhooks.md).
    const services = servicesOf('consumer', env)?.filter(([binding]) => binding !== 'FULFILMENT')
    expect(services).toEqual([['VAULT', nameOf('vault', env), 'ForConsumer']])
    expect(config.durable_objects.bindings).toEqual([{ name: 'PAYMENTS', class_name: 'PaymentObject' }])
    expect(config.migrations).toEqual([{ tag: 'v1', new_sqlite_classes: ['PaymentObject'] }])
  })

  it('vault has no public route and no binding but its vars and its own counters', () => {
    const config = read('vault', env)
    expect(config.workers_dev).toBe(false)
    expect(config.preview_urls).toBe(false)
    expect(config.routes ?? []).toEqual([])
    expect(config.services ?? []).toEqual([])
    expect(config.durable_objects.bindings).toEqual([{ name: 'DAY_COUNTERS', class_name: 'DayCounter' }])
    expect(config.migrations).toEqual([{ tag: 'v1', new_sqlite_classes: ['DayCounter'] }])
  })

  it('every part agrees on origins and on the reference key', () => {
    const [edge, vault, consumer] = [read('edge', env), read('vault', env), read('consumer', env)]
    expect(vault.vars['LANGO_PUBLIC_ORIGIN']).toBe(edge.vars['LANGO_PUBLIC_ORIGIN'])
    expect(consumer.vars['LANGO_CONSUMER_ORIGIN']).toBe(edge.vars['LANGO_CONSUMER_ORIGIN'])
    expect(consumer.vars['LANGO_PUBLIC_ORIGIN']).toBe(edge.vars['LANGO_PUBLIC_ORIGIN'])
    expect(consumer.vars['LANGO_REFERENCE_KEY']).toBe(vault.vars['LANGO_REFERENCE_KEY'])
    expect(consumer.vars['QSTASH_URL']).toBe(edge.vars['QSTASH_URL'])
  })

  it('points at no loopback address', () => {
    for (const worker of ['edge', 'vault', 'consumer'] as const) {
      expect(JSON.stringify(read(worker, env).vars)).not.toMatch(/127\.0\.0\.1|localhost/)
    }
  })
})

describe('all environments', () => {
  it('own a database and a reference key each', () => {
    const environments = [undefined, 'staging', 'production']
    const databases = environments.map((env) => read('consumer', env).d1_databases[0]?.database_id)
    const keys = environments.map((env) => read('consumer', env).vars['LANGO_REFERENCE_KEY'])
    expect(new Set(databases).size).toBe(3)
    expect(new Set(keys).size).toBe(3)
  })

  it('close the ways by which a dependency could read every binding', () => {
    for (const worker of ['edge', 'vault', 'consumer'] as const) {
      for (const env of [undefined, 'staging', 'production']) {
        expect(read(worker, env).compatibility_flags).toEqual(
          expect.arrayContaining([
            'disallow_importable_env',
            'nodejs_compat_do_not_populate_process_env',
            'disallow_eval_during_startup',
          ]),
        )
      }
    }
  })

  it.each([
    ['development', undefined],
    ['staging', 'staging'],
    ['production', 'production'],
  ])(
    'T46: in %s a shop’s address in our own zone is called as anybody calls it, through its WAF and Access',
    (_, env) => {
      expect(read('consumer', env).compatibility_flags).toContain('global_fetch_strictly_public')
    },
  )

  it('keep secrets out of vars', () => {
    for (const worker of ['edge', 'vault', 'consumer'] as const) {
      for (const env of [undefined, 'staging', 'production']) {
        const names = Object.keys(read(worker, env).vars)
        expect(names.filter((name) => /TOKEN|SECRET|SIGNING_KEY|ATTESTATION|FINGERPRINT/.test(name))).toEqual([])
      }
    }
  })
})
