import { mkdirSync } from 'node:fs'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Stack } from '../stack/stack.ts'
import { openCheckout } from './open.ts'

const TARGET = 'docs/images/checkout'
const PHONE = { viewport: { width: 360, height: 640 }, locale: 'en' }

/** A picture of each state that a customer can see, in docs/images/checkout. */
export const takeShots = async (stack: Stack, browser: Browser): Promise<void> => {
  mkdirSync(TARGET, { recursive: true })
  const customer = async (options: BrowserContextOptions = {}): Promise<Page> =>
    (await browser.newContext({ ...PHONE, ...options })).newPage()
  const shot = async (tab: Page, name: string) => {
    await tab.screenshot({ path: `${TARGET}/${name}.png`, fullPage: true, animations: 'disabled' })
    console.log(`${TARGET}/${name}.png`)
  }
  const settle = (invoice: string, outcome: string) => {
    const sent = stack.pawapay.requests().findLast(({ body }) => body.includes(`"${invoice}"`))
    const { depositId } = JSON.parse(sent?.body ?? '{}')
    return fetch(`${stack.pawapay.url}/_sim/settle`, { method: 'POST', body: JSON.stringify({ depositId, outcome }) })
  }
  const send = async (tab: Page, number: string) => {
    await tab.fill('input[name=phoneNumber]', number)
    await tab.waitForTimeout(800)
    await tab.click('button[type=submit]')
  }
  const shown = (tab: Page, text: string) => tab.waitForSelector(`main :text("${text}")`, { timeout: 60_000 })

  const kwacha = await openCheckout(stack)
  const tab = await customer()
  await tab.goto(kwacha.url)
  await shot(tab, 'form')
  await tab.fill('input[name=phoneNumber]', '0763 456 129')
  await tab.waitForTimeout(800)
  await shot(tab, 'form-recognised')
  await tab.click('button[type=submit]')
  await shown(tab, 'Confirm on your phone')
  await shot(tab, 'waiting')
  await tab.context().setOffline(true)
  await tab.waitForSelector('#offline:not([hidden])')
  await tab.screenshot({ path: `${TARGET}/waiting-offline.png`, animations: 'disabled' })
  await tab.context().setOffline(false)
  await settle(kwacha.invoice, 'COMPLETED')
  await shown(tab, 'has been told')
  await shot(tab, 'paid')
  await tab.click('text=Receipt')
  await shot(tab, 'receipt')

  for (const [number, name] of [
    ['260763456019', 'limit'],
    ['260763456029', 'no-wallet'],
    ['260763456039', 'not-approved'],
    ['260973456049', 'no-money'],
    ['260763456069', 'unspecified'],
  ] as const) {
    const { url } = await openCheckout(stack)
    const failing = await customer()
    await failing.goto(url)
    await send(failing, number)
    await shown(failing, 'Not paid')
    await shot(failing, `failed-${name}`)
    await failing.context().close()
  }

  const francs = await openCheckout(stack, { currency: 'RWF', amount: '5000' })
  const rwanda = await customer({ locale: 'fr' })
  await rwanda.goto(francs.url)
  await send(rwanda, '250783456129')
  await shown(rwanda, 'Confirmez')
  await rwanda.click('summary')
  await shot(rwanda, 'waiting-revive-fr')

  const coded = await openCheckout(stack, { currency: 'XOF', amount: '500' })
  const orange = await customer()
  await orange.goto(coded.url)
  await orange.fill('input[name=phoneNumber]', '+226 07 34 56 78')
  await shot(orange, 'form-code')
  await orange.fill('#code', '000000')
  await orange.click('button[type=submit]')
  await shown(orange, 'Not paid')
  await shot(orange, 'failed-code')

  const led = await openCheckout(stack, { currency: 'XOF', amount: '500' })
  const wave = await customer()
  await wave.goto(led.url)
  await wave.click('label:has([value=WAVE_SEN])')
  await send(wave, '+221 77 345 67 89')
  await wave.waitForSelector('main a.button:not(.quiet)', { timeout: 60_000 })
  await shot(wave, 'redirect')

  stack.pawapay.persona({ availability: { MTN_MOMO_GHA: 'CLOSED', VODAFONE_GHA: 'DELAYED' } })
  const cedis = await openCheckout(stack, { currency: 'GHS', amount: '12000' })
  const ghana = await customer()
  await ghana.goto(cedis.url)
  await shot(ghana, 'form-closed')
  await send(ghana, '12')
  await shot(ghana, 'form-wrong-number')

  const old = await openCheckout(stack)
  await stack.database
    .prepare('UPDATE checkouts SET created_at_ms = 0, expires_at_ms = 1 WHERE id = ?')
    .bind(old.id)
    .run()
  const late = await customer()
  await late.goto(old.url)
  await shot(late, 'expired')
  await late.goto(`${stack.edgeUrl}/c/chk_${'x'.repeat(22)}`)
  await shot(late, 'not-found')

  for (const language of ['sw', 'pt']) {
    const { url } = await openCheckout(stack)
    const speaking = await customer({ locale: language, viewport: { width: 320, height: 568 } })
    await speaking.goto(url)
    await shot(speaking, `form-${language}-320`)
    await send(speaking, '260763456129')
    await speaking.waitForSelector('main[data-live]')
    await shot(speaking, `waiting-${language}-320`)
  }

  const dark = await customer({ colorScheme: 'dark' })
  await dark.goto((await openCheckout(stack)).url)
  await shot(dark, 'form-dark')
  await send(dark, '260763456129')
  await shown(dark, 'Confirm on your phone')
  await shot(dark, 'waiting-dark')
}
