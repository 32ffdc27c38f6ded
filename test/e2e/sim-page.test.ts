import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { order, useStack } from './fixture.ts'

const lango = useStack()

const executablePath = spawnSync('sh', ['-c', 'command -v chromium || command -v google-chrome'], {
  encoding: 'utf8',
}).stdout.trim()
const missing = executablePath === ''
if (missing && process.env['CI'] === 'true') throw new Error('chromium is not on PATH, and CI=true')
if (missing) console.log('the page of the simulator: skipped, chromium is not on PATH')

describe.skipIf(missing)('the page of the simulator', () => {
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] })
    page = await browser.newPage()
    await page.goto(`${lango.stack.pawapay.url}/sim`)
  })
  afterAll(() => browser?.close())

  const rowOf = (table: string, text: string) => page.locator(`#${table} tr`, { hasText: text })
  const paid = async (over: Record<string, unknown>) => {
    const { body } = await lango.pay(order(over))
    return { id: body.id as string, reference: body.attempts[0].reference as string }
  }

  it('approves for a customer who was never heard of again, and shows what was taken', async () => {
    const { id, reference } = await paid({ phoneNumber: '260763456129' })
    await rowOf('deposits', reference).getByRole('button', { name: 'Approve' }).click()
    await rowOf('captures', reference).waitFor()
    await lango.until(id, ({ status }) => status === 'succeeded')
    expect(lango.stack.pawapay.captures().map((capture) => capture.reference)).toContain(reference)
    await rowOf('requests', '/v2/deposits').first().waitFor()
    await rowOf('callbacks', reference).waitFor()
  })

  it('declines with a code', async () => {
    const { id, reference } = await paid({ phoneNumber: '260763456129' })
    await page.getByLabel('Decline with').selectOption('INSUFFICIENT_BALANCE')
    await rowOf('deposits', reference).getByRole('button', { name: 'Decline' }).click()
    const { failure } = await lango.until(id, ({ status }) => status === 'failed')
    expect(failure.code).toBe('INSUFFICIENT_BALANCE')
  })

  it('sets a persona for the next deposit, and pushes time ahead', async () => {
    await page.getByRole('button', { name: 'late success after 10 min' }).click()
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByText('persona set: done').waitFor()
    const { id } = await paid({})
    await lango.until(id, ({ status }) => status === 'failed')
    await page.getByRole('button', { name: '10 min', exact: true }).click()
    await lango.until(id, ({ status }) => status === 'succeeded')
  })

  it('says what is wrong, and what is in force', async () => {
    await page.getByLabel('Settings').fill('{"withholdCallback": true}')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByText('no persona setting withholdCallback').waitFor()
    await page.getByLabel('Settings').fill('{"withholdCallbacks": true}')
    await page.getByLabel('for').selectOption('everyone')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.locator('#in-force', { hasText: '{"withholdCallbacks":true}' }).waitFor()
    await page.getByRole('button', { name: 'All as usual' }).click()
    await page.locator('#in-force', { hasText: 'as usual' }).waitFor()
    mkdirSync('.lango/screenshots', { recursive: true })
    await page.screenshot({ path: '.lango/screenshots/sim.png' })
  })

  it('shows what came over the wire as text', async () => {
    await fetch(`${lango.stack.pawapay.url}/v2/deposits`, {
      method: 'POST',
      body: '<img src=x onerror="document.title=1">',
    })
    await rowOf('requests', 'onerror').waitFor({ state: 'attached' })
    expect([await page.locator('img').count(), await page.title()]).toEqual([0, 'pawaPay simulator'])
  })
})
