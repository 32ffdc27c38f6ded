import { spawnSync } from 'node:child_process'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LANGO_JS } from '../../src/edge/pages/lango-js.ts'
import { type Listening, serve } from '../emulators/kit/server.ts'
import { json, order, useStack } from './fixture.ts'

const lango = useStack()

const executablePath = spawnSync('sh', ['-c', 'command -v chromium || command -v google-chrome'], {
  encoding: 'utf8',
}).stdout.trim()
const missing = executablePath === ''
if (missing && process.env['CI'] === 'true') throw new Error('chromium is not on PATH, and CI=true')
if (missing) console.log('/lango.js in a browser: skipped, chromium is not on PATH')

it('/lango.js is at most 2 KB, of its source, and for every page', async () => {
  expect(spawnSync(process.execPath, ['scripts/snippet.ts', '--check'], { encoding: 'utf8' })).toMatchObject({
    status: 0,
  })
  const response = await fetch(`${lango.stack.edgeUrl}/lango.js`)
  const text = await response.text()
  expect(text).toBe(LANGO_JS)
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2048)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
  })
})

describe.skipIf(missing)('a button on a page of a shop', () => {
  let browser: Browser
  let shop: Listening
  let checkout: string
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] })
    const { invoice, amount, currency } = order()
    const made = await json(
      await fetch(`${lango.stack.edgeUrl}/v1/checkouts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${lango.stack.secretKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ invoice, amount, currency }),
      }),
    )
    checkout = made.body.url
    const page = `<!doctype html><title>shop</title><script src="${lango.stack.edgeUrl}/lango.js" defer></script>
<form action="/submitted"><button data-lango-checkout="${checkout}"><b>Pay</b></button></form>
<button data-lango-checkout="${checkout}" data-lango-mode="redirect">Pay here</button>
<button data-lango-checkout="https://evil.example/c/1">Elsewhere</button>
<button data-lango-checkout="javascript:document.title='evil'">Script</button>
<script>window.told = []; for (const name of ['lango-open', 'lango-close'])
document.addEventListener(name, (event) => window.told.push([name, event.detail.url]))</script>`
    shop = await serve({
      name: 'a shop',
      port: 0,
      portVariable: 'none',
      handle: () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: page }),
    })
  })
  afterAll(async () => {
    await browser?.close()
    await shop?.close()
  })

  const open = async (viewport = { width: 1200, height: 900 }): Promise<Page> => {
    const page = await browser.newPage({ viewport })
    await page.goto(shop.url)
    return page
  }
  const told = (page: Page) => page.evaluate('window.told')

  it('opens the checkout in a window of its own, and tells when that is closed', async () => {
    const page = await open()
    const popup = page.waitForEvent('popup')
    await page.getByText('Pay', { exact: true }).click()
    const opened = await popup
    await opened.waitForURL(checkout)
    expect(page.url()).toBe(`${shop.url}/`)
    expect(await told(page)).toEqual([['lango-open', checkout]])
    await opened.close()
    await page.waitForFunction('window.told.length === 2')
    expect(await told(page)).toEqual([
      ['lango-open', checkout],
      ['lango-close', checkout],
    ])
  })

  it('opens one window for a double tap', async () => {
    const page = await open()
    const popups: Page[] = []
    page.on('popup', (popup) => popups.push(popup))
    await page.getByText('Pay', { exact: true }).dblclick()
    await expect.poll(() => popups.at(0)?.url()).toBe(checkout)
    expect(popups).toHaveLength(1)
  })

  it('goes there in this window: when it says so, on a small screen, and where no window may open', async () => {
    const asked = await open()
    await asked.getByText('Pay here').click()
    await asked.waitForURL(checkout)
    const small = await open({ width: 360, height: 700 })
    await small.getByText('Pay', { exact: true }).click()
    await small.waitForURL(checkout)
    const blocked = await open()
    await blocked.evaluate('window.open = () => null')
    await blocked.getByText('Pay', { exact: true }).click()
    await blocked.waitForURL(checkout)
  })

  it('opens no page but those of the Lango that it came from', async () => {
    const page = await open()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    for (const name of ['Elsewhere', 'Script']) await page.getByText(name).click()
    await expect.poll(() => complaints.length).toBe(2)
    expect(complaints.every((text) => text.includes(`opens checkouts of ${lango.stack.edgeUrl} only`))).toBe(true)
    expect([page.url(), await page.title(), await told(page)]).toEqual([`${shop.url}/`, 'shop', []])
  })
})
