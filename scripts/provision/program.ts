import path from 'node:path'
import { compileProgram } from './compile.ts'
import { SpecError } from './compile-request.ts'
import { readGateways } from './gateways.ts'
import type { GatewaySpec, Policy, RequestSpec } from './spec.ts'

const root = path.resolve(import.meta.dirname, '../..')

export const gatewayFolder = path.join(root, 'src/gateways')

/** Gateways of this checkout, by name. */
export const gatewaySpecs = (names: readonly string[]): readonly GatewaySpec[] => {
  const all = readGateways(gatewayFolder)
  const missing = names.filter((name) => !all.some(({ gateway }) => gateway === name))
  if (missing.length > 0) throw new SpecError(gatewayFolder, `there is no ${missing.join(', ')}`)
  return all.filter(({ gateway }) => names.includes(gateway))
}

/** Those that a deployment uses: the vars of its vault say where each of them is. */
export const configuredGateways = (vars: Readonly<Record<string, string>>): readonly GatewaySpec[] =>
  readGateways(gatewayFolder).filter(({ gateway }) => vars[varName(gateway, 'origin')] !== undefined)

/** What is sealed of the gateways beside their keys. */
export interface SealedProgram {
  /** Plain. */
  readonly program: Uint8Array
  /** What requests may carry; the core sends nothing else, whatever built them. Lower case. */
  readonly headers: readonly string[]
  /** The vars that say where each gateway is. */
  readonly originVars: readonly string[]
}

const headersOf = ({ authentication, token, signing, webhook, ...spec }: GatewaySpec): readonly string[] => {
  const requests: (RequestSpec | undefined)[] = [
    spec.deposit.request,
    spec.status.request,
    spec.predict?.request,
    spec.conditions?.request,
    spec.cancel?.request,
    spec.otp?.request,
    token?.request,
    webhook.scheme === 'rfc9421' ? webhook.keys.request : undefined,
  ]
  return [
    ...requests.flatMap((request) => Object.keys(request?.headers ?? {})),
    ...[authentication, token?.authentication].flatMap((it) =>
      it ? ['header' in it ? it.header : 'authorization'] : [],
    ),
    ...(signing
      ? ['content-digest', 'signature', 'signature-input', signing.dateHeader, ...Object.keys(signing.headers ?? {})]
      : []),
  ]
}

/** `PAWAPAY_CALLBACK_MODE` for `callbackMode` of `pawapay`. */
export const varName = (gateway: string, setting: string): string =>
  `${gateway}_${setting.replace(/[A-Z]/g, (letter) => `_${letter}`)}`.toUpperCase()

export const sealedProgram = (specs: readonly GatewaySpec[], policy: Policy = { default: {} }): SealedProgram => ({
  program: compileProgram(specs, policy),
  headers: [...new Set(specs.flatMap(headersOf).map((name) => name.toLowerCase()))].toSorted(),
  originVars: specs.map(({ gateway }) => varName(gateway, 'origin')),
})
