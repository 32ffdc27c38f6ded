import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { findChromium } from '../../scripts/stack/chromium.ts'
import { type Fixture, json, order } from './fixture.ts'

export const executablePath = findChromium()
export const missing = executablePath === ''
if (missing && process.env['CI'] === 'true') throw new Error('chromium is not on PATH, and CI=true')
if (missing) console.log('checkout pages: skipped, chromium is not on PATH')

export interface OpenCheckout {
  readonly url: string
  readonly id: string
  readonly invoice: string
}

/** What the tests of the hosted page do with a running stack and a browser. */
export const checkoutKit = (lango: Fixture, browser: () => Browser) => {
  const open = async (over: Record<string, unknown> = {}): Promise<OpenCheckout> => {
    const { invoice, amount, currency } = order(over)
    const answer = await json(
      await fetch(`${lango.stack.edgeUrl}/v1/checkouts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${lango.stack.secretKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          invoice,
          amount,
          currency,
          description: 'Two bags of maize',
          returnUrl: 'https://shop.example/thanks',
        }),
      }),
    )
    expect(answer.status).toBe(201)
    expect(answer.body.url).toContain(`/c/${answer.body.id}`)
    return { ...answer.body, invoice }
  }

  /** A browser of its own for each customer. */
  const customer = async (options: BrowserContextOptions = {}): Promise<Page> =>
    (await browser().newContext({ viewport: { width: 360, height: 640 }, locale: 'en', ...options })).newPage()

  const type = (tab: Page, number: string) => tab.fill('input[name=phoneNumber]', number)
  const pay = async (tab: Page, number: string) => {
    await type(tab, number)
    await tab.click('button[type=submit]')
  }

  const textOf = async (tab: Page): Promise<string> => (await tab.textContent('main').catch(() => null)) ?? ''
  /** Waits until the page says so, by itself: nothing is clicked, nothing is reloaded. */
  const settle = (tab: Page, text: RegExp, timeout = 30_000) =>
    expect.poll(() => textOf(tab), { timeout }).toMatch(text)

  /** The gateway's references of an invoice, in the order in which deposits were asked for. */
  const references = (invoice: string): readonly string[] =>
    lango.stack.pawapay
      .requests()
      .filter(({ method, path, body }) => method === 'POST' && path === '/v2/deposits' && body.includes(`"${invoice}"`))
      .map(({ body }) => JSON.parse(body).depositId as string)

  /** How many deposits reached the gateway for this invoice, and how often it took the money. */
  const atGateway = ({ invoice }: OpenCheckout) => {
    const asked = references(invoice)
    return {
      deposits: asked.length,
      captures: lango.stack.pawapay.captures().filter(({ reference }) => asked.includes(reference)).length,
    }
  }

  /** The customer, or the provider's own page, settles the last deposit of an invoice. */
  const decideAtGateway = async ({ invoice }: OpenCheckout, outcome: 'COMPLETED' | 'FAILED') => {
    const answer = await fetch(`${lango.stack.pawapay.url}/_sim/settle`, {
      method: 'POST',
      body: JSON.stringify({ depositId: references(invoice).at(-1), outcome }),
    })
    expect(answer.status).toBe(200)
  }

  return { open, customer, type, pay, textOf, settle, references, atGateway, decideAtGateway }
}
