import type { MasterKeys, SeenFacts } from '../contracts/vault-core.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { DayCounterOf } from './day-cap.ts'
import type { DayCounter } from './day-counter.ts'

/** Plain vars. Each is a fact of the imprint: changed without sealing anew, nothing opens (SECURITY.md). */
const VARS = [
  'LANGO_ENVIRONMENT',
  'LANGO_WORKER_NAME',
  'LANGO_PUBLIC_ORIGIN',
  'LANGO_REFERENCE_KEY',
  'PAWAPAY_ORIGIN',
  'PAWAPAY_CALLBACK_MODE',
  'PAWAPAY_SIGNATURE_ENCODING',
] as const

const KNOWN: ReadonlySet<string> = new Set(VARS)

export interface VaultSettings {
  readonly seen: SeenFacts
  readonly keys: () => MasterKeys
  /** Throws without the binding; that it is there is a fact of the imprint. A fresh stub each time: one that threw may be broken. */
  readonly counterOf: DayCounterOf
}

/** E1001: missing; E1002: malformed. The core has the same words for what it is handed. */
export interface EnvironmentError {
  readonly variable: string
  readonly code: 'E1001' | 'E1002'
}

type Bindings = Readonly<Record<string, unknown>>

const KEY = /^[0-9a-f]{64}$/

/** `undefined`: not bound. Anything else that is no key is an error, which names the variable and never its value. */
const keyProblem = (variable: string, value: unknown, required: boolean): EnvironmentError | undefined => {
  if (value === undefined || value === '') return required ? { variable, code: 'E1001' } : undefined
  return typeof value === 'string' && KEY.test(value) ? undefined : { variable, code: 'E1002' }
}

/** A second share lies in another store than the master key: a secret of the Worker, or one of the Secrets Store. */
const secondShareOf = async (binding: unknown): Promise<Result<unknown, EnvironmentError>> => {
  if (typeof binding !== 'object' || binding === null) return ok(binding)
  try {
    return ok(await (binding as { get(): Promise<string> }).get())
  } catch {
    return err({ variable: 'LANGO_SECOND_SHARE', code: 'E1001' })
  }
}

/**
 * The only reader of the environment. Whether it is the right one is for the core to say: here it is only gathered. Keys
 * are read again whenever they are asked for, and kept in no variable of ours but the second share, which comes by a promise.
 */
export const parseEnv = async (env: unknown): Promise<Result<VaultSettings, EnvironmentError>> => {
  const bound = (typeof env === 'object' && env !== null ? env : {}) as Bindings
  const share = await secondShareOf(bound['LANGO_SECOND_SHARE'])
  if (!share.ok) return share
  const secondShare = share.value
  const problem =
    keyProblem('LANGO_MASTER_KEY', bound['LANGO_MASTER_KEY'], true) ??
    keyProblem('LANGO_MASTER_KEY_PREVIOUS', bound['LANGO_MASTER_KEY_PREVIOUS'], false) ??
    keyProblem('LANGO_SECOND_SHARE', secondShare, false)
  if (problem) return err(problem)

  const version = bound['CF_VERSION_METADATA'] as { readonly tag?: unknown } | undefined
  // What further gateways are told stands in vars of their own; those with LANGO_ in front are listed, for keys are among them.
  const further = Object.keys(bound).filter((name) => /^(?!LANGO_)[A-Z][A-Z0-9]*_/.test(name) && !KNOWN.has(name))
  const vars = [...VARS, ...further].map((name) => [name, bound[name]] as const)
  const keys = (): MasterKeys => {
    const previous = bound['LANGO_MASTER_KEY_PREVIOUS']
    return {
      master: bound['LANGO_MASTER_KEY'] as string,
      ...(previous ? { masterPrevious: previous as string } : {}),
      ...(secondShare ? { secondShare: secondShare as string } : {}),
    }
  }
  return ok({
    seen: {
      versionTag: typeof version?.tag === 'string' ? version.tag : '',
      bindings: Object.keys(bound).map((name) => [name, typeof bound[name]] as const),
      vars: vars.filter((pair): pair is readonly [string, string] => typeof pair[1] === 'string'),
    },
    keys,
    counterOf: (merchantId) => {
      const counters = bound['DAY_COUNTERS'] as DurableObjectNamespace<DayCounter>
      return counters.get(counters.idFromName(merchantId))
    },
  })
}
