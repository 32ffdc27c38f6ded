import type { VaultConfig } from '../contracts/vault-core.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { PersonalKeys } from './phone-hash.ts'

export interface VaultSettings {
  /** Handed to the core, which refuses what it does not know. */
  readonly core: VaultConfig
  readonly personalKeys: PersonalKeys
}

/** E1001: missing; E1002: malformed. The core has the same words for what it is handed. */
export interface EnvironmentError {
  readonly variable: string
  readonly code: 'E1001' | 'E1002'
}

class Unusable extends Error {
  readonly variable: string
  constructor(variable: string) {
    super(variable)
    this.variable = variable
  }
}

const originOf = (text: string): URL | null => {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  return url.origin === text ? url : null
}

/** The only reader of the environment. The error names the variable and never its value. */
export const parseEnv = (env: unknown): Result<VaultSettings, EnvironmentError> => {
  const vars = (typeof env === 'object' && env !== null ? env : {}) as Readonly<Record<string, unknown>>
  const text = (variable: string, pattern: RegExp): string => {
    const value = vars[variable]
    if (typeof value !== 'string' || !pattern.test(value)) throw new Unusable(variable)
    return value
  }
  const oneOf = <Choice extends string>(variable: string, choices: readonly Choice[]): Choice => {
    const choice = choices.find((each) => each === vars[variable])
    if (choice === undefined) throw new Unusable(variable)
    return choice
  }
  const origin = (variable: string, development: boolean): URL => {
    const url = originOf(text(variable, /^https?:\/\//))
    if (!url || (url.protocol === 'http:' && !development)) throw new Unusable(variable)
    return url
  }
  const HMAC_KEY = /^(?:[0-9a-f]{2}){32,}$/
  try {
    const environment = oneOf('LANGO_ENVIRONMENT', ['development', 'staging', 'production'])
    const development = environment === 'development'
    /** A previous key exists only while one is being rotated. */
    const keys = (variable: string, previous: string) => ({
      current: text(variable, HMAC_KEY),
      ...(vars[previous] === undefined ? {} : { previous: text(previous, HMAC_KEY) }),
    })
    const core: VaultConfig = {
      environment,
      referenceKey: text('LANGO_REFERENCE_KEY', /^[0-9a-f]{64}$/),
      attestation: keys('LANGO_ATTESTATION_KEY', 'LANGO_ATTESTATION_KEY_PREVIOUS'),
      callbackAuthorities: [origin('LANGO_PUBLIC_ORIGIN', development).host],
      pawapay: {
        origin: origin('PAWAPAY_ORIGIN', development).origin,
        token: text('PAWAPAY_TOKEN', /^[\x21-\x7e]{16,}$/),
        signingKey: text(
          'PAWAPAY_SIGNING_KEY',
          /^\s*-----BEGIN PRIVATE KEY-----[\sA-Za-z0-9+/=]+-----END PRIVATE KEY-----\s*$/,
        ),
        keyId: text('PAWAPAY_KEY_ID', /^[\x20-\x7e]{1,128}$/),
        signatureEncoding: oneOf('PAWAPAY_SIGNATURE_ENCODING', ['der', 'raw']),
        callbackMode: oneOf('PAWAPAY_CALLBACK_MODE', ['signed', 'hint']),
      },
    }
    return ok({ core, personalKeys: keys('LANGO_PERSONAL_KEY', 'LANGO_PERSONAL_KEY_PREVIOUS') })
  } catch (error) {
    if (error instanceof Unusable) {
      const { variable } = error
      return err({ variable, code: (vars[variable] ?? '') === '' ? 'E1001' : 'E1002' })
    }
    throw error
  }
}
