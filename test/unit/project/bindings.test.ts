import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'

const WORKERS = {
  edge: { config: 'wrangler.toml', env: 'src/edge/env.ts' },
  vault: { config: 'src/vault/wrangler.toml', env: 'src/vault/env.ts' },
  consumer: { config: 'src/consumer/wrangler.toml', env: 'src/consumer/env.ts' },
} as const

/** A previous key exists only while one is being rotated, a second share where one is wanted; the others have a default in the code. */
const OPTIONAL = [
  'LANGO_MASTER_KEY_PREVIOUS',
  'LANGO_SECOND_SHARE',
  'LANGO_CLEARING_DAYS',
  'LANGO_GATEWAY',
  'LANGO_ROUTING',
]
/** Of one Worker alone: isolates of the consumer do without Redis too (docs/routing.md). */
const OPTIONAL_IN: Readonly<Record<string, readonly string[]>> = {
  consumer: ['UPSTASH_REDIS_REST_TOKEN', 'UPSTASH_REDIS_REST_URL'],
}

const FURTHER = /^(?:MTN|WAVE|FLUTTERWAVE|PAYSTACK|CINETPAY)_/
const NAME = /\b(?:LANGO|UPSTASH|QSTASH|PAWAPAY)_[A-Z_]+\b/g
const namesIn = (text: string): string[] => [...new Set(text.match(NAME) ?? [])].toSorted()

/** The line of the configuration that lists the secrets, which no configuration may hold. */
const secretsOf = (config: string): string[] =>
  namesIn(/^# Secrets \(.*$/m.exec(readFileSync(config, 'utf8'))?.[0] ?? '')

describe.each(Object.entries(WORKERS))('%s', (worker, { config, env }) => {
  const optional = [...OPTIONAL, ...(OPTIONAL_IN[worker] ?? [])]
  const read = namesIn(readFileSync(env, 'utf8')).filter((name) => !optional.includes(name))

  it.each([undefined, 'staging', 'production'])(
    'reads exactly what %s gives it: vars, and the secrets that are named',
    (environment) => {
      const given = unstable_readConfig({ config, ...(environment ? { env: environment } : {}) })
      // What DEPLOY.md lets whoever deploys add: vars that have a default, and those of further gateways.
      const needed = Object.keys(given.vars).filter((name) => !optional.includes(name) && !FURTHER.test(name))
      expect([...needed, ...secretsOf(config)].toSorted()).toEqual(read)
    },
  )

  it('has each secret in DEPLOY.md', () => {
    const documented = readFileSync('DEPLOY.md', 'utf8')
    expect(secretsOf(config).length).toBeGreaterThan(0)
    for (const secret of secretsOf(config)) expect(documented).toContain(`\`${secret}\``)
  })
})

describe('what a Worker beside the vault is given', () => {
  const given = (worker: 'edge' | 'consumer'): string[] => secretsOf(WORKERS[worker].config)

  it('is no secret of a gateway, and none of the vault', () => {
    expect(given('edge')).toEqual(['LANGO_FINGERPRINT_KEY', 'QSTASH_TOKEN', 'UPSTASH_REDIS_REST_TOKEN'])
    expect(given('consumer')).toEqual([
      'LANGO_OPERATOR_KEY',
      'LANGO_WEBHOOK_KEY',
      'QSTASH_CURRENT_SIGNING_KEY',
      'QSTASH_NEXT_SIGNING_KEY',
      'QSTASH_TOKEN',
    ])
    const vaults = secretsOf(WORKERS.vault.config)
    expect(vaults).toEqual(['LANGO_MASTER_KEY'])
    for (const worker of ['edge', 'consumer'] as const) {
      const { env } = WORKERS[worker]
      for (const name of namesIn(readFileSync(env, 'utf8')))
        expect(name).not.toMatch(/^PAWAPAY_|MASTER|SECOND_SHARE|ATTESTATION|PERSONAL/)
    }
  })
})

describe.each(globSync('bench/workers/*-consumer.ts'))("the bench's consumer %s", (file) => {
  /** Classes and bindings of a module, whose imports no test can load. */
  const exported = (file: string): string[] =>
    [...readFileSync(file, 'utf8').matchAll(/^export (?:class |const \{ |\{ )(\w+)/gm)]
      .map(([, name = '']) => name)
      .toSorted()

  it('has every class that ours has: other Workers are bound to them', () => {
    const own = exported('src/consumer/worker.ts')
    expect(own).toEqual(expect.arrayContaining(['ForEdge', 'PaymentObject', 'PaymentsForEdge']))
    expect(exported(file)).toEqual(own)
  })
})
