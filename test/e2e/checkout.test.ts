import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { atGateway, expectLedger, json, order, useStack } from './fixture.ts'

const lango = useStack()

const executablePath = spawnSync('sh', ['-c', 'command -v chromium || command -v google-chrome'], {
  encoding: 'utf8',
}).stdout.trim()
const missing = executablePath === ''
if (missing && process.env['CI'] === 'true') throw new Error('chromium is not on PATH, and CI=true')
if (missing) console.log('checkout pages: skipped, chromium is not on PATH')

/** Where the screenshots go that a person looks at before a release. */
const SHOTS = '.lango/screenshots'

const open = async (over: Record<string, unknown> = {}): Promise<{ url: string; id: string }> => {
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
  return answer.body
}

describe.skipIf(missing)('hosted checkout, real Chromium, JavaScript off', () => {
  let browser: Browser
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true })
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
  })
  afterAll(() => browser?.close())

  const page = async (): Promise<Page> =>
    (await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 640 } })).newPage()
  const shot = (tab: Page, name: string) => tab.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true })
  const pay = async (tab: Page, number: string) => {
    await tab.fill('input[name=phoneNumber]', number)
    await tab.click('button[type=submit]')
  }
  /** The page refreshes itself; without JavaScript that is a meta refresh, which this waits out. */
  const settle = async (tab: Page, text: RegExp) => {
    await expect.poll(async () => (await tab.textContent('body')) ?? '', { timeout: 20_000 }).toMatch(text)
  }

  it('pays', async () => {
    const checkout = await open()
    const tab = await page()
    await tab.goto(checkout.url)
    await shot(tab, '1-form')
    expect(await tab.textContent('body')).toContain('15.50')
    await pay(tab, '0763 456 789')
    await shot(tab, '2-waiting')
    await settle(tab, /paid|received|thank/i)
    await shot(tab, '3-paid')
    const captures = lango.stack.pawapay.captures()
    expect(captures).toHaveLength(1)
    const reference = captures[0]?.reference as string
    expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
    await expect
      .poll(
        async () =>
          (
            await lango.stack.database
              .prepare("SELECT count(*) AS n FROM orders WHERE status = 'fulfilled'")
              .first<{ n: number }>()
          )?.n,
      )
      .toBe(1)
    await expectLedger(lango, [reference])
    await tab.reload()
    expect(await tab.textContent('body')).toMatch(/paid|received|thank/i)
  })

  it('says in words why it failed, and lets the customer try again', async () => {
    const checkout = await open()
    const tab = await page()
    await tab.goto(checkout.url)
    await pay(tab, '260763456039')
    await settle(tab, /not approved|declined|approve/i)
    await settle(tab, /try again/i)
    await shot(tab, '4-failed')
    if ((await tab.locator('input[name=phoneNumber]').count()) === 0) await tab.click('text=/try again/i')
    await pay(tab, '260763456789')
    await settle(tab, /paid|received|thank/i)
  })

  it('a number that cannot be right is explained beside the field, and nothing is sent', async () => {
    const checkout = await open()
    const tab = await page()
    const before = lango.stack.pawapay.requests().length
    await tab.goto(checkout.url)
    await pay(tab, '12')
    await shot(tab, '5-wrong-number')
    expect(await tab.textContent('body')).toMatch(/number/i)
    expect(await tab.locator('[aria-invalid=true]').count()).toBe(1)
    expect(lango.stack.pawapay.requests()).toHaveLength(before)
  })

  it('the page holds while the customer has not answered', async () => {
    const checkout = await open()
    const tab = await page()
    await tab.goto(checkout.url)
    await pay(tab, '260763456129')
    await settle(tab, /phone/i)
    await shot(tab, '6-stuck')
    expect(await tab.locator('meta[http-equiv=refresh]').count()).toBe(1)
    expect(await tab.locator('input[name=phoneNumber]').count()).toBe(0)
  })

  it('two tabs, one invoice: one deposit', async () => {
    const checkout = await open()
    const [first, second] = [await page(), await page()]
    await Promise.all([first.goto(checkout.url), second.goto(checkout.url)])
    const before = lango.stack.pawapay.captures().length
    await Promise.all([pay(first, '260763456789'), pay(second, '260763456789')])
    await Promise.all([settle(first, /paid|received|thank/i), settle(second, /paid|received|thank/i)])
    expect(lango.stack.pawapay.captures()).toHaveLength(before + 1)
  })

  it('an unknown checkout is a page, not an error dump', async () => {
    const tab = await page()
    const response = await tab.goto(`${lango.stack.edgeUrl}/c/chk_${'x'.repeat(22)}`)
    expect(response?.status()).toBe(404)
    expect(response?.headers()['content-security-policy']).toContain("default-src 'none'")
    await shot(tab, '7-unknown')
  })
})
