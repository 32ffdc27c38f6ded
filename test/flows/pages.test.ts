import { describe, expect, it } from 'vitest'
import type { Checkout } from '../../src/contracts/consumer.ts'
import type { CheckoutId } from '../../src/domain/ids.ts'
import type { PaymentStatus, PaymentView } from '../../src/domain/payment.ts'
import { checkoutPage, formPage } from '../../src/edge/pages/checkout-page.ts'
import { pageResponse } from '../../src/edge/pages/layout.ts'
import { MERCHANT, view } from './fakes.ts'

const NOW_MS = Date.parse('2026-11-21T08:00:10.000Z')
const CHECKOUT: Checkout = {
  id: 'chk_0123456789abcdefghijkl' as CheckoutId,
  merchantId: MERCHANT,
  merchantName: 'Duka <la> "Lango"',
  mode: 'test',
  invoice: 'INV-1',
  amountMinor: '1050',
  currency: 'ZMW',
  description: '<script>alert(1)</script>',
  returnUrl: 'https://shop.example/back?a=1&b="2"',
  createdAtMs: NOW_MS - 10_000,
  expiresAtMs: NOW_MS + 600_000,
}
const render = async (of: PaymentView | null, checkout = CHECKOUT, nowMs = NOW_MS) => {
  const page = checkoutPage(checkout, '10.50', of, nowMs)
  const response = await pageResponse(page, 'nonce')
  return { page, text: await response.text(), headers: response.headers }
}
const EXPIRED = { ...CHECKOUT, expiresAtMs: NOW_MS }

describe('the page of a checkout', () => {
  it.each([
    ['no payment yet', null, CHECKOUT, 200, 'Pay with mobile money', true, undefined],
    ['expired without payment', null, EXPIRED, 410, 'has expired', false, undefined],
    ['created: nothing is under way', 'created', CHECKOUT, 200, 'Pay with mobile money', true, undefined],
    ['created on an expired link', 'created', EXPIRED, 410, 'has expired', false, undefined],
    ['pending', 'pending', CHECKOUT, 200, 'Confirm on your phone', false, 3],
    ['pending on an expired link', 'pending', EXPIRED, 200, 'Confirm on your phone', false, 3],
    ['unknown', 'unknown', CHECKOUT, 200, 'Do not pay again', false, 3],
    ['succeeded', 'succeeded', CHECKOUT, 200, 'Paid', false, undefined],
    ['failed', 'failed', CHECKOUT, 200, 'Try again', true, undefined],
    ['failed and expired', 'failed', EXPIRED, 200, 'has expired', false, undefined],
    ['in review', 'review', CHECKOUT, 200, 'Do not pay again', false, undefined],
  ] as [string, PaymentStatus | null, Checkout, number, string, boolean, number | undefined][])(
    'when %s',
    async (_name, status, checkout, code, words, hasForm, refreshS) => {
      const { page, text } = await render(status === null ? null : view({ status }), checkout)
      expect(page.status).toBe(code)
      expect(text).toContain(words)
      expect(text.includes('<form')).toBe(hasForm)
      expect(page.refreshS).toBe(refreshS)
      if (status !== 'succeeded') expect(text).not.toContain('✓ Paid')
      const form = status === null || status === 'failed' || status === 'created'
      expect(text).toContain(form ? 'ZMW' : '2607••••6789')
    },
  )

  it('asks for a second attempt after a failed first', async () => {
    expect((await render(null)).text).toContain('name="attempt" value="1"')
    expect((await render(view({ status: 'failed' }))).text).toContain('name="attempt" value="2"')
  })

  it('looks less often after two minutes, and says why', async () => {
    const { page, text } = await render(view(), CHECKOUT, NOW_MS + 180_000)
    expect(page.refreshS).toBe(15)
    expect(text).toContain('longer than usual')
  })

  it('writes the amount exactly', async () => {
    expect((await render(null)).text).toMatch(/ZMW\s10\.50/)
    const big = await pageResponse(checkoutPage(CHECKOUT, '90071992547409.93', null, NOW_MS), 'nonce')
    expect(await big.text()).toMatch(/ZMW\s90,071,992,547,409\.93/)
  })

  it('lets no text of merchant or customer become markup', async () => {
    const { text } = await render(null)
    expect(text).not.toContain('<script')
    expect(text).not.toContain('<la>')
    const typed = await pageResponse(
      formPage(CHECKOUT, '10.50', 1, { phoneNumber: '"><b>', provider: '' }, [
        { field: 'phoneNumber', message: 'Not <i>a</i> number.' },
      ]),
      'nonce',
    )
    const again = await typed.text()
    expect(again).not.toMatch(/<b>|<i>a/)
    expect(again).toContain('aria-invalid="true"')
    expect(again).toContain('role="alert"')
  })

  it('fetches nothing, runs nothing, can be framed by nobody', async () => {
    const { text, headers } = await render(view())
    expect(headers.get('Content-Security-Policy')).toBe(
      "default-src 'none'; style-src 'nonce-nonce'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(headers.get('Referrer-Policy')).toBe('no-referrer')
    expect(headers.get('Cache-Control')).toBe('no-store')
    expect(text).not.toMatch(/\bsrc=|<link|<script|style="|\bon\w+=|@import|url\(/)
    expect(text).toContain('<html lang="en">')
  })

  it('follows no provider to a place that is not https', async () => {
    const action = (url: string) => view({ status: 'needs_action', nextAction: { type: 'redirect', url } })
    expect((await render(action('https://pay.example/x'))).text).toContain('href="https://pay.example/x"')
    expect((await render(action('javascript:alert(1)'))).text).not.toContain('javascript:')
  })
})
