import { spawnSync } from 'node:child_process'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { beforeAll, expect, it } from 'vitest'
import { type Answer, freshKey, json, order, useStack } from './fixture.ts'

const lango = useStack()

// biome-ignore lint/suspicious/noExplicitAny: a document is looked into field by field
type Json = any
let document: Json
let ajv: Ajv2020

/** Answers may grow, so the document leaves objects open. Here they are closed: what is not described is found. */
const closed = (schema: Json): Json => {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]))
  return schema.type === 'object' && schema.properties && schema.additionalProperties === undefined
    ? { ...inner, additionalProperties: false }
    : inner
}

beforeAll(async () => {
  document = await (await fetch(`${lango.stack.edgeUrl}/openapi.json`)).json()
  ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  // An event's data and this document itself are described no further.
  const { EventBody, Event, OpenApiDocument, ...others } = document.components.schemas
  ajv.addSchema({ $id: 'doc', components: { schemas: { ...closed(others), EventBody, Event, OpenApiDocument } } })
})

/** What is described for this answer, and what is wrong with it. */
const wrongWith = (method: string, path: string, { status, headers, body }: Answer): unknown => {
  const described = document.paths[path]?.[method.toLowerCase()]?.responses[status]
  if (!described) return `${method} ${path} does not describe ${status}`
  const [mediaType, content] = Object.entries(described.content ?? {})[0] ?? []
  if (mediaType === undefined) return body === '' ? undefined : 'a body that is not described'
  if (!headers.get('content-type')?.startsWith(mediaType)) return headers.get('content-type')
  if (mediaType === 'text/html') return undefined
  const schema = JSON.parse(JSON.stringify((content as Json).schema).replaceAll('"#/', '"doc#/'))
  const validate = ajv.compile(schema)
  return validate(body) ? undefined : validate.errors
}

const call = async (
  method: string,
  path: string,
  params: Record<string, string> = {},
  body?: unknown,
): Promise<Json> => {
  const query = new URLSearchParams(Object.entries(params).filter(([name]) => !path.includes(`{${name}}`)))
  const target = path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '')
  const response = await fetch(`${lango.stack.edgeUrl}${target}${query.size > 0 ? `?${query}` : ''}`, {
    method,
    redirect: 'manual',
    headers: {
      authorization: `Bearer ${lango.stack.secretKey}`,
      'idempotency-key': freshKey(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await json(response)
  expect(wrongWith(method, path, answer), `${method} ${path} ${answer.status}`).toBeUndefined()
  return answer
}

it('a payment, from its request to the ledger, is what the document says', async () => {
  const wanted = order({ metadata: { basket: '81' }, returnUrl: 'https://shop.example/thanks' })
  const made = await call('POST', '/v1/payments', {}, wanted)
  expect(made.status).toBe(201)
  const { id } = made.body
  await lango.until(id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
  expect((await call('GET', '/v1/payments/{id}', { id })).body.status).toBe('succeeded')
  expect((await call('GET', '/v1/payments/{id}/decisions', { id })).body).toEqual({ decisions: [] })
  expect((await call('POST', '/v1/payments', {}, wanted)).status).toBe(200)
  expect((await call('GET', '/v1/payments', { invoice: String(wanted['invoice']) })).body.payments).toHaveLength(1)
  expect((await call('GET', '/v1/ledger/balances')).body.balances).not.toEqual([])
  const { events } = (await call('GET', '/v1/events', { limit: '5' })).body
  expect((await call('GET', '/v1/events/{id}', { id: events[0].id })).status).toBe(200)
  expect((await call('POST', '/v1/events/{id}/replay', { id: events[0].id })).status).toBe(202)
})

it('so are a refusal, and what is wrong with requests', async () => {
  const refused = await call('POST', '/v1/payments', {}, order({ phoneNumber: '260763456019' }))
  expect([201, 202, 422]).toContain(refused.status)
  for (const [body, status] of [
    [order({ amount: 10 }), 400],
    [order({ extra: true }), 400],
  ] as const)
    expect((await call('POST', '/v1/payments', {}, body)).status).toBe(status)
  expect((await call('GET', '/v1/payments', { status: 'lost' })).status).toBe(400)
  expect((await call('GET', '/v1/payments/{id}', { id: `pay_${'0'.repeat(26)}` })).status).toBe(404)
})

it('so are checkouts', async () => {
  const { invoice, amount, currency } = order()
  const { body } = await call('POST', '/v1/checkouts', {}, { invoice, amount, currency, description: 'Tea' })
  expect((await call('GET', '/v1/checkouts/{id}', { id: body.id })).body.status).toBe('open')
  expect((await call('GET', '/c/{id}', { id: body.id })).status).toBe(200)
  expect((await call('GET', '/c/{id}', { id: `chk_${'x'.repeat(22)}` })).status).toBe(404)
  expect((await call('POST', '/v1/checkouts', {}, { link: 'lnk1.none' })).status).toBe(422)
})

it('so are endpoints', async () => {
  const { body } = await call(
    'POST',
    '/v1/webhook-endpoints',
    {},
    { url: 'http://127.0.0.1:9/hooks', description: 'one' },
  )
  expect(body.secret).toMatch(/^whsec_/)
  const { id } = body
  await call('GET', '/v1/webhook-endpoints')
  await call('GET', '/v1/webhook-endpoints/{id}', { id })
  await call('POST', '/v1/webhook-endpoints/{id}/secret', { id }, { overlapHours: 1 })
  await call('POST', '/v1/webhook-endpoints/{id}/enable', { id })
  await call('POST', '/v1/webhook-endpoints/{id}/replay', { id }, { include: 'all' })
  expect((await call('DELETE', '/v1/webhook-endpoints/{id}', { id })).status).toBe(204)
  expect((await call('DELETE', '/v1/webhook-endpoints/{id}', { id })).status).toBe(404)
})

it('so are the pages and the state of the service', async () => {
  for (const path of ['/', '/health', '/openapi.json', '/docs']) await call('GET', path)
  const reference = await fetch(`${lango.stack.edgeUrl}/docs`)
  expect(reference.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'nonce-/)
  await call('GET', '/docs/guides/{guide}', { guide: 'quick-start' })
  expect((await call('GET', '/docs/guides/{guide}', { guide: 'none' })).status).toBe(404)
})

it('npm run merchant makes a merchant and a key that works at once', async () => {
  const { port } = new URL(lango.stack.consumerUrl)
  const merchant = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/merchant.ts', ...args], {
      encoding: 'utf8',
      env: { ...process.env, LANGO_CONSUMER_PORT: port, LANGO_STATE_DIR: lango.stack.stateDir },
    })
    expect(stderr).toBe('')
    expect(status).toBe(0)
    return stdout
  }
  merchant('create', 'Duka', '--id', 'mer_duka')
  expect(merchant('update', 'mer_duka', '--origin', 'https://shop.example', '--language', 'fr')).toContain('fr')
  const key = /^sk_test_\w+/.exec(merchant('key', 'create', 'mer_duka', '--label', 'till'))?.[0]
  const balances = await fetch(`${lango.stack.edgeUrl}/v1/ledger/balances`, {
    headers: { authorization: `Bearer ${key}` },
  })
  expect(await balances.json()).toEqual({ balances: [] })
  expect(merchant('show', 'mer_duka')).toMatch(/secret\s+sk_test_….{4}\s+good\s+till/)
})
