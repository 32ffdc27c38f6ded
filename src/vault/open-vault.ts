import type { GatewayName } from '../contracts/vault.ts'
import { fetchNow } from '../core/intrinsics.ts'
import { createVaultCore } from '../core/vault-core.ts'
import vaultModule from '../core/vault-module.ts'
import { type CoreHolder, closedCore, createCoreHolder } from './core-holder.ts'
import type { DayCounterOf } from './day-cap.ts'
import { deploymentOf } from './deployment.ts'
import { parseEnv } from './env.ts'
import { createKeyCache, type KeyCache } from './key-cache.ts'
import { consoleLog } from './log.ts'
import { createTokenCache, type TokenCache } from './token-cache.ts'
import { createTransport, type Exchange } from './transport.ts'
import { createVault, type VaultPorts } from './vault.ts'

const KEYS_TIMEOUT_MS = 5_000
const TOKEN_TIMEOUT_MS = 10_000
const nowMs = (): number => Date.now()
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** INVARIANT (I12): while the core is closed nothing is signed, sent or verified; health says the code. */
const portsOf = (core: CoreHolder, counterOf: DayCounterOf): VaultPorts => {
  const exchange: Exchange = async (request, timeoutMs) => {
    const origins = core.ask((_, { gateways }) => gateways.map(({ origin }) => origin))
    if (!origins.ok) return { kind: 'foreign' }
    return createTransport(origins.value, fetchNow)(request, timeoutMs)
  }
  const newKeys = (gateway: GatewayName): KeyCache =>
    createKeyCache({
      nowMs,
      sleep,
      fetchKeys: async () => {
        const built = core.ask((it) => it.buildPublicKeys(gateway))
        if (!built.ok || !built.value.ok) return null
        const response = await exchange(built.value.request, KEYS_TIMEOUT_MS)
        if (response.kind === 'foreign') return null
        const read = core.ask((it) => it.readPublicKeys(response))
        // No key at all is not an answer: believed, it would turn every true callback away.
        if (read.ok && read.value && read.value.length > 0) return read.value
        consoleLog({ event: 'public_keys_failed', gateway })
        return null
      },
    })
  const newTokens = (gateway: GatewayName): TokenCache =>
    createTokenCache({
      nowMs,
      sleep,
      fetchToken: async () => {
        const built = core.ask((it) => it.buildToken(gateway))
        if (!built.ok || !built.value.ok) return null
        const response = await exchange(built.value.request, TOKEN_TIMEOUT_MS)
        if (response.kind === 'foreign') return null
        const read = core.ask((it) => it.readToken(gateway, response))
        if (read.ok && read.value) return read.value
        const status = response.kind === 'response' ? response.status : response.reason
        consoleLog({ event: 'alert', code: 'gateway_credentials', gateway, status })
        return null
      },
    })
  // Anybody may send a callback, under any name: only those of the program are kept.
  const isOurs = (gateway: GatewayName): boolean => {
    const asked = core.ask((_, { gateways }) => gateways.some(({ name }) => name === gateway))
    return asked.ok && asked.value
  }
  return {
    core,
    exchange,
    keysOf: keptBy(newKeys, isOurs),
    tokensOf: keptBy(newTokens, isOurs),
    counterOf,
    newToken: () => crypto.randomUUID(),
    nowMs,
    sleep,
    log: consoleLog,
  }
}

/** One for each gateway, kept if it is one. */
const keptBy = <Cache>(create: (gateway: GatewayName) => Cache, isKept: (gateway: GatewayName) => boolean) => {
  const caches = new Map<GatewayName, Cache>()
  return (gateway: GatewayName): Cache => {
    const known = caches.get(gateway)
    if (known) return known
    const fresh = create(gateway)
    if (isKept(gateway)) caches.set(gateway, fresh)
    return fresh
  }
}

/** A closed core builds nothing that would have to be counted. */
const noCounter: DayCounterOf = () => {
  throw new Error('a vault without its environment counts nothing')
}

type Vault = ReturnType<typeof createVault>

/** Never throws: a vault with nothing to work with is a closed one, `settled` if it always will be. */
export const buildVault = async (env: unknown): Promise<{ readonly vault: Vault; readonly settled: boolean }> => {
  const settings = await parseEnv(env)
  if (settings.ok) {
    const deployment = deploymentOf(settings.value)
    const core = createCoreHolder(() => createVaultCore(vaultModule, deployment, nowMs), consoleLog)
    return { vault: createVault(portsOf(core, settings.value.counterOf)), settled: true }
  }
  const { variable, code } = settings.error
  consoleLog({ event: 'misconfigured', variable, code })
  return { vault: createVault(portsOf(closedCore(code), noCounter)), settled: false }
}

let kept: Vault | undefined

/**
 * One per isolate, whose environment never changes. Kept is the vault and never the promise of one, which would belong to the
 * request that made it; one without its keys is not kept, because the store of the second share may answer the next time.
 */
export const openVault = async (env: unknown): Promise<Vault> => {
  if (kept) return kept
  const { vault, settled } = await buildVault(env)
  if (settled) kept ??= vault
  return kept ?? vault
}
