import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { SpecError } from './compile-request.ts'
import { schemaProblems } from './gateways.ts'
import type { GatewaySpec, Policy, PolicyRules } from './spec.ts'

const SCHEMA = path.resolve(import.meta.dirname, '../../src/gateways/policy.schema.json')

/** A name that no gateway has limits nothing of what was meant: one that is mistyped would be a rule that never holds. */
const strangers = (rules: PolicyRules, specs: readonly GatewaySpec[], where: string): readonly string[] => {
  const providers = specs.flatMap((spec) => Object.entries(spec.providers))
  const known = {
    providers: new Set(providers.map(([name]) => name)),
    countries: new Set(providers.map(([, { country }]) => country)),
  }
  return (['providers', 'countries'] as const).flatMap((list) =>
    (rules[list] ?? []).flatMap((name, i) =>
      known[list].has(name) ? [] : [`${where}.${list}.${i}: no gateway has ${name}`],
    ),
  )
}

/** What is wrong with a policy for these gateways, one line per place; none: it may be compiled. */
export const policyProblems = (policy: unknown, specs: readonly GatewaySpec[]): readonly string[] => {
  const problems = schemaProblems(SCHEMA, policy)
  if (problems.length > 0) return problems
  const { default: rules, merchants = {} } = policy as Policy
  return [
    ...strangers(rules, specs, 'default'),
    ...Object.entries(merchants).flatMap(([id, own]) => strangers(own, specs, `merchants.${id}`)),
  ]
}

/** A policy, checked. Throws a `SpecError` that names file and place. */
export const readPolicyFile = (file: string, specs: readonly GatewaySpec[]): Policy => {
  const text = readFileSync(file, 'utf8')
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch (error) {
    throw new SpecError(file, (error as Error).message)
  }
  const problems = policyProblems(policy, specs)
  if (problems.length > 0) throw new SpecError(file, `\n${problems.join('\n')}`)
  return policy as Policy
}

/** `policy.json` of a directory, docs/gateways.md says what is in it; without one everything is allowed. */
export const readPolicy = (directory: string, specs: readonly GatewaySpec[]): Policy => {
  const file = path.join(directory, 'policy.json')
  return existsSync(file) ? readPolicyFile(file, specs) : { default: {} }
}
