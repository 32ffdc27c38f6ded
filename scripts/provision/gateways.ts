import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { SpecError } from './compile-request.ts'
import type { GatewaySpec } from './spec.ts'

const SCHEMA = path.resolve(import.meta.dirname, '../../src/gateways/gateway.schema.json')

/** What is wrong with a spec, one line per place, by the path in the file; none: it may be compiled. */
export const specProblems = (spec: unknown): readonly string[] => schemaProblems(SCHEMA, spec)

/** Where a value is not what a JSON Schema wants, and what is meant there. */
export const schemaProblems = (schema: string, value: unknown): readonly string[] => {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, verbose: true })
  const isRight = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')))
  if (isRight(value)) return []
  const lines = (isRight.errors ?? []).flatMap(({ instancePath, keyword, message, params, parentSchema }) => {
    // These two only sum up what other lines say better.
    if (keyword === 'oneOf' || keyword === 'anyOf' || keyword === 'if') return []
    const at = instancePath.slice(1).replaceAll('/', '.') || 'the file'
    const allowed = 'allowedValues' in params ? `: ${(params['allowedValues'] as unknown[]).join(', ')}` : ''
    const extra = 'additionalProperty' in params ? ` (${params['additionalProperty']})` : ''
    const meant = typeof parentSchema?.['description'] === 'string' ? ` — ${parentSchema['description']}` : ''
    return [`${at}: ${message}${allowed}${extra}${meant}`]
  })
  return [...new Set(lines)]
}

const parsed = (file: string): GatewaySpec => {
  const text = readFileSync(file, 'utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SpecError(file, (error as Error).message)
  }
}

/** The gateways of a folder, checked. Throws a `SpecError` that names file and place. */
export const readGateways = (folder: string): readonly GatewaySpec[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const file = path.join(folder, name, 'gateway.json')
      const spec = parsed(file)
      const problems = specProblems(spec)
      if (problems.length > 0) throw new SpecError(file, problems.join('\n'))
      if (spec.gateway !== name) throw new SpecError(file, `"gateway" is ${spec.gateway}, its folder is ${name}`)
      return spec
    })
