import { SELF } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../../src/adapters/sha256.ts'
import { linkKeyOf } from '../../../src/flows/checkout-link.ts'
import { database, forEdge } from './kit.ts'

const KEY = 'op_test_of_the_consumers_own_tests'
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field, whatever their shape
type Json = any

const call = async (method: string, path: string, body?: unknown, key = KEY): Promise<[number, Json]> => {
  const response = await SELF.fetch(`https://deliveries.example.com/operator/merchants${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return [response.status, await response.json()]
}
const holderOf = async (key: string) => forEdge().merchantByKeyHash(await sha256Hex(key))

const SHOP = '/mer_shop'
const LOGO = `data:image/svg+xml;base64,${btoa('<svg xmlns="http://www.w3.org/2000/svg"/>')}`

beforeAll(async () => {
  expect((await call('POST', '', { name: 'Duka', id: 'mer_shop' }))[0]).toBe(201)
})

describe('merchants', () => {
  it('the same id twice is one; without an id each is another', async () => {
    expect(await call('POST', '', { name: 'Another', id: 'mer_shop' })).toMatchObject([200, { name: 'Duka' }])
    const [[, one], [, two]] = [await call('POST', '', { name: 'A' }), await call('POST', '', { name: 'A' })]
    expect(one.id).toMatch(/^mer_[0-9a-f]{16}$/)
    expect(two.id).not.toBe(one.id)
    const [, { merchants }] = await call('GET', '')
    expect(merchants.map(({ id }: Json) => id)).toEqual(expect.arrayContaining(['mer_shop', one.id, two.id]))
  })

  it('are changed field by field', async () => {
    const change = {
      colour: '#0a7d33',
      logo: LOGO,
      languages: ['fr', 'en'],
      allowedOrigins: ['https://shop.example', 'http://localhost:5173'],
    }
    expect(await call('PATCH', SHOP, change)).toMatchObject([200, { name: 'Duka', ...change }])
    expect(await call('PATCH', SHOP, { name: 'Duka la Pili', logo: null })).toMatchObject([
      200,
      { name: 'Duka la Pili', ...change, logo: null },
    ])
    expect(await call('GET', SHOP)).toMatchObject([200, { name: 'Duka la Pili', ...change, logo: null }])
  })

  it.each([
    [{ colour: 'green' }, 'colour'],
    [{ colour: '#0A7D33"><script>' }, 'colour'],
    [{ logo: 'https://shop.example/logo.png' }, 'logo'],
    [{ logo: 'data:text/html;base64,PGI+' }, 'logo'],
    [{ logo: `data:image/png;base64,${'A'.repeat(9_000)}` }, 'logo'],
    [{ languages: ['english'] }, 'languages.0'],
    [{ allowedOrigins: ['https://shop.example/'] }, 'allowedOrigins.0'],
    [{ allowedOrigins: ['http://shop.example'] }, 'allowedOrigins.0'],
    [{ allowedOrigins: ['*'] }, 'allowedOrigins.0'],
    [{ name: ' ' }, 'name'],
    [{ mode: 'live' }, 'mode'],
  ])('refuses %j', async (change, field) => {
    const [status, body] = await call('PATCH', SHOP, change)
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'invalid_request' })
    expect(body.errors[0].field).toBe(field)
  })

  it('that are not there', async () => {
    for (const [method, path] of [
      ['GET', '/mer_none'],
      ['PATCH', '/mer_none'],
      ['GET', '/mer_none/keys'],
      ['DELETE', '/mer_none/keys/0123456789abcdef'],
      ['DELETE', `${SHOP}/keys/0123456789abcdef`],
    ] as const)
      expect((await call(method, path, method === 'PATCH' ? {} : undefined))[0]).toBe(404)
    expect((await call('POST', '/mer_none/keys', { mode: 'test', scope: 'secret' }))[0]).toBe(404)
    expect((await call('POST', `${SHOP}/keys/0123456789abcdef/rotate`, {}))[0]).toBe(404)
  })

  it('are the operator’s alone', async () => {
    expect((await call('GET', '', undefined, 'sk_test_lango_dev'))[0]).toBe(401)
  })
})

describe('keys', () => {
  const create = async (over: Record<string, unknown> = {}): Promise<Json> => {
    const [status, made] = await call('POST', `${SHOP}/keys`, { mode: 'test', scope: 'secret', label: 'till', ...over })
    expect(status).toBe(201)
    return made
  }

  it('are shown once, good at once, and nowhere in the database', async () => {
    const made = await create()
    expect(made.key).toMatch(/^sk_test_[0-9a-f]{48}$/)
    expect(made.id).toBe((await sha256Hex(made.key)).slice(0, 16))
    expect(await holderOf(made.key)).toMatchObject({ merchantId: 'mer_shop', mode: 'test', scope: 'secret' })
    const [, { keys }] = await call('GET', `${SHOP}/keys`)
    const listed = keys.find(({ id }: Json) => id === made.id)
    expect(listed).toMatchObject({ label: 'till', state: 'good', hint: `sk_test_…${made.key.slice(-4)}` })
    const { results } = await database.prepare('SELECT * FROM api_keys').all()
    const rows = JSON.stringify([results, keys])
    expect(rows).not.toContain(made.key)
    expect(rows).not.toContain(await linkKeyOf(made.key))
  })

  it('sign links by their id when they are secret; publishable ones sign none, and bring the origins', async () => {
    const secret = await create({ mode: 'live' })
    expect(secret.key).toMatch(/^sk_live_/)
    expect(await forEdge().linkSigner(secret.id)).toMatchObject({
      merchantId: 'mer_shop',
      mode: 'live',
      linkKey: await linkKeyOf(secret.key),
      branding: { name: expect.any(String), languages: expect.any(Array) },
    })
    const publishable = await create({ scope: 'publishable' })
    expect(publishable.key).toMatch(/^pk_test_/)
    expect(await forEdge().linkSigner(publishable.id)).toBeNull()
    expect(await forEdge().linkSigner('nothing')).toBeNull()
    await call('PATCH', SHOP, { allowedOrigins: ['https://shop.example'] })
    expect(await holderOf(publishable.key)).toMatchObject({ allowedOrigins: ['https://shop.example'] })
  })

  it('rotate with an overlap: both are good, then one', async () => {
    const old = await create()
    const [status, next] = await call('POST', `${SHOP}/keys/${old.id}/rotate`, { overlapHours: 2 })
    expect(status).toBe(201)
    expect(next).toMatchObject({
      mode: 'test',
      scope: 'secret',
      label: 'till',
      replaces: { id: old.id, state: 'good' },
    })
    expect(await holderOf(old.key)).not.toBeNull()
    expect(await holderOf(next.key)).not.toBeNull()
    // A second rotation, with a longer overlap, does not put off the end.
    const [, again] = await call('POST', `${SHOP}/keys/${old.id}/rotate`, { overlapHours: 100 })
    expect(again.replaces.expiresAt).toBe(next.replaces.expiresAt)

    await database
      .prepare('UPDATE api_keys SET expires_at_ms = 1 WHERE key_hash = ?')
      .bind(await sha256Hex(old.key))
      .run()
    expect(await holderOf(old.key)).toBeNull()
    expect(await forEdge().linkSigner(old.id)).toBeNull()
    expect(await holderOf(next.key)).not.toBeNull()
    expect(await call('POST', `${SHOP}/keys/${old.id}/rotate`, {})).toMatchObject([409, { code: 'key_is_over' }])
  })

  it('rotate at once with an overlap of none', async () => {
    const old = await create()
    await call('POST', `${SHOP}/keys/${old.id}/rotate`, { overlapHours: 0 })
    expect(await holderOf(old.key)).toBeNull()
  })

  it('are revoked for good, with the links that they signed', async () => {
    const made = await create()
    const [status, revoked] = await call('DELETE', `${SHOP}/keys/${made.id}`)
    expect([status, revoked.state]).toEqual([200, 'revoked'])
    expect(await holderOf(made.key)).toBeNull()
    expect(await forEdge().linkSigner(made.id)).toBeNull()
    const [, again] = await call('DELETE', `${SHOP}/keys/${made.id}`)
    expect(again.revokedAt).toBe(revoked.revokedAt)
  })

  it('of another merchant are out of reach', async () => {
    const made = await create()
    await call('POST', '', { name: 'Other', id: 'mer_else' })
    expect((await call('DELETE', `/mer_else/keys/${made.id}`))[0]).toBe(404)
    expect((await call('POST', `/mer_else/keys/${made.id}/rotate`, {}))[0]).toBe(404)
    expect(await holderOf(made.key)).not.toBeNull()
  })

  it.each([
    [{ mode: 'both', scope: 'secret' }, 'mode'],
    [{ mode: 'test', scope: 'admin' }, 'scope'],
  ])('refuses %j', async (wish, field) => {
    const [status, body] = await call('POST', `${SHOP}/keys`, wish)
    expect([status, body.errors[0].field]).toEqual([400, field])
  })
})
