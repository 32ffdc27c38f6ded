import { spawnSync } from 'node:child_process'
import { build } from 'esbuild'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLango, type Lango, memoryKeyStore, type PaymentRequest } from '../../packages/sdk/src/index.ts'
import { type Listening, serve } from '../emulators/kit/server.ts'
import { order, useStack } from './fixture.ts'

const lango = useStack()

const executablePath = spawnSync('sh', ['-c', 'command -v chromium || command -v google-chrome'], {
  encoding: 'utf8',
}).stdout.trim()
const missing = executablePath === ''
if (missing && process.env['CI'] === 'true') throw new Error('chromium is not on PATH, and CI=true')
if (missing) console.log('the SDK in a browser: skipped, chromium is not on PATH')

let shop: Lango
beforeAll(() => {
  shop = createLango({ baseUrl: lango.stack.edgeUrl, apiKey: lango.stack.secretKey })
})

/** A link for an invoice of its own. */
const signed = async (over: object = {}) => {
  const { invoice, amount, currency } = order() as Record<'invoice' | 'amount' | 'currency', string>
  const link = await shop.checkouts.link({ invoice, amount, currency, expiresAt: '2090-01-01T00:00:00Z', ...over })
  if (!link.ok) throw new Error(link.error.message)
  return { invoice, ...link.value }
}

it('a link that the SDK signed is a page; altered or over it is none', async () => {
  const { url, link, invoice } = await signed({ description: 'Jus – 5 œufs' })
  const page = await fetch(url)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('Jus – 5 œufs')
  const opened = await shop.checkouts.open(link)
  if (!opened.ok) throw new Error(opened.error.message)
  expect(await shop.checkouts.get(opened.value.id)).toMatchObject({ ok: true, value: { invoice, status: 'open' } })
  const altered = `${link.slice(0, -1)}${link.endsWith('A') ? 'E' : 'A'}`
  expect((await fetch(`${lango.stack.edgeUrl}/c/${altered}`)).status).toBe(404)
  expect(await shop.checkouts.open(altered)).toMatchObject({ error: { reason: 'link_invalid' } })
  const { link: over } = await signed({ expiresAt: '2020-01-01T00:00:00Z' })
  expect(await shop.checkouts.open(over)).toMatchObject({ error: { reason: 'link_expired' } })
})

it('a paid invoice is told as such', async () => {
  const { link, invoice } = await signed()
  const { body } = await lango.pay(order({ invoice }))
  await lango.until(body.id, ({ status }) => status === 'succeeded')
  expect(await shop.checkouts.open(link)).toMatchObject({ error: { reason: 'invoice_paid' } })
})

it('another number after a lost answer: not while the first is open, charged once after it has failed', async () => {
  lango.stack.pawapay.persona({ settleMs: 3_600_000 })
  try {
    const first = order({ phoneNumber: '260763456039' }) as unknown as PaymentRequest
    const second = { ...first, phoneNumber: '260763456789' }
    const keys = memoryKeyStore()
    const at = { baseUrl: lango.stack.edgeUrl, apiKey: lango.stack.secretKey, keys }
    const deaf = createLango({
      ...at,
      retries: 0,
      fetch: async (...asked) => {
        await fetch(...asked)
        throw new TypeError('the answer was lost')
      },
    })
    expect(await deaf.payments.create(first)).toMatchObject({ error: { reason: 'no_answer' } })
    // Another process of the shop: it has the key, and nothing else.
    const patient = createLango(at)
    for (let n = 0; n < 2; n++)
      expect(await patient.payments.create(second)).toMatchObject({
        error: { reason: 'invoice_conflict', field: 'phoneNumber' },
      })
    const found = await patient.payments.list({ invoice: String(first.invoice) })
    const [open] = found.ok ? found.value.payments : []
    const captured = lango.stack.pawapay.captures().length
    await fetch(`${lango.stack.pawapay.url}/_sim/settle`, {
      method: 'POST',
      body: JSON.stringify({
        depositId: open?.attempts[0]?.reference,
        outcome: 'FAILED',
        failureCode: 'PAYMENT_NOT_APPROVED',
      }),
    })
    await lango.until(String(open?.id), ({ status }) => status === 'failed')
    lango.stack.pawapay.persona({ settleMs: null })
    const paid = await patient.payments.create(second)
    expect(paid).toMatchObject({ ok: true, value: { id: open?.id } })
    await lango.until(String(open?.id), ({ status }) => status === 'succeeded')
    expect(await deaf.payments.create(second)).toMatchObject({ error: { reason: 'no_answer' } })
    expect(await patient.payments.create(second)).toMatchObject({
      ok: true,
      value: { status: 'succeeded', attempts: [{ n: 1 }, { n: 2 }] },
    })
    expect(lango.stack.pawapay.captures()).toHaveLength(captured + 1)
  } finally {
    lango.stack.pawapay.persona({ settleMs: null })
  }
})

describe.skipIf(missing)('in a browser, with a publishable key', () => {
  let browser: Browser
  const origins: Listening[] = []
  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: ['packages/sdk/src/index.ts'],
      bundle: true,
      format: 'iife',
      globalName: 'sdk',
      write: false,
    })
    const script = outputFiles.map(({ text }) => text).join('')
    for (const name of ['the shop', 'somebody else'])
      origins.push(
        await serve({
          name,
          port: 0,
          portVariable: 'none',
          handle: () => ({
            status: 200,
            headers: { 'content-type': 'text/html; charset=utf-8' },
            body: `<!doctype html><title>${name}</title><script>${script}</script>`,
          }),
        }),
      )
    await lango.stack.database
      .prepare('UPDATE merchants SET allowed_origins = ?')
      .bind(JSON.stringify([at(origins[0])]))
      .run()
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        // From this machine a test key works in any case: the pages are under names, and as good as https.
        '--host-resolver-rules=MAP *.example 127.0.0.1',
        `--unsafely-treat-insecure-origin-as-secure=${origins.map(at).join()}`,
      ],
    })
  })
  afterAll(async () => {
    await browser?.close()
    for (const origin of origins) await origin.close()
  })

  const at = (origin: Listening | undefined): string => `http://shop.example:${origin?.port}`

  /** Runs there what a shop's page would. */
  const onPageOf = async (origin: Listening | undefined, call: string) => {
    const page = await browser.newPage()
    await page.goto(at(origin))
    return page.evaluate(`(async () => {
      const keys = sdk.webStorageKeyStore(localStorage)
      const lango = sdk.createLango({ baseUrl: '${lango.stack.edgeUrl}', apiKey: '${lango.stack.publishableKey}', retries: 0, keys })
      return ${call}
    })()`)
  }

  it('opens what was signed, from the origin that the merchant named', async () => {
    const { link } = await signed()
    expect(await onPageOf(origins[0], `lango.checkouts.open('${link}')`)).toMatchObject({
      ok: true,
      value: { url: expect.stringContaining(`${lango.stack.edgeUrl}/c/chk_`) },
    })
  })

  it('is told why not: from another origin, and for what takes a secret key', async () => {
    const { link } = await signed()
    expect(await onPageOf(origins[1], `lango.checkouts.open('${link}')`)).toMatchObject({
      ok: false,
      error: { reason: 'forbidden', code: 'origin_not_allowed' },
    })
    expect(
      await onPageOf(origins[0], `lango.checkouts.create({ invoice: 'I', amount: '1.00', currency: 'ZMW' })`),
    ).toMatchObject({ ok: false, error: { reason: 'forbidden', code: 'key_scope' } })
  })
})
