import type { VaultConfig, VaultCore } from '../contracts/vault-core.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Log } from './log.ts'

/** The module trapped. What was asked of it is not done; the next question gets a new instance. */
export const TRAP_CODE = 'E1090'

export interface CoreHolder {
  /** Runs one question on an open core; the error is the code why there is none. */
  ask<Answer>(question: (core: VaultCore) => Answer): Result<Answer, string>
}

/** Keeps one configured instance. A trap leaves WebAssembly's memory in any state, so that instance is never used again. */
export const createCoreHolder = (create: () => VaultCore, config: VaultConfig, log: Log): CoreHolder => {
  let core: VaultCore | null = null
  /** What it said to this configuration it would say again. */
  let refusal: string | null = null
  const open = (): Result<VaultCore, string> => {
    if (core) return ok(core)
    if (refusal) return err(refusal)
    const fresh = create()
    const configured = fresh.configure(config)
    if (!configured.ok) {
      refusal = configured.code
      log({ event: 'core_closed', code: configured.code, field: configured.field })
      return err(configured.code)
    }
    core = fresh
    return ok(fresh)
  }
  return {
    ask(question) {
      try {
        const opened = open()
        return opened.ok ? ok(question(opened.value)) : opened
      } catch (error) {
        core = null
        // The class only: the words of a trap may quote what it was working on.
        log({ event: 'core_trapped', error: error instanceof Error ? error.name : 'unknown' })
        return err(TRAP_CODE)
      }
    },
  }
}

/** The core of a Worker whose environment is not complete. */
export const closedCore = (code: string): CoreHolder => ({ ask: () => err(code) })
