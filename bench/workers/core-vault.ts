import type { DepositOrder } from '../../src/contracts/vault.ts'
import type { Deployment } from '../../src/contracts/vault-core.ts'
import { createVaultCore } from '../../src/core/vault-core.ts'
import vaultModule, { vaultBytes } from '../../src/core/vault-module.ts'

/** Builds one deposit, opens its deployment, or asks for next to nothing, as often as it is asked to. The clock of a Worker stands still meanwhile: the caller counts. */
interface Asked {
  /** The parts of the deployment in base64. */
  readonly parts: Readonly<Record<'manifest' | 'sealed' | 'trust', string>>
  readonly seen: Deployment['seen']
  readonly master: string
  readonly order: DepositOrder
  readonly nowMs: number
  readonly action: 'build' | 'open' | 'nothing'
  readonly times: number
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))

let core: ReturnType<typeof createVaultCore> | undefined

export default {
  async fetch(request: Request): Promise<Response> {
    const { parts, seen, master, order, nowMs, action, times } = (await request.json()) as Asked
    core ??= createVaultCore(
      vaultModule,
      {
        manifest: bytesOf(parts.manifest),
        sealed: bytesOf(parts.sealed),
        trust: bytesOf(parts.trust),
        module: new Uint8Array(vaultBytes),
        seen,
        keys: () => ({ master }),
      },
      () => nowMs,
    )
    const once = { open: core.open, nothing: core.version, build: () => core?.buildDeposit(order, nowMs) }[action]
    let result = once()
    for (let i = 1; i < times; i++) result = once()
    return Response.json(action === 'nothing' ? { ok: true } : result)
  },
}
