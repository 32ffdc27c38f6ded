import { beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../../src/adapters/sha256.ts'
import { linkKeyOf, signLink } from '../../../src/flows/checkout-link.ts'
import { expire, invoice, type Json, json, KEY, order, pay, redis, seen, send } from './kit.ts'

beforeEach(() => redis.post('/_sim/reset', { flush: true }))

const PK = 'pk_test_lango_dev'
const HOUR_MS = 3_600_000
const at = (ms: number): string => new Date(Date.now() + ms).toISOString()

const mint = async (over: Record<string, unknown> = {}, secretKey = KEY): Promise<string> => {
  const payload = { invoice: invoice(), amount: '10.50', currency: 'ZMW', expiresAt: at(HOUR_MS), ...over }
  return signLink((await sha256Hex(secretKey)).slice(0, 16), await linkKeyOf(secretKey), payload)
}
const product = (over: Record<string, unknown> = {}) =>
  mint({ invoice: undefined, product: 'TEA-250', allowRepeat: true, ...over })

const call = (body: unknown, headers: Record<string, string> = {}) =>
  send('/v1/checkouts', {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${PK}`,
      'Content-Type': 'application/json',
      Origin: 'https://shop.example',
      ...headers,
    },
    body: JSON.stringify(body),
  })
const read = (id: string, key = PK) => send(`/v1/checkouts/${id}`, { headers: { Authorization: `Bearer ${key}` } })

const refusal = async (response: Response): Promise<[number, string]> => {
  const { status, code } = await json(response)
  expect(response.status).toBe(status)
  expect(response.headers.get('Content-Type')).toBe('application/problem+json')
  return [status, code]
}
/** Where a redirect leads, the page's language apart. */
const pathOf = (response: Response) => response.headers.get('Location')?.split('?')[0]
const paymentOn = (page: string): string | undefined => /pay_[0-9a-f]{26}/.exec(page)?.[0]
const tap = (path: string, phoneNumber = '260763456789') =>
  send(path, { method: 'POST', body: new URLSearchParams({ attempt: '1', provider: '', phoneNumber }) })

describe('a signed link as a page', () => {
  it('shows the price that was signed, takes the payment once, and shows it ever after', async () => {
    const path = `/c/${await mint({ amount: '42.42' })}`
    const form = await (await send(path)).text()
    expect(form).toContain('42.42')
    expect((await tap(path)).status).toBe(303)
    expect((await tap(path)).status).toBe(303)
    const id = paymentOn(await (await send(path)).text()) as string
    expect(await seen(id)).toMatchObject({ sends: 1 })
  })

  it.each([
    [
      'forged: signed with another shop’s key under this one’s id',
      async () => {
        const payload = { invoice: invoice(), amount: '0.01', currency: 'ZMW', expiresAt: at(HOUR_MS) }
        return signLink((await sha256Hex(KEY)).slice(0, 16), await linkKeyOf('sk_test_other'), payload)
      },
    ],
    ['signed with a publishable key', () => mint({}, PK)],
    ['signed with a key that nobody has', () => mint({}, 'sk_test_nobody')],
    [
      'altered: another amount under the same signature',
      async () => {
        const [version, keyId, , mac] = (await mint()).split('.')
        const payload = btoa(
          JSON.stringify({ invoice: invoice(), amount: '0.01', currency: 'ZMW', expiresAt: at(HOUR_MS) }),
        )
        return [version, keyId, payload.replace(/=+$/, ''), mac].join('.')
      },
    ],
    ['with an opening, though it is to be paid once', async () => `${await mint()}~${'a'.repeat(22)}`],
    ['without an expiry', () => mint({ expiresAt: undefined })],
    ['an amount with too many decimals', () => mint({ amount: '1.001' })],
    ['a field that there is not', () => mint({ discount: '1' })],
    ['repeatable and with an invoice', () => mint({ allowRepeat: true })],
    ['a product that may not be repeated', () => mint({ invoice: undefined, product: 'TEA' })],
  ])('%s: refused in both ways, and nothing is made', async (_, link) => {
    const text = await link()
    expect((await send(`/c/${text}`)).status).toBe(404)
    expect((await tap(`/c/${text}`)).status).toBe(404)
    expect(await refusal(await call({ link: text }))).toEqual([422, 'link_invalid'])
  })

  it('expired: the page says so, takes nothing, and no checkout is made of it', async () => {
    const link = await mint({ expiresAt: at(-1_000) })
    expect((await send(`/c/${link}`)).status).toBe(410)
    expect(pathOf(await tap(`/c/${link}`))).toBe(`/c/${link}`)
    expect(paymentOn(await (await send(`/c/${link}`)).text())).toBeUndefined()
    expect(await refusal(await call({ link }))).toEqual([410, 'link_expired'])
  })

  it('used: what was paid is shown, and no other checkout is made of it', async () => {
    const paid = invoice('paid')
    expect((await pay(order({ invoice: paid, amount: '10.50' }))).status).toBe(201)
    const link = await mint({ invoice: paid })
    expect((await send(`/c/${link}`)).status).toBe(200)
    expect(await refusal(await call({ link }))).toEqual([409, 'invoice_paid'])
  })

  it('its invoice failed at another price: nothing is offered, and no other checkout is made of it', async () => {
    const failed = invoice('reject')
    expect((await pay(order({ invoice: failed, amount: '10.50' }))).status).toBe(422)
    const [same, dearer] = [await mint({ invoice: failed }), await mint({ invoice: failed, amount: '12' })]
    const [form, none] = [await send(`/c/${same}`), await send(`/c/${dearer}`)]
    expect([form.status, none.status]).toEqual([200, 410])
    expect(await form.text()).toContain('<form')
    expect(await none.text()).not.toContain('<form')
    expect(await refusal(await call({ link: dearer }))).toEqual([422, 'invoice_conflict'])
    expect((await call({ link: same })).status).toBe(201)
  })

  it('repeatable: an address for each visitor, a purchase for each address', async () => {
    const link = await product()
    const addresses = await Promise.all(
      [1, 2].map(async () => (await send(`/c/${link}`)).headers.get('Location') as string),
    )
    expect(new Set(addresses).size).toBe(2)
    const ids = []
    for (const address of addresses) {
      expect(address).toMatch(/^\/c\/lnk1\.[^~]+~[A-Za-z0-9_-]{22}$/)
      expect(pathOf(await tap(address))).toBe(address)
      ids.push(paymentOn(await (await send(address)).text()))
    }
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(await seen(id as string)).toMatchObject({ sends: 1 })
    const french = await send(`/c/${link}?lang=fr`)
    expect(french.headers.get('Location')).toMatch(/~[A-Za-z0-9_-]{22}\?lang=fr$/)
    // Without an opening nothing can be paid.
    expect((await tap(`/c/${link}`)).status).toBe(404)
  })
})

describe('a publishable key', () => {
  it('opens a link: the same link is the same checkout, and it can be read', async () => {
    const link = await mint({ description: 'Tea', returnUrl: 'https://shop.example/thanks' })
    const response = await call({ link })
    expect(response.status).toBe(201)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*')
    const one: Json = await json(response)
    expect(await json(await call({ link }))).toEqual(one)
    const details = await json(await read(one.id))
    expect(details).toMatchObject({ ...one, status: 'open', amount: '10.50', currency: 'ZMW', description: 'Tea' })
    expect(details.paymentId).toBeUndefined()
    expect(JSON.stringify(details)).not.toContain('lnk1')
    expect((await send(new URL(one.url).pathname)).status).toBe(200)

    await tap(`/c/${one.id}`)
    expect(await json(await read(one.id))).toMatchObject({
      status: 'pending',
      paymentId: expect.stringMatching(/^pay_/),
    })
  })

  it('opens a repeatable link anew each time', async () => {
    const link = await product()
    const [one, two] = [await json(await call({ link })), await json(await call({ link }))]
    expect(one.id).not.toBe(two.id)
    expect((await json(await read(one.id))).invoice).toMatch(/^TEA-250:/)
  })

  it('opens a link that is good for years for a month, and for longer when it is opened again', async () => {
    const DAY_MS = 86_400_000
    const link = await mint({ expiresAt: at(20_000 * DAY_MS) })
    const one = await json(await call({ link }))
    const leftMs = Date.parse(one.expiresAt) - Date.now()
    expect(leftMs).toBeGreaterThan(29.9 * DAY_MS)
    expect(leftMs).toBeLessThanOrEqual(31 * DAY_MS)
    expect(await json(await call({ link }))).toEqual(one)
    await expire(one.id, Date.now() - 1)
    expect(await json(await read(one.id))).toMatchObject({ status: 'expired' })
    expect(await json(await call({ link }))).toEqual(one)
    expect(await json(await read(one.id))).toMatchObject({ status: 'open' })
    // The link itself needs nothing that is stored.
    expect((await send(`/c/${link}`)).status).toBe(200)
  })

  it('names no price', async () => {
    const wish = { invoice: invoice(), amount: '0.01', currency: 'ZMW' }
    expect(await refusal(await call(wish))).toEqual([403, 'key_scope'])
  })

  it('edits none', async () => {
    const link = await mint()
    const response = await call({ link, amount: '0.01' })
    expect(response.status).toBe(400)
    expect(await json(response)).toMatchObject({ code: 'invalid_request', errors: [{ field: 'amount' }] })
  })

  it.each([
    ['POST', '/v1/payments'],
    ['GET', '/v1/payments'],
    ['GET', `/v1/payments/pay_${'0'.repeat(26)}`],
    ['GET', '/v1/events'],
    ['GET', '/v1/ledger/balances'],
    ['GET', '/v1/webhook-endpoints'],
  ])('does no more: %s %s', async (method, path) => {
    const response = await send(path, { method, headers: { Authorization: `Bearer ${PK}` } })
    expect(await refusal(response)).toEqual([403, 'key_scope'])
  })

  it.each([
    'https://evil.example',
    'https://shop.example.evil.example',
    'http://shop.example',
    'null',
    'http://localhost.evil.example',
  ])('is good on no page of %s', async (Origin) => {
    const link = await mint()
    expect(await refusal(await call({ link }, { Origin }))).toEqual([403, 'origin_not_allowed'])
  })

  it('of a test works from the developer’s own machine', async () => {
    expect((await call({ link: await mint() }, { Origin: 'http://localhost:5173' })).status).toBe(201)
  })

  it('opens no link of another shop or of the other mode', async () => {
    for (const key of ['sk_test_other', 'sk_live_lango_dev'])
      expect(await refusal(await call({ link: await mint({}, key) }))).toEqual([422, 'link_invalid'])
  })

  it('may be asked about before it is used, by any page', async () => {
    const response = await send('/v1/checkouts', {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://shop.example',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type',
      },
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('Access-Control-Allow-Headers')).toMatch(/authorization/i)
    const elsewhere = await send('/v1/payments', {
      method: 'OPTIONS',
      headers: { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST' },
    })
    expect(elsewhere.headers.get('Access-Control-Allow-Origin')).toBeNull()
  })
})

describe('a secret key', () => {
  const open = (body: unknown, headers: Record<string, string> = {}) =>
    call(body, { Authorization: `Bearer ${KEY}`, ...headers })

  it('makes no checkout for an invoice that is paid, and repeats what it made before', async () => {
    const wish = { invoice: invoice('paid'), amount: '10.50', currency: 'ZMW' }
    const headers = { 'Idempotency-Key': wish.invoice }
    const first = await json(await open(wish, headers))
    expect((await pay(order(wish))).status).toBe(201)
    expect(await refusal(await open(wish))).toEqual([409, 'invoice_paid'])
    expect(await json(await open(wish, headers))).toEqual(first)
    expect(await json(await read(first.id, KEY))).toMatchObject({ status: 'paid' })
  })

  it('is told of no checkout as paid whose price was not', async () => {
    const paid = { invoice: invoice('paid'), amount: '10.50', currency: 'ZMW' }
    const begun = { invoice: invoice(), amount: '10.50', currency: 'ZMW' }
    for (const [wish, status] of [
      [paid, 'paid'],
      [begun, 'pending'],
    ] as const) {
      const [same, dearer] = [await json(await open(wish)), await json(await open({ ...wish, amount: '1000.00' }))]
      expect((await pay(order(wish))).status).toBe(201)
      expect((await json(await read(same.id, KEY))).status).toBe(status)
      expect(await json(await read(dearer.id, KEY))).toMatchObject({ status: 'closed', amount: '1000.00' })
    }
  })

  it('reads no checkout of another shop', async () => {
    const { id } = await json(await open({ invoice: invoice(), amount: '10.50', currency: 'ZMW' }))
    expect(await refusal(await read(id, 'sk_test_other'))).toEqual([404, 'not_found'])
    expect(await refusal(await read(id, 'sk_live_lango_dev'))).toEqual([404, 'not_found'])
    expect(await refusal(await read('chk_nothing'))).toEqual([404, 'not_found'])
  })
})
