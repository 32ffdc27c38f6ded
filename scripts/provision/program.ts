import path from 'node:path'
import { compileProgram } from './compile.ts'
import { readGateways } from './gateways.ts'
import type { GatewaySpec, Policy, RequestSpec } from './spec.ts'

const root = path.resolve(import.meta.dirname, '../..')

export const gatewayFolder = path.join(root, 'src/gateways')

/** The gateways of this checkout. */
export const gatewaySpecs = (): readonly GatewaySpec[] => readGateways(gatewayFolder)

/** What is sealed of the gateways beside their keys. */
export interface SealedProgram {
  /** Plain. */
  readonly program: Uint8Array
  /** What requests may carry; the core sends nothing else, whatever built them. Lower case. */
  readonly headers: readonly string[]
  /** The vars that say where each gateway is. */
  readonly originVars: readonly string[]
}

const headersOf = ({ authentication, signing, webhook, ...spec }: GatewaySpec): readonly string[] => {
  const requests: (RequestSpec | undefined)[] = [
    spec.deposit.request,
    spec.status.request,
    spec.predict?.request,
    spec.conditions?.request,
    webhook.scheme === 'rfc9421' ? webhook.keys.request : undefined,
  ]
  return [
    ...requests.flatMap((request) => Object.keys(request?.headers ?? {})),
    ...(authentication ? ['header' in authentication ? authentication.header : 'authorization'] : []),
    ...(signing
      ? ['content-digest', 'signature', 'signature-input', signing.dateHeader, ...Object.keys(signing.headers ?? {})]
      : []),
  ]
}

/** `PAWAPAY_CALLBACK_MODE` for `callbackMode` of `pawapay`. */
export const varName = (gateway: string, setting: string): string =>
  `${gateway}_${setting.replace(/[A-Z]/g, (letter) => `_${letter}`)}`.toUpperCase()

export const sealedProgram = (
  specs: readonly GatewaySpec[] = gatewaySpecs(),
  policy: Policy = { default: {} },
): SealedProgram => ({
  program: compileProgram(specs, policy),
  headers: [...new Set(specs.flatMap(headersOf).map((name) => name.toLowerCase()))].toSorted(),
  originVars: specs.map(({ gateway }) => varName(gateway, 'origin')),
})
