import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { clientScriptModule } from '../../scripts/pages/client-script.ts'
import type { Checkout } from '../../src/contracts/consumer.ts'
import type { ProviderConditions } from '../../src/contracts/vault.ts'
import { createDecideCore } from '../../src/core/decide.ts'
import type { CheckoutId } from '../../src/domain/ids.ts'
import type { PaymentStatus, PaymentView } from '../../src/domain/payment.ts'
import { brandStyle, logoOf } from '../../src/edge/pages/branding.ts'
import type { CheckoutContext } from '../../src/edge/pages/checkout-context.ts'
import { checkoutPage, stateText } from '../../src/edge/pages/checkout-page.ts'
import { receiptPage } from '../../src/edge/pages/ended.ts'
import { failureReason } from '../../src/edge/pages/failure.ts'
import { formPage } from '../../src/edge/pages/form.ts'
import { duration, money } from '../../src/edge/pages/formats.ts'
import { chooseLanguage, LANGUAGES, messagesIn, servedLanguages } from '../../src/edge/pages/language.ts'
import { pageResponse, plainFrame } from '../../src/edge/pages/layout.ts'
import { otpExhaustedPage, otpPage } from '../../src/edge/pages/otp.ts'
import { providerChoices } from '../../src/edge/pages/providers.ts'
import { MERCHANT, view } from './fakes.ts'

const decide = createDecideCore(new WebAssembly.Module(readFileSync('src/core/generated/decide.wasm')))
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
const told = (over: Partial<ProviderConditions> & { provider: string; currency: string }): ProviderConditions => ({
  state: 'operational',
  minAmount: '1',
  maxAmount: '20000',
  shownAs: 'pawaPay',
  instructions: null,
  ...over,
})
const contextOf = (over: Partial<CheckoutContext> = {}, conditions: readonly ProviderConditions[] = []) => {
  const { checkout = CHECKOUT, amount = '10.50', language = 'en' } = over
  return {
    checkout,
    address: `/c/${checkout.id}`,
    amount,
    choices: providerChoices(decide, amount, checkout.currency, conditions),
    messages: messagesIn(language),
    language,
    nowMs: NOW_MS,
    ...over,
  } satisfies CheckoutContext
}
const written = async (page: Parameters<typeof pageResponse>[0], language: CheckoutContext['language'] = 'en') => {
  const response = await pageResponse(page, plainFrame(`/c/${CHECKOUT.id}`, language), 'nonce')
  const text = await response.text()
  return { page, text, body: text.slice(text.indexOf('<main')), headers: response.headers }
}
const render = (of: PaymentView | null, context: CheckoutContext = contextOf()) =>
  written(checkoutPage(context, of), context.language)
const EXPIRED = { ...CHECKOUT, expiresAtMs: NOW_MS }
const XOF = { ...CHECKOUT, currency: 'XOF', amountMinor: '1000' }
const DEARER = { ...CHECKOUT, amountMinor: '1200' }

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
      const { page, body, text } = await render(status === null ? null : view({ status }), contextOf({ checkout }))
      expect(page.status).toBe(code)
      expect(body).toContain(words)
      expect(body.includes('<form')).toBe(hasForm)
      expect(page.refreshS).toBe(refreshS)
      expect(text.includes('http-equiv="refresh"')).toBe(refreshS !== undefined)
      expect(body.includes('✓')).toBe(status === 'succeeded')
      const form = status === null || status === 'failed' || status === 'created'
      expect(body).toContain(form ? 'ZMW' : '2607••••6789')
    },
  )

  it('asks for a second attempt after a failed first', async () => {
    expect((await render(null)).body).toContain('name="attempt" value="1"')
    expect((await render(view({ status: 'failed' }))).body).toContain('name="attempt" value="2"')
  })

  it.each([
    ['failed at another price', view({ status: 'failed' }), DEARER, '12.00', 410, 'Ask Duka'],
    ['expired at another price', view({ status: 'expired' }), DEARER, '12.00', 410, 'Ask Duka'],
    ['begun at another price, and never sent', view({ status: 'created' }), DEARER, '12.00', 410, 'Ask Duka'],
    ['failed in another currency', view({ status: 'failed', currency: 'KES' }), CHECKOUT, '10.50', 410, 'Ask Duka'],
    [
      'failed at another price, the link over',
      view({ status: 'failed' }),
      { ...DEARER, expiresAtMs: NOW_MS },
      '12.00',
      200,
      'has expired',
    ],
    ['waiting at another price', view(), DEARER, '12.00', 200, 'Confirm on your phone'],
    ['paid at another price', view({ status: 'succeeded' }), DEARER, '12.00', 200, 'Paid'],
  ])('offers no form for what could never be sent: %s', async (_name, of, checkout, amount, code, words) => {
    const { page, body } = await render(of, contextOf({ checkout, amount }))
    expect([page.status, body.includes('<form')]).toEqual([code, false])
    expect(body).toContain(words)
  })

  it('looks less often after two minutes, and says why', async () => {
    const { page, body } = await render(view(), contextOf({ nowMs: NOW_MS + 180_000 }))
    expect(page.refreshS).toBe(15)
    expect(body).toContain('longer than usual')
    expect((await render(view(), contextOf({ nowMs: NOW_MS + 900_000 }))).body).toContain('need not wait')
  })

  it('opens what to do without a prompt by itself, since a page without a script closes it with every reload', async () => {
    expect((await render(view())).body).toMatch(/<details\s*>/)
    expect((await render(view(), contextOf({ nowMs: NOW_MS + 16_000 }))).body).toMatch(/<details open>/)
  })

  it('writes the amount exactly', async () => {
    expect((await render(null)).body).toMatch(/ZMW\s10\.50/)
    const big = await render(null, contextOf({ amount: '90071992547409.93' }))
    expect(big.body).toMatch(/ZMW\s90,071,992,547,409\.93/)
  })

  it('lets no text of merchant or customer become markup', async () => {
    const { body } = await render(null)
    expect(body).not.toContain('<script>alert')
    expect(body).not.toContain('<la>')
    const again = await written(
      formPage(contextOf(), 1, { phoneNumber: '"><u>', provider: '' }, [
        { field: 'phoneNumber', message: 'Not <i>a</i> number.' },
      ]),
    )
    expect(again.body).not.toMatch(/<u>|<i>a/)
    expect(again.body).toContain('aria-invalid="true"')
    expect(again.body).toContain('role="alert"')
  })

  it('fetches nothing from anybody else, and lets nobody frame it', async () => {
    const { text, headers } = await render(view())
    const policy = headers.get('Content-Security-Policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'nonce-nonce'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    expect(headers.get('Referrer-Policy')).toBe('same-origin')
    expect(headers.get('Cache-Control')).toBe('no-store')
    const withoutLinks = text.replaceAll(/<a [^>]*>/g, '')
    expect(withoutLinks).not.toMatch(/https?:|style="|\son\w+="|@import|url\(/)
    expect([...text.matchAll(/<(?:script|style)([^>]*)>/g)].map(([, rest]) => rest)).toEqual([
      ' nonce="nonce"',
      ' nonce="nonce"',
    ])
  })

  it('follows no provider to a place that is not https', async () => {
    const action = (url: string) => view({ status: 'needs_action', nextAction: { type: 'redirect', url } })
    expect((await render(action('https://pay.example/x'))).body).toContain('href="https://pay.example/x"')
    expect((await render(action('javascript:alert(1)'))).body).not.toContain('javascript:')
  })

  it.each(LANGUAGES)('weighs less than 14 KB compressed, the biggest first view in %s', async (language) => {
    const logo = `data:image/png;base64,${'iVBORw0KGgoAAAANSUhEUgAA'.repeat(80)}`
    const branding = { name: 'Duka', colour: '#aa2200', logo, languages: [] }
    const checkout = { ...XOF, branding, description: 'x'.repeat(140) }
    const context = contextOf({ checkout, amount: '1000', language })
    const failure = { code: 'PAYER_LIMIT_REACHED', message: '' }
    const failed = view({ status: 'failed', failure, amount: '1000', currency: 'XOF' })
    for (const state of [null, failed, view()])
      expect(gzipSync((await render(state, context)).text, { level: 6 }).length).toBeLessThan(14_000)
  })
})

describe('what the page offers', () => {
  it('bars what cannot take the payment, and says why', async () => {
    const choices = providerChoices(decide, '10.50', 'ZMW', [
      told({ provider: 'MTN_MOMO_ZMB', currency: 'ZMW', state: 'closed' }),
      told({ provider: 'AIRTEL_OAPI_ZMB', currency: 'ZMW', minAmount: '20' }),
      told({ provider: 'ZAMTEL_ZMB', currency: 'ZMW', maxAmount: '10.50' }),
    ])
    expect(choices.map(({ provider, barred }) => [provider, barred])).toEqual([
      ['AIRTEL_OAPI_ZMB', { why: 'limits', least: '20', most: '20000' }],
      ['MTN_MOMO_ZMB', { why: 'closed' }],
      ['ZAMTEL_ZMB', null],
    ])
    const { body } = await render(null, contextOf({ choices }))
    expect(body).toMatch(/value="MTN_MOMO_ZMB"[^>]*disabled/)
    expect(body).toContain('Not available right now')
    expect(body).toMatch(/Takes ZMW\s20 to ZMW\s20,000/)
    expect(body).not.toMatch(/value="ZAMTEL_ZMB"[^>]*disabled/)
  })

  it('knows the decimals of each provider, whatever its currency has', () => {
    const barred = (amount: string) =>
      providerChoices(decide, amount, 'CDF', []).map(({ provider, barred }) => [provider, barred?.why])
    expect(barred('10.50')).toEqual([
      ['VODACOM_MPESA_COD', 'decimals'],
      ['AIRTEL_COD', undefined],
      ['ORANGE_COD', undefined],
    ])
    expect(barred('10.00').every(([, why]) => why === undefined)).toBe(true)
  })

  it('has no form when everything is closed', async () => {
    const closed = told({ provider: 'MPESA_KEN', currency: 'KES', state: 'delayed' })
    const { body } = await render(
      null,
      contextOf({ checkout: { ...CHECKOUT, currency: 'KES' }, amount: '10' }, [closed]),
    )
    expect(body).not.toContain('<form')
    expect(body).toContain('Nothing was charged')
  })

  it('tells how to ask for the prompt again, and for a code, by the network’s own menu', async () => {
    const instructions = { ussd: '*182*7*1#', steps: { en: ['Dial *182#'], fr: ['Composez *182#'] } }
    const rwanda = { ...CHECKOUT, currency: 'RWF' }
    const context = contextOf({ checkout: rwanda, amount: '500', language: 'fr' }, [
      told({ provider: 'MTN_MOMO_RWA', currency: 'RWF', instructions }),
    ])
    const { body } = await render(view({ provider: 'MTN_MOMO_RWA' }), context)
    expect(body).toContain('href="tel:*182*7*1%23"')
    expect(body).toContain('Composez *182#')
    expect((await render(view({ provider: 'AIRTEL_RWA' }), context)).body).not.toContain('tel:')
    const form = await render(
      null,
      contextOf({ checkout: XOF, amount: '1000', language: 'sw' }, [
        told({ provider: 'ORANGE_BFA', currency: 'XOF', instructions }),
      ]),
    )
    expect(form.body).toContain('name="preAuthorisationCode"')
    // No Swahili from the gateway: its English, marked as such.
    expect(form.body).toContain('<ol lang="en">')
    expect((await render(null)).body).not.toContain('preAuthorisationCode')
  })

  it('asks for a code after the charge, in the gateway’s words, and tells of a wrong one beside its field', async () => {
    const nextAction = { type: 'otp', message: 'Dial *110# for a <voucher>' } as const
    const waiting = view({ status: 'needs_action', provider: 'VODAFONE_GHA', nextAction })
    const { page, body } = await render(waiting)
    expect(body).toContain('name="otp"')
    expect(body).toContain('action="/c/chk_0123456789abcdefghijkl/otp?lang=en"')
    expect(body).toContain('Dial *110# for a &lt;voucher&gt;')
    // What is being typed must not be loaded away.
    expect(page.refreshS).toBeUndefined()
    const wrong = otpPage(contextOf(), waiting, messagesIn('en').failed.reasons.wrongCode[0])
    expect(wrong.status).toBe(400)
    expect((await written(wrong)).body).toMatch(/role="alert" id="problem"[\s\S]*aria-describedby="problem"/)
    expect((await render(view({ nextAction: { type: 'approve_on_phone' } }))).body).not.toContain('name="otp"')
  })

  it('T31: follows the payment while a code is being checked, and takes no more once too many were tried', async () => {
    const waiting = view({ status: 'needs_action', provider: 'VODAFONE_GHA', nextAction: { type: 'otp' } })
    const sent = checkoutPage(contextOf(), waiting, true)
    expect(sent.refreshS).toBe(3)
    const { body } = await written(sent)
    expect(body).toContain('has your code and is checking it')
    expect(body).toMatch(/href="\/c\/chk_0123456789abcdefghijkl\?lang=en">Write the code here/)
    expect(body).not.toContain('name="otp"')
    const exhausted = (await written(otpExhaustedPage(contextOf(), waiting))).body
    expect(exhausted).toContain('Too many codes were tried')
    expect(exhausted).toContain('?lang=en&amp;code=sent')
    expect(exhausted).not.toContain('name="otp"')
  })

  it.each(LANGUAGES)('says in its heading that no more codes are taken, in %s', async (language) => {
    const waiting = view({ status: 'needs_action', provider: 'VODAFONE_GHA', nextAction: { type: 'otp' } })
    const { body } = await written(otpExhaustedPage(contextOf({ language }), waiting), language)
    expect(body).toContain(`<h1 tabindex="-1">${messagesIn(language).waiting.otpExhaustedHeading}</h1>`)
  })

  it('reads codes of failure by what can be done about them', () => {
    const reason = (code: string, coded = false) =>
      failureReason(view({ status: 'failed', failure: { code, message: '' } }), coded)
    expect(reason('INSUFFICIENT_BALANCE')).toBe('noMoney')
    expect(reason('PAYMENT_NOT_APPROVED')).toBe('notApproved')
    expect(reason('PAYMENT_NOT_APPROVED', true)).toBe('wrongCode')
    expect(reason('SOMETHING_NEW')).toBe('other')
  })

  it.each([
    ['amount_limit', 'amount'],
    ['amount_cap', 'shopCannot'],
    ['day_cap', 'shopCannot'],
    ['currency', 'shopCannot'],
    ['provider', 'shopCannot'],
    ['country', 'shopCannot'],
    ['hours', 'shopCannot'],
    ['a_rule_of_tomorrow', 'shopCannot'],
  ] as const)('blames no network for a refusal of the policy: %s', async (rule, expected) => {
    const refused = view({ status: 'failed', failure: { code: `policy_${rule}`, message: '' } })
    expect(failureReason(refused, true)).toBe(expected)
    for (const language of LANGUAGES) {
      const { failed } = messagesIn(language)
      const { body } = await render(refused, contextOf({ language }))
      expect(body).toContain(`<p>${failed.reasons[expected][0]} ${failed.nothingTaken}</p>`)
      expect(body).toContain(failed.reasons[expected][1])
      expect(body).not.toContain(failed.reasons.other[0])
    }
  })

  it('promises that nothing was taken only where that is certain', async () => {
    const page = async (code: string) => (await render(view({ status: 'failed', failure: { code, message: '' } }))).body
    expect(await page('INSUFFICIENT_BALANCE')).toContain('No money was taken')
    expect(await page('UNSPECIFIED_FAILURE')).not.toContain('No money was taken')
  })

  it('gives a receipt', async () => {
    const paid = view({ status: 'succeeded', fulfilment: { status: 'fulfilled', at: '2026-11-21T08:00:09.000Z' } })
    const { body } = await written(receiptPage(contextOf(), paid))
    expect(body).toContain('November 21, 2026')
    expect(body).toContain(paid.id)
  })
})

describe('a shop’s own look', () => {
  it.each([
    ['#000000', '#fff'],
    ['#ffffff', '#000'],
    ['#ffcc00', '#000'],
    ['#0b6b4f', '#fff'],
    ['#767676', '#000'],
  ])('on %s it writes in %s', (colour, on) => {
    expect(brandStyle({ colour })).toBe(`:root{--accent:${colour};--on-accent:${on}}`)
  })

  it.each(['red', '#fff', '#00000', '#000000;}body{display:none', 'url(x)'])(
    'does not take the colour %s',
    (colour) => {
      expect(brandStyle({ colour })).toBe('')
    },
  )

  it('shows a small picture that is in the page, and no other', () => {
    const png = 'data:image/png;base64,iVBORw0KGgo='
    expect(logoOf({ logo: png })).toBe(png)
    for (const logo of ['https://shop.example/logo.png', 'data:text/html;base64,AAAA', `${png}"onload="`])
      expect(logoOf({ logo })).toBeNull()
    expect(logoOf({ logo: `data:image/png;base64,${'A'.repeat(9000)}` })).toBeNull()
  })
})

describe('languages', () => {
  it.each([
    [undefined, undefined, 'en'],
    [undefined, 'fr-CI,fr;q=0.9,en;q=0.5', 'fr'],
    [undefined, 'de, sw;q=0.4, pt;q=0.6', 'pt'],
    [undefined, 'sw;q=0, *', 'en'],
    ['sw', 'fr', 'sw'],
    ['xx', 'pt-MZ', 'pt'],
    ['"><script>', undefined, 'en'],
  ])('asked %s, accepted %s: %s', (asked, accepted, expected) => {
    expect(chooseLanguage(asked, accepted)).toBe(expected)
  })

  it('what a shop serves is in its branding', () => {
    expect(servedLanguages(undefined)).toEqual(LANGUAGES)
    expect(servedLanguages({ languages: ['pt-MZ', 'de', 'en', 'en-GB'] })).toEqual(['pt', 'en'])
    expect(servedLanguages({ languages: ['de'] })).toEqual(LANGUAGES)
  })

  it('a shop may serve fewer', () => {
    expect(chooseLanguage('en', 'fr', ['sw', 'fr'])).toBe('fr')
    expect(chooseLanguage('en', 'en', ['sw', 'fr'])).toBe('sw')
  })

  it('numbers and plurals are each language’s own', () => {
    const space = (text: string) => text.replaceAll(/\s/g, ' ')
    expect(LANGUAGES.map((each) => space(money(messagesIn(each), '1234567.50', 'MZN')))).toEqual([
      'MZN 1,234,567.50',
      '1 234 567,50 MZN',
      'MZN 1,234,567.50',
      '1 234 567,50 MZN',
    ])
    const said = (ms: number) => LANGUAGES.map((each) => space(duration(messagesIn(each), ms)))
    expect(said(1_500)).toEqual(['1 second', '1 seconde', 'sekunde 1', '1 segundo'])
    expect(said(125_000)).toEqual(['2 minutes', '2 minutes', 'dakika 2', '2 minutos'])
    expect(said(90_000_000)).toEqual(['1 day', '1 jour', 'siku 1', '1 dia'])
  })

  it('nothing is left in English', () => {
    const texts = (part: unknown): readonly string[] =>
      typeof part === 'string'
        ? [part]
        : typeof part === 'function'
          ? [String(part('§', '¶'))]
          : Object.values(part as object).flatMap(texts)
    const english = texts({ ...messagesIn('en'), locale: '', direction: '' })
    for (const language of LANGUAGES.filter((each) => each !== 'en')) {
      const own = texts({ ...messagesIn(language), locale: '', direction: '' })
      expect(own).toHaveLength(english.length)
      const same = own.filter((text, i) => text !== '' && text === english[i])
      expect(same, language).toEqual([])
    }
  })

  it('no line of French begins with a question mark or a colon', () => {
    expect(readFileSync('src/edge/pages/messages/fr.ts', 'utf8')).not.toMatch(/« | [»?!;]|[\p{L}}] :(?=[ '`])/u)
  })

  it('another language is another page', () => {
    const state = (language: 'en' | 'fr') => stateText({ checkout: CHECKOUT, language, nowMs: NOW_MS }, null)
    expect(state('en')).not.toBe(state('fr'))
  })
})

it('the committed script is what its source makes', async () => {
  expect(readFileSync('src/edge/pages/client-script.ts', 'utf8')).toBe(await clientScriptModule())
})
