import '../stack/environment.ts'
import path from 'node:path'
import { createBundler, type WorkerModule } from '../stack/bundle.ts'
import type { Bundle } from './bundle.ts'
import { gatewayProblems, originProblems } from './gateway-secrets.ts'
import { homeDirectory, type KeyHome } from './home.ts'
import type { Facts } from './imprint.ts'
import { BODY_BYTES_MAX } from './pawapay.ts'
import { readPolicy } from './policy.ts'
import { configuredGateways, sealedProgram } from './program.ts'
import type { Provisioning } from './provision.ts'
import { ed25519Key } from './signer.ts'
import { sourceDigest } from './source-digest.ts'
import { foreignIn } from './vault-bundle.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** What wrangler would deploy: read from the same files. */
export interface VaultConfiguration {
  readonly name: string
  readonly vars: Readonly<Record<string, string>>
  readonly compatibility: readonly string[]
  /** The second share comes from the Secrets Store, whose bindings are objects. */
  readonly storesSecondShare: boolean
}

export const readVaultConfiguration = async (environment: string): Promise<VaultConfiguration> => {
  // Loaded when it is needed: it takes longer than all that most commands do.
  const { unstable_readConfig } = await import('wrangler')
  const config = unstable_readConfig({ config: path.join(root, 'src/vault/wrangler.toml'), env: environment })
  const vars = Object.fromEntries(Object.entries(config.vars).map(([name, value]) => [name, String(value)]))
  if (vars['LANGO_ENVIRONMENT'] !== environment)
    throw new Error(
      `src/vault/wrangler.toml has no [env.${environment}.vars] with LANGO_ENVIRONMENT = "${environment}".`,
    )
  const stores = config.secrets_store_secrets as readonly { readonly binding: string }[] | undefined
  return {
    name: config.name ?? '',
    vars,
    compatibility: [config.compatibility_date ?? '', ...config.compatibility_flags],
    storesSecondShare: stores?.some(({ binding }) => binding === 'LANGO_SECOND_SHARE') ?? false,
  }
}

/**
 * The vault's code as it is bundled: the version tag is its digest. Throws when anything but our own source is in it, so that
 * such a vault is neither sealed nor recorded. `from`: where the source is.
 */
export const bundleVault = async (from = root): Promise<readonly WorkerModule[]> => {
  const bundler = await createBundler(path.join(from, 'src/vault/worker.ts'), () => {})
  await bundler.dispose()
  const foreign = foreignIn(bundler, from)
  if (foreign.length > 0) throw new Error(`The vault's bundle is not of our own source alone: ${foreign.join('; ')}`)
  return bundler.modules()
}

const SECRET = /TOKEN|SECRET|PRIVATE|SIGNING_KEY|ATTESTATION|PERSONAL|MASTER/

/** Problems that sealing would make permanent. */
const problemsOf = ({ name, vars }: VaultConfiguration, home: KeyHome): string[] => {
  const gateways = configuredGateways(vars)
  const current = home.keys.filter(({ slot }) => slot === 'current').map(({ purpose }) => purpose)
  const signs = gateways.filter((spec) => spec.signing).map(({ gateway }) => `${gateway}.signing` as const)
  const needed = ['attestation', 'personal', ...signs] as const
  const signing = home.keys.find(({ purpose, slot }) => purpose === 'pawapay.signing' && slot === 'current')
  return [
    ...originProblems(vars, 'LANGO_PUBLIC_ORIGIN'),
    ...(gateways.length > 0
      ? []
      : ['There is no gateway: PAWAPAY_ORIGIN, say, belongs among the vars of src/vault/wrangler.toml.']),
    ...gatewayProblems(gateways, vars, home),
    ...(vars['LANGO_WORKER_NAME'] === name ? [] : [`LANGO_WORKER_NAME must be the Worker's name, "${name}".`]),
    ...Object.keys(vars)
      .filter((variable) => SECRET.test(variable))
      .map((variable) => `${variable} is a plain var, and looks like a secret. Secrets are sealed, or wrangler's.`),
    ...needed
      .filter((purpose) => !current.includes(purpose))
      .map((purpose) => `There is no ${purpose} key: npm run provision -- keygen --env ${home.environment}`),
    ...(signing && !signing.kid
      ? [
          `pawaPay's id of the signing key is missing: npm run provision -- key-id --env ${home.environment} ID, as its dashboard shows it.`,
        ]
      : []),
  ]
}

const DAY_S = 86_400

/** Everything that a deployment of this checkout is sealed with. Throws with all problems at once. */
export const provisioningOf = (
  home: KeyHome,
  configuration: VaultConfiguration,
  modules: readonly WorkerModule[],
  now: { readonly nowMs: number; readonly validDays: number },
): Provisioning => {
  const problems = problemsOf(configuration, home)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const { vars, compatibility, storesSecondShare } = configuration
  const nowS = Math.floor(now.nowMs / 1000)
  const specs = configuredGateways(vars)
  const { program, headers, originVars } = sealedProgram(specs, readPolicy(homeDirectory(home.environment), specs))
  const origins = originVars.map((name) => vars[name] ?? '')
  const facts: Facts = {
    project: home.project,
    environment: home.environment,
    worker: configuration.name,
    versionTag: sourceDigest(modules),
    inboundHosts: [new URL(vars['LANGO_PUBLIC_ORIGIN'] ?? '').host],
    outboundOrigins: origins,
    bindings: {
      ...Object.fromEntries(Object.keys(vars).map((name) => [name, 'string'])),
      CF_VERSION_METADATA: 'object',
      DAY_COUNTERS: 'object',
      LANGO_MASTER_KEY: 'string',
      ...(home.secondShare ? { LANGO_SECOND_SHARE: storesSecondShare ? 'object' : 'string' } : {}),
    },
    vars,
    module: Buffer.from(modules.find(({ path: name }) => name === 'vault.wasm')?.contents ?? ''),
    program,
    compatibility,
    epoch: home.epoch,
  }
  const bundle: Bundle = {
    keys: home.keys.map(({ material, ...key }) => ({
      ...key,
      material: Uint8Array.from(Buffer.from(material, 'base64')),
    })),
    origins,
    headers,
    bodyBytesMax: BODY_BYTES_MAX,
    program,
  }
  return {
    facts,
    bundle,
    master: {
      key: Buffer.from(home.masters.current, 'hex'),
      ...(home.secondShare ? { secondShare: Buffer.from(home.secondShare, 'hex') } : {}),
    },
    provisioningKey: ed25519Key(Buffer.from(home.provisioningSeed, 'hex')),
    epochMin: home.epochMin,
    notBeforeS: nowS - 300,
    notAfterS: nowS + now.validDays * DAY_S,
  }
}
