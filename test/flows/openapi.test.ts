import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { createApp } from '../../src/edge/app.ts'
import type { EdgeDeps } from '../../src/edge/deps.ts'
import { buildOpenApi } from '../../src/edge/openapi/document.ts'
import { GUIDES } from '../../src/edge/openapi/guides.ts'
import { OPERATIONS } from '../../src/edge/openapi/operations.ts'
import { guidePage, referencePage } from '../../src/edge/openapi/reference-page.ts'
import { PROBLEMS } from '../../src/edge/problem-catalogue.ts'

const document = buildOpenApi('https://pay.example.com')
const text = JSON.stringify(document)

/** What a checkout page asks for itself is nobody's interface. */
const INTERNAL = /^\/c\/:[^/]+\/./

const cite = (page: unknown): string => String(page)

describe('the pages for people', () => {
  const page = cite(referencePage(document, 'nonce'))

  it('name every operation, problem and schema', () => {
    for (const { id, summary, path } of OPERATIONS) {
      expect(page).toContain(`id="${id}"`)
      expect(page).toContain(summary.replaceAll("'", '&#39;'))
      expect(page).toContain(path)
    }
    for (const code of Object.keys(PROBLEMS)) expect(page).toContain(`id="problem-${code}"`)
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target as string)
    expect(targets.filter((target) => !ids.has(target))).toEqual([])
  })

  it.each(['', ...Object.keys(GUIDES)])('ask nobody for anything: /docs %s', (name) => {
    const text = name === '' ? page : cite(guidePage(name, 'nonce'))
    expect(text).not.toMatch(/<(script|img|link|iframe|object|embed)\b|\bstyle="|\bon\w+="|url\(|@import/)
    const local = [...text.matchAll(/href="(\/[^"]*)"/g)].map(([, path]) => path as string)
    const served = [/^\/docs$/, /^\/openapi\.json$/, /^\/docs\/guides\/([a-z-]+)$/]
    for (const path of local) {
      const found = served.map((pattern) => pattern.exec(path)).find((match) => match !== null)
      expect(found, path).toBeDefined()
      if (found?.[1]) expect(Object.keys(GUIDES)).toContain(found[1])
    }
  })

  it('are of docs/guides: node scripts/guides.ts', () => {
    expect(spawnSync(process.execPath, ['scripts/guides.ts', '--check'], { encoding: 'utf8' }).stderr).toBe('')
  })

  it('have no guide that there is not', () => {
    expect(guidePage('../secrets', 'nonce')).toBeUndefined()
    expect(guidePage('constructor', 'nonce')).toBeUndefined()
  })
})

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
