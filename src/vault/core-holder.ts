import type { Opening, VaultCore } from '../contracts/vault-core.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { Log } from './log.ts'

/** The module trapped. What was asked of it is not done; the next question gets a new instance. */
export const TRAP_CODE = 'E1090'

export interface CoreHolder {
  /** Runs one question on an open core; the error is the code why there is none. */
  ask<Answer>(question: (core: VaultCore, opening: Opening) => Answer): Result<Answer, string>
}

interface OpenCore {
  readonly core: VaultCore
  readonly opening: Opening
}

/** Keeps one open instance. A trap leaves WebAssembly's memory in any state, so that instance is never used again. */
export const createCoreHolder = (create: () => VaultCore, log: Log): CoreHolder => {
  let held: OpenCore | null = null
  /** What it said to this deployment it would say again. */
  let refusal: string | null = null
  const open = (): Result<OpenCore, string> => {
    if (held) return ok(held)
    if (refusal) return err(refusal)
    const core = create()
    const opened = core.open()
    if (!opened.ok) {
      refusal = opened.code
      log({ event: 'core_closed', code: opened.code, fields: opened.fields })
      return err(opened.code)
    }
    held = { core, opening: opened.opening }
    return ok(held)
  }
  return {
    ask(question) {
      try {
        const opened = open()
        return opened.ok ? ok(question(opened.value.core, opened.value.opening)) : opened
      } catch (error) {
        held = null
        // The class only: the words of a trap may quote what it was working on.
        log({ event: 'core_trapped', error: error instanceof Error ? error.name : 'unknown' })
        return err(TRAP_CODE)
      }
    },
  }
}

/** The core of a Worker whose environment is not complete. */
export const closedCore = (code: string): CoreHolder => ({ ask: () => err(code) })
