import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../../scripts/stack/chromium.ts'
import { checkoutKit, executablePath, missing } from './checkout-kit.ts'
import { expectLedger, useStack } from './fixture.ts'

const lango = useStack()
let browser: Browser
beforeAll(async () => {
  if (!missing) browser = await launchChromium(executablePath)
})
afterAll(() => browser?.close())

const { open, customer, type, pay, textOf, settle, references, atGateway, decideAtGateway } = checkoutKit(
  lango,
  () => browser,
)

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}
/** What axe finds serious or critical in WCAG 2.2 A and AA, and whether the page is as narrow as its window. */
const expectAccessible = async (tab: Page) => {
  await tab.evaluate(AXE)
  const violations = await tab.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } }
    return (await axe.run({ runOnly: { type: 'tag', values: tags } })).violations
  })
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(serious.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([])
  const [width, wide] = await tab.evaluate<[number, number]>('[innerWidth, document.documentElement.scrollWidth]')
  expect(wide).toBeLessThanOrEqual(width)
}

describe.skipIf(missing)('hosted checkout, real Chromium, JavaScript off', () => {
  const still = () => customer({ javaScriptEnabled: false })

  it('pays', async () => {
    const checkout = await open()
    const tab = await still()
    await tab.goto(checkout.url)
    expect(await textOf(tab)).toContain('15.50')
    await pay(tab, '0763 456 789')
    await settle(tab, /thank you/i)
    expect(atGateway(checkout)).toEqual({ deposits: 1, captures: 1 })
    await expect
      .poll(
        async () =>
          (
            await lango.stack.database
              .prepare("SELECT count(*) AS n FROM orders WHERE status = 'fulfilled' AND invoice = ?")
              .bind(checkout.invoice)
              .first<{ n: number }>()
          )?.n,
      )
      .toBe(1)
    await expectLedger(lango, references(checkout.invoice))
    await tab.reload()
    expect(await textOf(tab)).toMatch(/thank you/i)
  })

  it('says in words why it failed, and lets the customer try again', async () => {
    const checkout = await open()
    const tab = await still()
    await tab.goto(checkout.url)
    await pay(tab, '260763456039')
    await settle(tab, /not confirmed on the phone/i)
    await pay(tab, '260763456789')
    await settle(tab, /thank you/i)
    expect(atGateway(checkout)).toEqual({ deposits: 2, captures: 1 })
  })

  it('a number that cannot be right is explained beside the field, and nothing is sent', async () => {
    const checkout = await open()
    const tab = await still()
    await tab.goto(checkout.url)
    await pay(tab, '12')
    expect(await textOf(tab)).toMatch(/does not look like a mobile money number/i)
    expect(await tab.locator('[aria-invalid=true]').count()).toBe(1)
    expect(atGateway(checkout).deposits).toBe(0)
  })

  it('the page holds while the customer has not answered, and asks for itself again', async () => {
    const checkout = await open()
    const tab = await still()
    await tab.goto(checkout.url)
    await pay(tab, '260763456129')
    await settle(tab, /confirm on your phone/i)
    expect(await tab.locator('meta[http-equiv=refresh]').count()).toBe(1)
    expect(await tab.locator('input[name=phoneNumber]').count()).toBe(0)
  })

  it('two tabs, one invoice: one deposit', async () => {
    const checkout = await open()
    const [first, second] = [await still(), await still()]
    await Promise.all([first.goto(checkout.url), second.goto(checkout.url)])
    await Promise.all([pay(first, '260763456789'), pay(second, '260763456789')])
    await Promise.all([settle(first, /thank you/i), settle(second, /thank you/i)])
    expect(atGateway(checkout)).toEqual({ deposits: 1, captures: 1 })
  })

  it('an unknown checkout is a page, not an error dump', async () => {
    const tab = await still()
    const response = await tab.goto(`${lango.stack.edgeUrl}/c/chk_${'x'.repeat(22)}`)
    expect(response?.status()).toBe(404)
    expect(response?.headers()['content-security-policy']).toContain("default-src 'none'")
  })
})

describe.skipIf(missing)('hosted checkout, real Chromium, with its script', () => {
  it('knows the network while the number is typed, follows the payment without reloading, gives a receipt', async () => {
    const checkout = await open()
    const tab = await customer({ viewport: { width: 320, height: 568 } })
    const asked: { url: string; bytes: Promise<number> }[] = []
    const wrong: string[] = []
    tab.on('response', (response) =>
      asked.push({
        url: response.url(),
        bytes: response.url().includes('/events')
          ? Promise.resolve(0)
          : response.body().then(
              (body) => gzipSync(body).length,
              () => 0,
            ),
      }),
    )
    tab.on('console', (message) => message.type() === 'error' && wrong.push(message.text()))
    await tab.goto(checkout.url)
    const chosen = () => tab.locator('input[name=provider]:checked').inputValue()
    await tab.locator('input[name=phoneNumber]').pressSequentially('0973 4')
    expect(await chosen()).toBe('AIRTEL_OAPI_ZMB')
    await type(tab, '0763 456 789')
    expect(await chosen()).toBe('MTN_MOMO_ZMB')
    await tab.click('text=Zamtel Kwacha')
    await type(tab, '0763 456 788')
    expect(await chosen()).toBe('ZAMTEL_ZMB')
    await tab.click('text=Find it by my number')
    await type(tab, '0763 456 789')
    expect(await chosen()).toBe('MTN_MOMO_ZMB')

    await tab.click('button[type=submit]')
    await tab.waitForSelector('main[data-live], h1.good')
    await tab.evaluate('globalThis.isStillHere = true')
    await settle(tab, /thank you/i)
    expect(await tab.title()).toMatch(/^Paid/)
    expect(await tab.evaluate('globalThis.isStillHere')).toBe(true)
    await settle(tab, /has been told/)
    expect(atGateway(checkout)).toEqual({ deposits: 1, captures: 1 })
    expect(await tab.getAttribute('text=Back to', 'href')).toBe('https://shop.example/thanks')

    expect(asked.filter(({ url }) => !url.startsWith(lango.stack.edgeUrl) && !url.startsWith('data:'))).toEqual([])
    const bytes = await Promise.all(asked.map(({ bytes }) => bytes))
    expect(bytes[0]).toBeLessThan(14_000)
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(30_000)
    expect(wrong).toEqual([])
    await expectAccessible(tab)

    await tab.click('text=Receipt')
    expect(await textOf(tab)).toContain(checkout.invoice)
    await expectAccessible(tab)
  })

  it.each([
    ['ZMW', '260763456019', /has reached a limit/],
    ['ZMW', '260763456029', /no wallet with the network/],
    ['ZMW', '260763456039', /not confirmed on the phone/],
    ['ZMW', '260973456049', /not enough money/],
    ['ZMW', '260763456069', /reported that the payment failed/],
    ['KES', '254703456059', /Another payment is still waiting/],
  ])('%s %s fails in plain words, and may be tried again', async (currency, number, words) => {
    const checkout = await open({ currency, amount: '15' })
    const tab = await customer()
    await tab.goto(checkout.url)
    await pay(tab, number)
    await settle(tab, words)
    expect(await tab.locator('input[name=attempt]').inputValue()).toBe('2')
    expect(atGateway(checkout)).toEqual({ deposits: 1, captures: 0 })
    await expectAccessible(tab)
    await tab.context().close()
  })

  it('a stuck number holds the page; offline it says so; a closed tab comes back to the truth', async () => {
    const checkout = await open()
    const tab = await customer({ viewport: { width: 320, height: 568 } })
    await tab.goto(checkout.url)
    await pay(tab, '260763456129')
    await settle(tab, /confirm on your phone/i)
    expect(await tab.locator('form').count()).toBe(0)
    await tab.click('summary')
    await expectAccessible(tab)

    const other = await tab.context().newPage()
    await other.goto(checkout.url)
    await settle(other, /confirm on your phone/i)
    await other.close()

    await tab.context().setOffline(true)
    await tab.waitForSelector('#offline:not([hidden])')
    await expectAccessible(tab)
    await tab.waitForTimeout(20_000)
    await decideAtGateway(checkout, 'COMPLETED')
    expect(await textOf(tab)).toMatch(/confirm on your phone/i)
    await tab.context().setOffline(false)
    await settle(tab, /thank you/i)
    expect(await tab.locator('#offline').isHidden()).toBe(true)
    await tab.close()

    const again = await customer()
    await again.goto(checkout.url)
    await settle(again, /thank you/i)
    expect(atGateway(checkout)).toEqual({ deposits: 1, captures: 1 })
  })

  it('a double tap and the way back are one deposit', async () => {
    const checkout = await open()
    const tab = await customer()
    await tab.goto(checkout.url)
    await type(tab, '0763456789')
    await tab.locator('button[type=submit]').dblclick()
    await settle(tab, /thank you/i)
    await tab.goBack()
    // The form is not shown again as it was, and if it were, it would be the same request.
    await settle(tab, /thank you/i)
    expect(await tab.locator('form').count()).toBe(0)
    expect(atGateway(checkout)).toEqual({ deposits: 1, captures: 1 })
  })

  it('a network that is closed cannot be chosen, and what is sent for it all the same is not sent on', async () => {
    lango.stack.pawapay.persona({ availability: { MTN_MOMO_GHA: 'CLOSED', VODAFONE_GHA: 'DELAYED' } })
    const checkout = await open({ currency: 'GHS', amount: '15' })
    const tab = await customer()
    await tab.goto(checkout.url)
    expect(await textOf(tab)).toMatch(/MTN MoMoNot available right now/)
    expect(await tab.locator('input[value=VODAFONE_GHA]').isDisabled()).toBe(true)
    expect(await tab.locator('input[value=AIRTELTIGO_GHA]').isDisabled()).toBe(false)
    await pay(tab, '233593456789')
    await settle(tab, /MTN MoMo does not take payments right now/)
    expect(atGateway(checkout).deposits).toBe(0)
    await expectAccessible(tab)
    lango.stack.pawapay.persona({ availability: null })
  })

  it('an amount that a network does not take bars it', async () => {
    const checkout = await open({ currency: 'XOF', amount: '50' })
    const tab = await customer()
    await tab.goto(checkout.url)
    expect(await tab.locator('input[value=MOOV_BEN]').isDisabled()).toBe(true)
    expect(await textOf(tab)).toMatch(/Takes XOF\s100 to XOF\s2,000,000/)
    expect(await tab.locator('input[value=MTN_MOMO_BEN]').isDisabled()).toBe(false)
  })

  it('an expired link takes nothing, from a form that was open before either', async () => {
    const checkout = await open()
    const tab = await customer()
    await tab.goto(checkout.url)
    await type(tab, '0763456789')
    await lango.stack.database
      .prepare('UPDATE checkouts SET created_at_ms = 0, expires_at_ms = 1 WHERE id = ?')
      .bind(checkout.id)
      .run()
    await tab.click('button[type=submit]')
    await settle(tab, /link has expired/)
    expect(atGateway(checkout).deposits).toBe(0)
    await expectAccessible(tab)
  })

  it.each([
    ['fr', 'Payer par mobile money', 'Confirmez sur votre téléphone', /Merci/],
    ['sw', 'Lipa kwa pesa za simu', 'Thibitisha kwenye simu yako', /Asante/],
    ['pt', 'Pagar com dinheiro móvel', 'Confirme no seu telefone', /Obrigado/],
  ])('speaks %s from the first view to the last', async (language, heading, waiting, paid) => {
    const checkout = await open()
    const tab = await customer({ locale: language, viewport: { width: 320, height: 568 } })
    await tab.goto(checkout.url)
    expect(await tab.getAttribute('html', 'lang')).toBe(language)
    expect(await tab.textContent('h1')).toBe(heading)
    await expectAccessible(tab)
    await pay(tab, '260763456129')
    await settle(tab, new RegExp(waiting))
    await expectAccessible(tab)
    await decideAtGateway(checkout, 'COMPLETED')
    await settle(tab, paid)
    await tab.click('nav >> text=English')
    await settle(tab, /thank you/i)
  })

  it('T31: a code that comes first: asked for, refused when wrong, sent once when right, and written nowhere', async () => {
    const checkout = await open({ currency: 'XOF', amount: '500' })
    const tab = await customer()
    await tab.goto(checkout.url)
    expect(await tab.locator('#code').isVisible()).toBe(false)
    await type(tab, '+226 07345678')
    expect(await tab.locator('input[name=provider]:checked').inputValue()).toBe('ORANGE_BFA')
    expect(await tab.locator('#code').isVisible()).toBe(true)
    expect(await tab.getAttribute('a[href^="tel:"]', 'href')).toBe('tel:*144*4*6%23')
    await expectAccessible(tab)
    await tab.click('button[type=submit]')
    await settle(tab, /write the payment code/)
    expect(atGateway(checkout).deposits).toBe(0)
    await tab.fill('#code', '000000')
    await tab.click('button[type=submit]')
    await settle(tab, /did not take the payment code/)
    expect(atGateway(checkout)).toEqual({ deposits: 1, captures: 0 })
    await type(tab, '+226 07345678')
    await tab.fill('#code', '481 516')
    await tab.locator('button[type=submit]').dblclick()
    await settle(tab, /thank you/i)
    expect(atGateway(checkout)).toEqual({ deposits: 2, captures: 1 })
    expect(lango.logs.join('\n')).not.toContain('481516')
  })

  it('T31: a code sent twice, at once or once more when it was refused, is asked of the gateway once', async () => {
    const checkout = await open({ currency: 'XOF', amount: '500' })
    const send = async (attempt: number, code: string) => {
      const form = { attempt: `${attempt}`, phoneNumber: '22607345678', provider: 'ORANGE_BFA' }
      const body = new URLSearchParams({ ...form, preAuthorisationCode: code })
      return (await fetch(checkout.url, { method: 'POST', body, redirect: 'manual' })).status
    }
    const tab = await customer({ javaScriptEnabled: false })
    await tab.goto(checkout.url)
    expect(await Promise.all([send(1, '000000'), send(1, '000000')])).toEqual([303, 303])
    await tab.reload()
    await settle(tab, /did not take the payment code/)
    expect(atGateway(checkout)).toEqual({ deposits: 1, captures: 0 })
    // The form that was open before, out of another tab or the browser's memory; with another code too.
    expect([await send(1, '000000'), await send(1, '481516')]).toEqual([303, 303])
    expect(atGateway(checkout)).toEqual({ deposits: 1, captures: 0 })
    await tab.reload()
    expect(await textOf(tab)).toMatch(/did not take the payment code/)

    expect(await Promise.all([send(2, '481516'), send(2, '481516'), send(2, '342234')])).toEqual([303, 303, 303])
    await tab.reload()
    await settle(tab, /thank you/i)
    expect(await send(3, '481516')).toBe(303)
    expect(atGateway(checkout)).toEqual({ deposits: 2, captures: 1 })
  })

  it('T31: a network with a page of its own: there and back, and nothing taken when nobody comes back', async () => {
    const [checkout, left] = [
      await open({ currency: 'XOF', amount: '500' }),
      await open({ currency: 'XOF', amount: '500' }),
    ]
    const start = async (url: string) => {
      const tab = await customer()
      await tab
        .context()
        .route('https://wave.example/**', (route) =>
          route.fulfill({ contentType: 'text/html', body: `<title>Wave</title><a href="${url}">back</a>` }),
        )
      await tab.goto(url)
      await tab.click('label:has([value=WAVE_SEN])')
      await pay(tab, '+221 77 345 67 89')
      await settle(tab, /Confirm with Wave/)
      return tab
    }
    const [tab, abandoned] = await Promise.all([start(checkout.url), start(left.url)])
    await tab.waitForSelector('main a.button:not(.quiet)', { timeout: 40_000 })
    await expectAccessible(tab)
    await tab.click('text=Continue with Wave')
    expect(await tab.title()).toBe('Wave')
    await decideAtGateway(checkout, 'COMPLETED')
    await tab.click('text=back')
    await settle(tab, /thank you/i)
    expect(atGateway(checkout)).toEqual({ deposits: 1, captures: 1 })
    await lango.stack.pawapay.advance(1_800_000)
    await settle(abandoned, /not confirmed on the phone/)
    expect(atGateway(left)).toEqual({ deposits: 1, captures: 0 })
  })

  it('takes no form from another site, and looks up no number for it', async () => {
    const checkout = await open()
    const post = (path: string) =>
      fetch(`${checkout.url}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'cross-site' },
        body: 'attempt=1&phoneNumber=0763456789',
        redirect: 'manual',
      })
    const before = lango.stack.pawapay.requests().length
    expect((await post('')).status).toBe(403)
    expect(await (await post('/network')).json()).toEqual({ provider: null })
    expect(lango.stack.pawapay.requests()).toHaveLength(before)
  })
})
