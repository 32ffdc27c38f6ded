/**
 * What this deployment was provisioned with (`npm run provision -- seal` writes the three files, DEPLOY.md): data modules of
 * the bundle, so that they are deployed with the code they were sealed for, and cannot be changed without a deployment.
 */
import type { Deployment } from '../contracts/vault-core.ts'
import { vaultBytes } from '../core/vault-module.ts'
import type { VaultSettings } from './env.ts'
import manifest from './provisioned/manifest.bin'
import sealed from './provisioned/sealed.bin'
import trust from './provisioned/trust.bin'

export const deploymentOf = ({ seen, keys }: VaultSettings): Deployment => ({
  manifest: new Uint8Array(manifest),
  sealed: new Uint8Array(sealed),
  trust: new Uint8Array(trust),
  module: new Uint8Array(vaultBytes),
  seen,
  keys,
})
