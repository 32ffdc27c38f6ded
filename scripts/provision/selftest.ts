import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Deployment, Opened } from '../../src/contracts/vault-core.ts'
import { createVaultCore } from '../../src/core/vault-core.ts'
import type { WorkerModule } from '../stack/bundle.ts'
import type { VaultConfiguration } from './deployment.ts'
import type { KeyHome } from './home.ts'
import type { Provisioned } from './provision.ts'
import { sourceDigest } from './source-digest.ts'

export const PARTS = ['manifest', 'sealed', 'trust'] as const

export const readProvisioned = (directory: string): Provisioned => {
  const read = (name: string): Uint8Array => {
    try {
      return Uint8Array.from(readFileSync(path.join(directory, `${name}.bin`)))
    } catch {
      throw new Error(`${directory} holds nothing that was sealed: npm run provision -- seal first.`)
    }
  }
  return { manifest: read('manifest'), sealed: read('sealed'), trust: read('trust') }
}

/** Opens what was sealed in the very module that is going to be deployed, as the vault would with this configuration. */
export const openProvisioned = (
  provisioned: Provisioned,
  { vars, storesSecondShare }: VaultConfiguration,
  modules: readonly WorkerModule[],
  home: KeyHome,
): Opened => {
  const wasm = modules.find(({ path: name }) => name === 'vault.wasm')?.contents as Uint8Array<ArrayBuffer>
  const bindings: [string, string][] = [
    ...Object.keys(vars).map((name): [string, string] => [name, 'string']),
    ['CF_VERSION_METADATA', 'object'],
    ['DAY_COUNTERS', 'object'],
    ['LANGO_MASTER_KEY', 'string'],
    ...(home.secondShare ? [['LANGO_SECOND_SHARE', storesSecondShare ? 'object' : 'string'] as [string, string]] : []),
  ]
  const deployment: Deployment = {
    ...provisioned,
    module: wasm,
    seen: { versionTag: sourceDigest(modules), bindings, vars: Object.entries(vars) },
    keys: () => ({
      master: home.masters.current,
      ...(home.masters.previous ? { masterPrevious: home.masters.previous } : {}),
      ...(home.secondShare ? { secondShare: home.secondShare } : {}),
    }),
  }
  return createVaultCore(new WebAssembly.Module(wasm), deployment, () => Date.now()).open()
}

/** What a deployed edge says of its vault. */
export interface Health {
  readonly core?: { readonly sealed?: string; readonly epoch?: number; readonly programId?: string | null }
}

/** `null`, or what a deployment says that is other than what was sealed. */
export const compareHealth = (
  health: Health,
  expected: { readonly epoch: number; readonly programId: string },
): string | null => {
  const sealed = health.core?.sealed
  if (sealed !== 'ok')
    return `the core is closed: ${sealed ?? 'the answer does not say why'}; SECURITY.md lists the codes`
  if (health.core?.epoch !== expected.epoch)
    return `epoch ${health.core?.epoch} is deployed, epoch ${expected.epoch} was sealed here`
  if ((health.core?.programId ?? '') !== expected.programId) return 'another program is deployed than was sealed here'
  return null
}
