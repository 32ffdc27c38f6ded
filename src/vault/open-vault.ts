import { createVaultCore } from '../core/vault-core.ts'
import vaultModule from '../core/vault-module.ts'
import { closedCore, createCoreHolder } from './core-holder.ts'
import { parseEnv, type VaultSettings } from './env.ts'
import { createKeyCache } from './key-cache.ts'
import { consoleLog } from './log.ts'
import { createHashPhone } from './phone-hash.ts'
import { createTransport } from './transport.ts'
import { createVault, type VaultPorts } from './vault.ts'

const KEYS_TIMEOUT_MS = 5_000
const nowMs = (): number => Date.now()
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const portsOf = ({ core: config, personalKeys }: VaultSettings): VaultPorts => {
  const core = createCoreHolder(() => createVaultCore(vaultModule, () => config), config, consoleLog)
  const exchange = createTransport(config.pawapay.origin, (url, init) => fetch(url, init))
  const keys = createKeyCache({
    nowMs,
    sleep,
    fetchKeys: async () => {
      const built = core.ask((it) => it.buildPublicKeys('pawapay'))
      if (!built.ok || !built.value.ok) return null
      const response = await exchange(built.value.request, KEYS_TIMEOUT_MS)
      if (response.kind === 'foreign') return null
      const read = core.ask((it) => it.readPublicKeys(response))
      // No key at all is not an answer: believed, it would turn every true callback away.
      if (read.ok && read.value && read.value.length > 0) return read.value
      consoleLog({ event: 'public_keys_failed', gateway: 'pawapay' })
      return null
    },
  })
  const hashPhone = createHashPhone(personalKeys)
  return { core, exchange, keys, callbackMode: config.pawapay.callbackMode, hashPhone, nowMs, log: consoleLog }
}

/** INVARIANT (I12): with any variable missing or malformed nothing is signed, sent or verified; health says the code. */
const closedPorts = (code: string): VaultPorts => ({
  core: closedCore(code),
  exchange: async () => ({ kind: 'foreign' }),
  keys: createKeyCache({ nowMs, sleep, fetchKeys: async () => null }),
  callbackMode: 'signed',
  hashPhone: async () => {
    throw new Error(`the core is closed: ${code}`)
  },
  nowMs,
  log: consoleLog,
})

/** Never throws: a vault with nothing to work with is a closed one. */
export const buildVault = (env: unknown): ReturnType<typeof createVault> => {
  const config = parseEnv(env)
  if (config.ok) return createVault(portsOf(config.value))
  const { variable, code } = config.error
  consoleLog({ event: 'misconfigured', variable, code })
  return createVault(closedPorts(code))
}

let vault: ReturnType<typeof createVault> | undefined

/** One per isolate: the environment of an isolate never changes. */
export const openVault = (env: unknown): ReturnType<typeof createVault> => {
  vault ??= buildVault(env)
  return vault
}
