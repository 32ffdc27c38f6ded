import { readGateways } from './gateways.ts'
import { type KeyHome, keyIn, type StoredKey } from './home.ts'
import { gatewayFolder, varName } from './program.ts'
import type { GatewaySpec } from './spec.ts'

const namesOf = ({ gateway, settings }: GatewaySpec): readonly StoredKey['purpose'][] =>
  Object.entries(settings).flatMap(([setting, { secret }]) => (secret ? [`${gateway}.${setting}` as const] : []))

/** What gateways make and we only keep: `pawapay.token`, `mtn.apiKey`, … */
export const gatewaySecrets = (specs = readGateways(gatewayFolder)): readonly StoredKey['purpose'][] =>
  specs.flatMap(namesOf)

/** As it is stored. Throws when there is no such secret, or when `text` cannot be one. */
export const gatewaySecret = (name: string, slot: StoredKey['slot'], text: string): StoredKey => {
  const known = gatewaySecrets()
  const purpose = known.find((each) => each === name)
  if (!purpose) throw new Error(`"${name}" is none of the gateways' secrets: ${known.join(', ')}.`)
  const secret = text.trim()
  if (!/^[\x21-\x7e]{16,4096}$/.test(secret))
    throw new Error(`Standard input holds no ${name}: 16 or more visible ASCII characters.`)
  return { purpose, slot, kid: '', material: Buffer.from(secret).toString('base64') }
}

export const originProblems = (vars: Readonly<Record<string, string>>, variable: string): readonly string[] => {
  const value = vars[variable] ?? ''
  const isOrigin = URL.canParse(value) && new URL(value).origin === value && value.startsWith('https://')
  return isOrigin ? [] : [`${variable} must be https://host without a path, not "${value}".`]
}

/** With one in production nobody would be charged: the vendor's sandbox has the address of what is real, and says that all went well. */
const testKeys = (
  { gateway, settings }: GatewaySpec,
  vars: Readonly<Record<string, string>>,
  home: KeyHome,
): readonly string[] => {
  if (vars['LANGO_ENVIRONMENT'] !== 'production') return []
  return Object.entries(settings).flatMap(([setting, { testPrefix }]) => {
    const name = `${gateway}.${setting}` as const
    const isTest = ({ purpose, material }: StoredKey): boolean =>
      purpose === name && testPrefix !== undefined && Buffer.from(material, 'base64').toString().startsWith(testPrefix)
    return home.keys
      .filter(isTest)
      .map(
        ({ slot }) =>
          `The ${slot} ${name} moves no money (${testPrefix}…). Seal the live one: npm run provision -- secret ${name} --env ${home.environment} < FILE`,
      )
  })
}

/** What the vars and the key store lack of the gateways that a deployment uses, each with the fix. */
export const gatewayProblems = (
  specs: readonly GatewaySpec[],
  vars: Readonly<Record<string, string>>,
  home: KeyHome,
): readonly string[] =>
  specs.flatMap((spec) => {
    const { gateway, settings } = spec
    const named = Object.entries(settings).map(([setting, { secret = false }]) => ({
      name: `${gateway}.${setting}`,
      variable: varName(gateway, setting),
      secret,
    }))
    return [
      ...originProblems(vars, varName(gateway, 'origin')),
      ...named
        .filter(({ secret, variable }) => !secret && !vars[variable])
        .map(({ variable }) => `${gateway} needs ${variable} among the vars of src/vault/wrangler.toml.`),
      ...named
        .filter(({ secret, variable }) => secret && vars[variable] !== undefined)
        .map(({ name, variable }) => `${variable} is a plain var, and ${name} is a secret: take it out, and seal it.`),
      ...namesOf(spec)
        .filter((name) => !keyIn(home, name, 'current'))
        .map((name) => `There is no ${name}: npm run provision -- secret ${name} --env ${home.environment} < FILE`),
      ...testKeys(spec, vars, home),
    ]
  })
