import { beforeEach, describe, expect, it } from 'vitest'
import { invoice, json, KEY, order, pay, redis, seen, send } from './kit.ts'

beforeEach(() => redis.post('/_sim/reset', { flush: true }))

const open = (body: unknown, headers: Record<string, string> = {}) =>
  send('/v1/checkouts', {
    method: 'POST',
    headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const wish = (over: Record<string, unknown> = {}) => ({ invoice: invoice(), amount: '10.50', currency: 'ZMW', ...over })

const tap = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  send(path, { method: 'POST', headers, body: new URLSearchParams({ attempt: '1', provider: '', ...fields }) })

const pathOf = async (over: Record<string, unknown> = {}): Promise<string> => {
  const { url } = await json(await open(wish(over)))
  return new URL(url).pathname
}
/** The reference that the page shows. */
const paymentOn = async (path: string) => /pay_[0-9a-f]{26}/.exec(await (await send(path)).text())?.[0] ?? ''

describe('POST /v1/checkouts', () => {
  it('answers a link that nobody can guess', async () => {
    const response = await open(wish({ expiresInMinutes: 10 }))
    expect(response.status).toBe(201)
    const { id, url, expiresAt } = await json(response)
    expect(id).toMatch(/^chk_[A-Za-z0-9_-]{22}$/)
    expect(url).toMatch(new RegExp(`/c/${id}$`))
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(9.9 * 60_000)
  })

  it('is one checkout for one key; other content is a mismatch', async () => {
    const body = wish()
    const headers = { 'Idempotency-Key': `checkout-${body.invoice}` }
    const [one, two] = [await json(await open(body, headers)), await json(await open(body, headers))]
    expect(two).toEqual(one)
    const other = await open({ ...body, amount: '11' }, headers)
    expect(other.status).toBe(422)
    expect(await json(other)).toMatchObject({ code: 'idempotency_mismatch', field: 'amount' })
    expect((await json(await open(body))).id).not.toBe(one.id)
  })

  it.each([
    [{ amount: 10 }, 'amount'],
    [{ amount: '0' }, 'amount'],
    [{ currency: 'ZZZ' }, 'currency'],
    [{ phoneNumber: '260763456789' }, 'phoneNumber'],
    [{ returnUrl: 'https://my_shop.example/' }, 'returnUrl'],
  ])('refuses %j', async (over, field) => {
    const response = await open(wish(over))
    expect(response.status).toBe(400)
    expect((await json(response)).errors[0].field).toBe(field)
  })

  it.each([
    ['failed', 'reject', { amount: '12' }, 'amount'],
    ['open', 'inv', { amount: '12' }, 'amount'],
    ['never sent', 'slow', { amount: '12' }, 'amount'],
    ['failed', 'reject', { currency: 'KES' }, 'currency'],
  ])('makes none for an invoice whose payment, %s, has another price', async (_, word, over, field) => {
    const body = wish({ invoice: invoice(word) })
    const headers = { 'Idempotency-Key': `dearer-${body.invoice}` }
    const before = await json(await open({ ...body, ...over }, headers))
    await pay(order({ invoice: body.invoice }))
    const refused = await open({ ...body, ...over })
    expect(refused.status).toBe(422)
    expect(await json(refused)).toMatchObject({ code: 'invoice_conflict', field })
    expect((await open({ ...body, amount: '10.5' })).status).toBe(201)
    // A repetition is answered as the first time, and that one can no longer be paid.
    expect(await json(await open({ ...body, ...over }, headers))).toEqual(before)
    const read = await send(`/v1/checkouts/${before.id}`, { headers: { Authorization: `Bearer ${KEY}` } })
    expect((await json(read)).status).toBe('closed')
  })

  it('needs a secret key', async () => {
    expect((await open(wish(), { Authorization: 'Bearer pk_test_lango_dev' })).status).toBe(403)
  })
})

describe('the page', () => {
  it('takes a number, starts one payment and leads back to itself', async () => {
    const path = await pathOf()
    const page = await send(path)
    expect(page.status).toBe(200)
    expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'none'")
    expect(await page.text()).toContain('Duka &lt;la&gt; Lango')

    const tapped = await tap(path, { phoneNumber: '0763 456 789' })
    expect(tapped.status).toBe(303)
    expect(tapped.headers.get('Location')).toBe(`${path}?lang=en`)
    const waiting = await (await send(path)).text()
    expect(waiting).toContain('http-equiv="refresh"')
    expect(waiting).toContain('2607••••6789')
    expect(waiting).not.toContain('260763456789')
  })

  it('asks for no code where the gateway that takes the network wants none', async () => {
    const path = await pathOf({ currency: 'XOF', amount: '500' })
    const form = await (await send(path)).text()
    expect(form).toContain('ORANGE_BFA')
    expect(form).not.toContain('preAuthorisationCode')
    expect((await tap(path, { phoneNumber: '+226 07345678', provider: 'ORANGE_BFA' })).status).toBe(303)
    expect(await seen(await paymentOn(path))).toMatchObject({ sends: 1 })
  })

  it('has a number looked up as often as an address may, by the form as by the script: then the customer chooses', async () => {
    const path = await pathOf()
    const pay = async (address: string) => {
      const tapped = await tap(path, { phoneNumber: '+260 99 3456789' }, { 'CF-Connecting-IP': address })
      return /id="problem">([^<]*)/.exec(await tapped.text())?.[1] ?? tapped.status
    }
    const found = 'Zamtel Kwacha does not take payments right now. Choose another network, or try again later.'
    const body = new URLSearchParams({ phoneNumber: '+260 99 3456789' })
    const ask = (address: string) =>
      send(`${path}/network`, { method: 'POST', headers: { 'CF-Connecting-IP': address }, body })
    for (let i = 0; i < 10; i++) expect(await json(await ask('192.0.2.77'))).toEqual({ provider: 'ZAMTEL_ZMB' })
    let paid = 0
    let said = await pay('192.0.2.77')
    // One comes free every two seconds, on a slow machine more than one meanwhile.
    for (; said === found && paid < 100; said = await pay('192.0.2.77')) paid++
    expect(paid).toBeGreaterThanOrEqual(20)
    expect(paid).toBeLessThan(60)
    expect(said).toBe('Please choose your network.')
    expect(await pay('192.0.2.78')).toBe(found)
  })

  it.each([
    ['E1302', 'MTN MoMo does not take this amount.'],
    ['E1303', 'This does not look like a mobile money number.'],
    ['E1304', 'MTN MoMo does not take payments right now.'],
    ['E1309', 'MTN MoMo does not take payments right now.'],
  ])('shows the form again, and why, when nothing left because the gateway does not take it: %s', async (code, why) => {
    const path = await pathOf({ invoice: invoice(`unfit-${code}`) })
    const tapped = await tap(path, { phoneNumber: '0763 456 789' })
    expect(tapped.status).toBe(400)
    const page = await tapped.text()
    expect(page).toContain(why)
    expect(page).toContain('name="attempt" value="1"')
  })

  it('T14: two taps, a tap with another number and a second tab are one charge', async () => {
    const path = await pathOf()
    const taps = await Promise.all(
      ['0763456789', '0763456789', '+260763456039'].map((phoneNumber) => tap(path, { phoneNumber })),
    )
    expect(taps.map(({ status }) => status)).toEqual([303, 303, 303])
    expect(await seen(await paymentOn(path))).toMatchObject({ sends: 1 })
  })

  it('T14: a payment that the shop started for the invoice is the page\u2019s payment', async () => {
    const body = order()
    const path = await pathOf({ invoice: body['invoice'] })
    const { id } = await json(await pay(body))
    expect(await paymentOn(path)).toBe(id)
    await tap(path, { phoneNumber: '0763456789' })
    expect(await seen(id)).toMatchObject({ sends: 1 })
  })

  it('shows what was wrong with the number, beside the number', async () => {
    const path = await pathOf()
    const response = await tap(path, { phoneNumber: 'hello' })
    expect(response.status).toBe(400)
    const text = await response.text()
    expect(text).toContain('value="hello"')
    expect(text).toContain('role="alert"')
  })

  it('shows paid only when it is', async () => {
    const path = await pathOf({ invoice: invoice('paid'), returnUrl: 'https://shop.example/thanks' })
    await tap(path, { phoneNumber: '0763456789' })
    const text = await (await send(path)).text()
    expect(text).toContain('<title>Paid: ')
    expect(text).toContain('href="https://shop.example/thanks"')
  })

  it('offers a second attempt after a refusal', async () => {
    const path = await pathOf({ invoice: invoice('reject') })
    expect((await tap(path, { phoneNumber: '0763456789' })).status).toBe(303)
    const text = await (await send(path)).text()
    expect(text).toContain('The wallet has reached a limit of its network.')
    expect(text).toContain('name="attempt" value="2"')
  })

  it.each(['throw', 'sealed'])('says that it cannot go on now when the payment is %s', async (word) => {
    const path = await pathOf({ invoice: invoice(word) })
    expect((await tap(path, { phoneNumber: '0763456789' })).status).toBe(503)
  })

  it.each([
    ['en', /ZMW\s10\.50/, '23 hours', 'Zambia'],
    ['fr', /10,50\sZMW/, '23 heures', 'Zambie'],
    ['sw', /ZMW\s10\.50/, 'saa 23', 'Zambia'],
    ['pt', /10,50\sZMW/, '23 horas', 'Zâmbia'],
  ])(
    'writes numbers, durations and countries as %s does: workerd has its data',
    async (language, amount, time, country) => {
      const page = await send(await pathOf(), { headers: { 'Accept-Language': language } })
      const text = (await page.text()).replaceAll(/\s/g, ' ')
      expect(page.headers.get('Content-Language')).toBe(language)
      expect(text).toMatch(amount)
      expect(text).toContain(time)
      expect(text).toContain(country)
    },
  )

  it('bars a network that the gateway calls closed, and starts nothing for it', async () => {
    const path = await pathOf()
    expect(await (await send(path)).text()).toMatch(/value="ZAMTEL_ZMB"[^>]*disabled/)
    const tapped = await tap(path, { phoneNumber: '0953456789' })
    expect(tapped.status).toBe(400)
    expect(await tapped.text()).toContain('Zamtel Kwacha does not take payments right now')
    expect(await paymentOn(path)).toBe('')
  })

  it('finds the network of a number: the gateway’s word before the table’s', async () => {
    const path = await pathOf()
    const find = async (phoneNumber: string) => {
      const answer = await send(`${path}/network`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ phoneNumber }).toString(),
      })
      return (await json(answer)).provider
    }
    expect(await find('0763 456 789')).toBe('ZAMTEL_ZMB')
    expect(await find('+254 703 456 789')).toBe('MPESA_KEN')
    expect(await find('hello')).toBeNull()
  })

  it('sends the same page only once to who asks again', async () => {
    const path = await pathOf()
    const tag = (await send(path)).headers.get('ETag') ?? ''
    const again = (headers: Record<string, string>) => send(path, { headers: { 'If-None-Match': tag, ...headers } })
    expect((await again({})).status).toBe(304)
    expect((await again({ 'Accept-Language': 'fr' })).status).toBe(200)
    await tap(path, { phoneNumber: '0763456789' })
    expect((await again({})).status).toBe(200)
  })

  it('says how it stands over server-sent events, and ends when there is nothing to wait for', async () => {
    const path = await pathOf({ invoice: invoice('paid') })
    await tap(path, { phoneNumber: '0763456789' })
    const tag = (await send(path)).headers.get('ETag')
    const stream = await send(`${path}/events`)
    expect(stream.headers.get('Content-Type')).toBe('text/event-stream')
    expect(await stream.text()).toBe(`retry: 2000\n\ndata: ${tag?.slice(1, -1)}\n\n`)
    expect((await send('/c/chk_0123456789abcdefghijkl/events')).status).toBe(404)
  })

  it('has a receipt for what is paid, and no other', async () => {
    const [paid, open] = [await pathOf({ invoice: invoice('paid') }), await pathOf()]
    await tap(paid, { phoneNumber: '0763456789' })
    expect(await (await send(`${paid}/receipt`)).text()).toContain('Receipt')
    const redirected = await send(`${open}/receipt`)
    expect([redirected.status, redirected.headers.get('Location')]).toEqual([303, `${open}?lang=en`])
  })

  it('leads from what went wrong with a code back to itself', async () => {
    const path = await pathOf()
    const posted = (init: RequestInit) => send(`${path}/otp?lang=fr`, { method: 'POST', ...init })
    for (const response of [
      await posted({ body: new URLSearchParams({ otp: '1' }), headers: { 'Sec-Fetch-Site': 'cross-site' } }),
      await posted({ body: '{}', headers: { 'Content-Type': 'application/json' } }),
      await send('/c/chk_0123456789abcdefghijkl/otp', { method: 'POST', body: new URLSearchParams({ otp: '1' }) }),
    ]) {
      expect(response.status).toBeGreaterThanOrEqual(400)
      const links = [...(await response.text()).matchAll(/href="(\/[^"?]*)/g)].map(([, to]) => to)
      expect(links.length).toBeGreaterThan(2)
      for (const link of links) expect([path, '/c/chk_0123456789abcdefghijkl']).toContain(link)
    }
    const looked = await send(`${path}/otp?lang=fr`)
    expect([looked.status, looked.headers.get('Location')]).toEqual([303, `${path}?lang=fr`])
  })

  it('takes no form from another site', async () => {
    const path = await pathOf()
    const tapped = await tap(path, { phoneNumber: '0763456789' }, { 'Sec-Fetch-Site': 'cross-site' })
    expect(tapped.status).toBe(403)
    expect(await paymentOn(path)).toBe('')
  })

  it('is not there for another link', async () => {
    for (const path of ['/c/chk_0123456789abcdefghijkl', '/c/nonsense']) {
      const response = await send(path)
      expect(response.status).toBe(404)
      expect(response.headers.get('Content-Type')).toContain('text/html')
    }
  })
})
