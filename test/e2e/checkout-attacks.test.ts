import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLango, type Lango } from '../../packages/sdk/src/index.ts'
import { launchChromium } from '../../scripts/stack/chromium.ts'
import { checkoutKit, executablePath, missing } from './checkout-kit.ts'
import { json, order, useStack } from './fixture.ts'

const lango = useStack()
let browser: Browser
let shop: Lango
beforeAll(async () => {
  if (!missing) browser = await launchChromium(executablePath)
  shop = createLango({ baseUrl: lango.stack.edgeUrl, apiKey: lango.stack.secretKey })
})
afterAll(() => browser?.close())

const { open, customer, type, settle, references, atGateway } = checkoutKit(lango, () => browser)

/** Everything that a shopper could have made: rows of D1, and deposits at the gateway. */
const made = async () => ({
  ...(await lango.stack.database
    .prepare('SELECT (SELECT count(*) FROM checkouts) AS checkouts, (SELECT count(*) FROM orders) AS orders')
    .first<{ checkouts: number; orders: number }>()),
  deposits: lango.stack.pawapay.requests().filter(({ method, path }) => method === 'POST' && path === '/v2/deposits')
    .length,
})

const call = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
  const answer = await json(
    await fetch(`${lango.stack.edgeUrl}${path}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${lango.stack.publishableKey}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': crypto.randomUUID(),
        ...headers,
      },
      body: JSON.stringify(body),
    }),
  )
  return [answer.status, answer.body.code]
}

/** What comes after it counts the orders, and must not find this one half way. */
const untilOrdered = (invoice: unknown) =>
  expect
    .poll(
      () =>
        lango.stack.database
          .prepare('SELECT count(*) AS n FROM orders WHERE invoice = ?')
          .bind(invoice)
          .first<{ readonly n: number }>(),
      { timeout: 15_000 },
    )
    .toEqual({ n: 1 })

/** What the page's own form would send. */
const submit = async (link: string, phoneNumber = '0763456789') => {
  const body = new URLSearchParams({ attempt: '1', phoneNumber })
  const { status } = await fetch(`${lango.stack.edgeUrl}/c/${link}`, { method: 'POST', body, redirect: 'manual' })
  return status
}

const sign = async (over: object = {}, by = shop): Promise<string> => {
  const { invoice, amount, currency } = order() as Record<'invoice' | 'amount' | 'currency', string>
  const link = await by.checkouts.link({ invoice, amount, currency, expiresAt: '2090-01-01T00:00:00Z', ...over })
  if (!link.ok) throw new Error(link.error.message)
  return link.value.link
}
const inLink = (link: string, at: number, change: (part: string) => string): string =>
  link
    .split('.')
    .map((part, i) => (i === at ? change(part) : part))
    .join('.')
const cheaper = (payload: string): string =>
  Buffer.from(Buffer.from(payload, 'base64url').toString().replace('15.50', '00.01')).toString('base64url')
const another = (mac: string): string => `${mac[0] === 'A' ? 'B' : 'A'}${mac.slice(1)}`

describe('a link that is not as the shop signed it', () => {
  it.each<readonly [string, () => Promise<string>, form: number, api: readonly [number, string]]>([
    ['an edited amount', async () => inLink(await sign(), 2, cheaper), 404, [422, 'link_invalid']],
    ['another signature', async () => inLink(await sign(), 3, another), 404, [422, 'link_invalid']],
    [
      'the signature of another link',
      async () => {
        const mac = (await sign()).split('.')[3] ?? ''
        return inLink(await sign(), 3, () => mac)
      },
      404,
      [422, 'link_invalid'],
    ],
    [
      'forged with the publishable key',
      async () => {
        const forger = createLango({ baseUrl: lango.stack.edgeUrl, apiKey: `sk_${lango.stack.publishableKey}` })
        const [, own = ''] = (await sign()).split('.')
        return inLink(await sign({}, forger), 1, () => own)
      },
      404,
      [422, 'link_invalid'],
    ],
    ['an opening of what is paid once', async () => `${await sign()}~${'a'.repeat(22)}`, 404, [422, 'link_invalid']],
    ['over', () => sign({ expiresAt: '2020-01-01T00:00:00Z' }), 303, [410, 'link_expired']],
  ])('%s: its error in both ways, and nothing is made', async (_, link, form, api) => {
    const text = await link()
    const before = await made()
    expect([await submit(text), await call('/v1/checkouts', { link: text })]).toEqual([form, api])
    expect(await made()).toEqual(before)
  })

  it('used once more: nothing is taken, and no checkout is made of it', async () => {
    const { invoice } = order()
    const link = await sign({ invoice })
    expect(await submit(link)).toBe(303)
    const paid = () => atGateway({ invoice: invoice as string, id: '', url: '' })
    await expect.poll(paid, { timeout: 15_000 }).toEqual({ deposits: 1, captures: 1 })
    await expect.poll(() => call('/v1/checkouts', { link }), { timeout: 15_000 }).toEqual([409, 'invoice_paid'])
    await untilOrdered(invoice)
    const before = await made()
    const again = new URLSearchParams({ attempt: '2', phoneNumber: '0763456781' })
    const answer = await fetch(`${lango.stack.edgeUrl}/c/${link}`, { method: 'POST', body: again, redirect: 'manual' })
    expect(answer.status).toBe(303)
    expect(await made()).toEqual(before)
  })

  it('with another price than the payment that failed: the page says so, and nothing more is sent', async () => {
    const { invoice } = order()
    const [first, dearer] = [await sign({ invoice }), await sign({ invoice, amount: '20.00' })]
    expect(await submit(first, '260763456039')).toBe(303)
    const page = async (link: string) => (await fetch(`${lango.stack.edgeUrl}/c/${link}?lang=en`)).text()
    await expect.poll(() => page(first), { timeout: 15_000 }).toContain('name="attempt" value="2"')
    expect(await page(dearer)).toContain('begun at another price')
    expect(await call('/v1/checkouts', { link: dearer })).toEqual([422, 'invoice_conflict'])
    expect(await submit(dearer)).toBe(303)
    expect(atGateway({ invoice: invoice as string, id: '', url: '' })).toEqual({ deposits: 1, captures: 0 })
  })
})

describe('a link of the longest kind', () => {
  const paid = async (over: object) => {
    const { invoice } = order()
    expect(await submit(await sign({ invoice, ...over }))).toBe(303)
    const gateway = () => atGateway({ invoice: invoice as string, id: '', url: '' })
    await expect.poll(gateway, { timeout: 15_000 }).toEqual({ deposits: 1, captures: 1 })
    await untilOrdered(invoice)
  }

  it('takes the payment, though no gateway takes its address to lead back to', () =>
    paid({ returnUrl: `https://shop.example/${'x'.repeat(2000)}` }))

  it('takes it, though no gateway takes the shop’s either', () =>
    paid({ returnUrl: `https://my_shop.example/${'x'.repeat(2000)}` }))
})

describe('a publishable key', () => {
  it.each([
    [
      'names a price',
      '/v1/checkouts',
      () => ({ invoice: 'I', amount: '0.01', currency: 'ZMW' }),
      {},
      [403, 'key_scope'],
    ],
    ['edits one', '/v1/checkouts', async () => ({ link: await sign(), amount: '0.01' }), {}, [400, 'invalid_request']],
    ['charges a wallet', '/v1/payments', () => order(), {}, [403, 'key_scope']],
    ['makes an endpoint', '/v1/webhook-endpoints', () => ({ url: 'https://evil.example' }), {}, [403, 'key_scope']],
    [
      'is used from a page that the merchant did not name',
      '/v1/checkouts',
      async () => ({ link: await sign() }),
      { Origin: 'https://evil.example' },
      [403, 'origin_not_allowed'],
    ],
  ] as const)('that %s: the documented error, and nothing is made', async (_, path, body, headers, expected) => {
    const wish = await body()
    const before = await made()
    expect(await call(path, wish, headers)).toEqual(expected)
    expect(await made()).toEqual(before)
  })
})

describe.skipIf(missing)('a shopper with the tools of a browser', () => {
  it('edits the amount, the invoice and the form: what is taken is what the shop said', async () => {
    const checkout = await open()
    const tab = await customer()
    await tab.goto(checkout.url)
    await type(tab, '0763456789')
    await tab.evaluate(`(() => {
      const form = document.querySelector('form')
      for (const name of ['amount', 'amountMinor', 'currency', 'invoice', 'merchantId', 'mode', 'expiresAt']) {
        const field = document.createElement('input')
        Object.assign(field, { type: 'hidden', name, value: name === 'currency' ? 'KES' : '1' })
        form.append(field)
      }
      for (const shown of document.querySelectorAll('.amount, button b')) shown.textContent = 'ZMW 0.01'
    })()`)
    await tab.click('button[type=submit]')
    await settle(tab, /thank you/i)
    expect(await tab.textContent('.amount')).toContain('15.50')
    const [reference] = references(checkout.invoice)
    const captured = lango.stack.pawapay.captures().filter((capture) => capture.reference === reference)
    expect(captured).toMatchObject([{ amount: '15.50', currency: 'ZMW' }])
    expect(atGateway(checkout)).toEqual({ deposits: 1, captures: 1 })
  })
})
