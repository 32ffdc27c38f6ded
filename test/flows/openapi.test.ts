import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { createApp } from '../../src/edge/app.ts'
import type { EdgeDeps } from '../../src/edge/deps.ts'
import { buildOpenApi } from '../../src/edge/openapi/document.ts'
import { OPERATIONS } from '../../src/edge/openapi/operations.ts'
import { PROBLEMS } from '../../src/edge/problem-catalogue.ts'

const document = buildOpenApi('https://pay.example.com')
const text = JSON.stringify(document)

/** What a checkout page asks for itself is nobody's interface. */
const INTERNAL = /^\/c\/:[^/]+\/./

describe('the API description', () => {
  it('is OpenAPI 3.1', async () => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate(JSON.parse(text))
    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  it('has every route of the app, and no other', () => {
    const { routes } = createApp({} as EdgeDeps)
    const served = routes
      .filter(({ method, path }) => method !== 'ALL' && !INTERNAL.test(path))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`)
    const told = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    expect(new Set(told)).toEqual(new Set(served))
    expect(told.length).toBe(new Set(told).size)
    expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length)
  })

  it.each(Object.keys(PROBLEMS))('explains the problem %s, and says where it comes', (code) => {
    const { title, cause, fix, status } = PROBLEMS[code as keyof typeof PROBLEMS]
    for (const words of [title, cause, fix]) expect(words.length).toBeGreaterThan(8)
    expect(status).toBeGreaterThanOrEqual(400)
    const told = (document['x-problems'] as { code: string }[]).map((problem) => problem.code)
    expect(told).toContain(code)
    const enums = [...text.matchAll(/"code":\{"enum":\[([^\]]*)\]/g)].map(([, list]) => list)
    // A wrong method is the one answer that belongs to no operation.
    expect(enums.some((list) => list?.includes(`"${code}"`))).toBe(code !== 'method_not_allowed')
  })

  it('points at nothing that is not there', () => {
    const names = Object.keys((document['components'] as { schemas: object }).schemas)
    const refs = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name)
    expect(refs.length).toBeGreaterThan(10)
    expect(refs.filter((name) => !names.includes(name as string))).toEqual([])
    expect(text.replaceAll('#/components/schemas/', '')).not.toContain('"#/')
  })

  it('is committed as docs/openapi.json: node scripts/openapi.ts', () => {
    expect(JSON.parse(readFileSync('docs/openapi.json', 'utf8'))).toEqual(JSON.parse(text))
  })
})
