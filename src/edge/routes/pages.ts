import { Hono } from 'hono'
import { sha256Hex } from '../../adapters/sha256.ts'
import type { Checkout } from '../../contracts/consumer.ts'
import type { ProviderCountry } from '../../contracts/decide.ts'
import { toBase64Url } from '../../domain/encoding.ts'
import type { PaymentError } from '../../domain/errors.ts'
import { isOpen, type PaymentView } from '../../domain/payment.ts'
import { err, type Result } from '../../domain/result.ts'
import { mayWantCode } from '../../flows/code-first.ts'
import { resolveDeposit } from '../../flows/resolve-deposit.ts'
import { beginPayment } from '../begin-payment.ts'
import { addressOf, type EdgeContext, type EdgeEnv, laterIn, noteIn } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'
import { handOnOtp } from '../hand-on-otp.ts'
import { loadCheckout } from '../load-checkout.ts'
import { addressOfPage, type CheckoutContext } from '../pages/checkout-context.ts'
import { checkoutPage, stateText } from '../pages/checkout-page.ts'
import { receiptPage } from '../pages/ended.ts'
import { type FieldProblem, formPage } from '../pages/form.ts'
import { chooseLanguage, messagesIn, servedLanguages } from '../pages/language.ts'
import { type Page, pageResponse, plainFrame } from '../pages/layout.ts'
import type { Messages } from '../pages/messages/messages.ts'
import { codeSentAddress, otpExhaustedPage, otpPage, wantsOtp } from '../pages/otp.ts'
import { type ProviderChoice, providerChoices, providerName } from '../pages/providers.ts'
import { busyPage, foreignFormPage, notFoundPage, unavailablePage, unreadableFormPage } from '../pages/sorry.ts'
import { paymentOfInvoice } from '../payment-of-invoice.ts'
import { codeOf } from '../problem.ts'
import { readForm } from '../request/body.ts'
import { OTP } from '../request/otp-request.ts'
import { isOwnForm } from '../request/own-form.ts'
import { findNetwork, lookUpFor } from './find-network.ts'
import { statusStream } from './status-stream.ts'

/** Long enough for most refusals to be on the next page at once, short enough for a person to wait. */
const WAIT_MS = 2_000
/** A code that is wrong is to be told of at once, and whoever has written it waits. */
const OTP_WAIT_MS = 8_000

/** Where a page that answers this request is looked at again: of the address that only a code's form leads to, the page. */
const addressIn = (c: EdgeContext): string => c.req.path.replace(/^(\/c\/[^/]+)\/otp$/, '$1')

/** The hosted page of a checkout. Works without JavaScript; whoever has the link may look and pay. */
export const pageRoutes = (deps: EdgeDeps) => {
  const nonce = () => toBase64Url(deps.randomBytes(18))
  const languageOf = (c: EdgeContext, checkout?: Checkout) =>
    chooseLanguage(c.req.query('lang'), c.req.header('Accept-Language'), servedLanguages(checkout?.branding))

  const load = (c: EdgeContext) => loadCheckout(deps, c, c.req.param('id') ?? '')

  /** A page of which nothing is known but the language. */
  const plain = (c: EdgeContext, page: Page) => pageResponse(page, plainFrame(addressIn(c), languageOf(c)), nonce())

  const sorry = (c: EdgeContext, error: PaymentError) => {
    c.set('code', codeOf(error))
    const messages = messagesIn(languageOf(c))
    return plain(c, error.reason === 'not_found' ? notFoundPage(messages) : unavailablePage(messages, addressIn(c)))
  }

  /** What a form of ours holds; else the page that says why it is not taken, and leads to `address`. */
  const sentForm = async (
    c: EdgeContext,
    messages: Messages,
    address: string,
  ): Promise<Result<ReadonlyMap<string, string>, Response>> => {
    if (!isOwnForm(c.req.raw, deps.publicOrigin)) {
      c.set('code', 'foreign_form')
      return err(await plain(c, foreignFormPage(messages, address)))
    }
    const typed = await readForm(c.req.raw)
    if (typed.ok) return typed
    const status = typed.error.reason === 'body_too_large' ? 413 : 415
    return err(await plain(c, unreadableFormPage(messages, address, status)))
  }

  /** Those of whom the core's table says that they give a code first, where no gateway that may take their payment wants it. */
  const codelessIn = async (c: EdgeContext, country: ProviderCountry, currency: string): Promise<readonly string[]> => {
    const coded = country.providers.filter(({ auth }) => auth === 'preauth').map(({ code }) => code)
    if (coded.length === 0) return []
    try {
      const routes = await deps.consumer.routes(country.code)
      return coded.filter((provider) => !mayWantCode(routes, deps.gateway, provider, currency))
    } catch (error) {
      // A code too many is left out before it is sent.
      noteIn(deps, c)('routes_failed', error)
      return []
    }
  }

  const contextOf = async (c: EdgeContext, checkout: Checkout): Promise<CheckoutContext> => {
    const amount = deps.decide.formatAmount(checkout.amountMinor, checkout.currency)
    const { currency } = checkout
    const countries = deps.decide.providersOf(currency)
    const [told, codelessByCountry] = await Promise.all([
      Promise.all(countries.map(({ code }) => deps.conditions(code, laterIn(deps, c)))),
      Promise.all(countries.map((country) => codelessIn(c, country, currency))),
    ])
    const choices = providerChoices(deps.decide, amount, currency, told.flat())
    const codeless = codelessByCountry.flat()
    const language = languageOf(c, checkout)
    return {
      checkout,
      // As it was called: a signed link is longer than the id of its checkout.
      address: `/c/${c.req.param('id')}`,
      amount,
      choices: choices.map((choice) => (codeless.includes(choice.provider) ? { ...choice, auth: 'provider' } : choice)),
      messages: messagesIn(language),
      language,
      nowMs: deps.nowMs(),
    }
  }

  const show = (context: CheckoutContext, page: Page) => {
    const { checkout, address, language } = context
    const { branding } = checkout
    return pageResponse(page, { address, language, languages: servedLanguages(branding), branding }, nonce())
  }

  const tagOf = async (context: Parameters<typeof stateText>[0], view: PaymentView | null): Promise<string> =>
    (await sha256Hex(stateText(context, view))).slice(0, 16)

  return new Hono<EdgeEnv>()
    .get('/:id', async (c) => {
      const loaded = await load(c)
      if (!loaded.ok) return sorry(c, loaded.error)
      const view = await paymentOfInvoice(deps, c, loaded.value)
      if (!view.ok) return sorry(c, view.error)
      const tag = await tagOf(
        { checkout: loaded.value, language: languageOf(c, loaded.value), nowMs: deps.nowMs() },
        view.value,
      )
      // The page's own script asks again and again: what it shows already is not sent once more.
      if (c.req.header('If-None-Match') === `"${tag}"`)
        return c.body(null, 304, { ETag: `"${tag}"`, 'Cache-Control': 'no-store' })
      const context = await contextOf(c, loaded.value)
      return show(context, { ...checkoutPage(context, view.value, c.req.query('code') === 'sent'), tag })
    })
    .get('/:id/receipt', async (c) => {
      const loaded = await load(c)
      if (!loaded.ok) return sorry(c, loaded.error)
      const view = await paymentOfInvoice(deps, c, loaded.value)
      if (!view.ok) return sorry(c, view.error)
      const context = await contextOf(c, loaded.value)
      if (view.value?.status !== 'succeeded') return c.redirect(addressOfPage(context), 303)
      return show(context, receiptPage(context, view.value))
    })
    .get('/:id/events', async (c) => {
      const loaded = await load(c)
      if (!loaded.ok) return sorry(c, loaded.error)
      const checkout = loaded.value
      const language = languageOf(c, checkout)
      return statusStream(async () => {
        const view = await paymentOfInvoice(deps, c, checkout)
        if (!view.ok) return null
        const tag = await tagOf({ checkout, language, nowMs: deps.nowMs() }, view.value)
        return { tag, isOpen: view.value !== null && isOpen(view.value.status) }
      })
    })
    .post('/:id/network', async (c) => {
      const loaded = await load(c)
      if (!loaded.ok) return sorry(c, loaded.error)
      const typed = await readForm(c.req.raw)
      const isOwn = isOwnForm(c.req.raw, deps.publicOrigin)
      const phoneNumber = typed.ok && isOwn ? (typed.value.get('phoneNumber') ?? '') : ''
      const provider = await findNetwork(deps, addressOf(c), phoneNumber, loaded.value.currency)
      return c.json({ provider }, 200, { 'Cache-Control': 'no-store' })
    })
    .get('/:id/otp', (c) => {
      const { pathname, search } = new URL(c.req.url)
      return c.redirect(`${pathname.slice(0, -'/otp'.length)}${search}`, 303)
    })
    .post('/:id/otp', async (c) => {
      const loaded = await load(c)
      if (!loaded.ok) return sorry(c, loaded.error)
      const context = await contextOf(c, loaded.value)
      const { messages, checkout } = context
      const page = addressOfPage(context)
      const typed = await sentForm(c, messages, page)
      if (!typed.ok) return typed.error
      const view = await paymentOfInvoice(deps, c, checkout)
      if (!view.ok) return sorry(c, view.error)
      if (!view.value || !wantsOtp(view.value)) return c.redirect(page, 303)
      const otp = (typed.value.get('otp') ?? '').replaceAll(/[\s-]/g, '')
      if (!OTP.test(otp)) {
        c.set('code', 'invalid_request')
        return show(context, otpPage(context, view.value, messages.wrong.code))
      }
      const { merchantId, mode } = checkout
      const handed = await handOnOtp(deps, c, { merchantId, mode, paymentId: view.value.id }, otp, OTP_WAIT_MS)
      if (handed.ok) return c.redirect(wantsOtp(handed.value.view) ? codeSentAddress(context) : page, 303)
      c.set('code', codeOf(handed.error))
      switch (handed.error.reason) {
        case 'otp_refused': {
          // It may be over by now: then the page says so.
          const after = await paymentOfInvoice(deps, c, checkout)
          const isOver = handed.error.because === 'not_wanted' || !after.ok || !after.value || !wantsOtp(after.value)
          if (isOver) return c.redirect(page, 303)
          if (handed.error.because === 'exhausted') return show(context, otpExhaustedPage(context, after.value))
          return show(context, otpPage(context, after.value, messages.failed.reasons.wrongCode[0]))
        }
        case 'rate_limited':
          return plain(c, busyPage(messages, page))
        default:
          return plain(c, unavailablePage(messages, page))
      }
    })
    .post('/:id', async (c) => {
      const address = c.req.path
      const messages = messagesIn(languageOf(c))
      const loaded = await load(c)
      if (!loaded.ok) return sorry(c, loaded.error)
      const checkout = loaded.value
      const typed = await sentForm(c, messages, address)
      if (!typed.ok) return typed.error
      const context = await contextOf(c, checkout)
      const page = addressOfPage(context)
      // What an expired link can still show, its page shows.
      if (deps.nowMs() >= checkout.expiresAtMs) return c.redirect(page, 303)

      const phoneNumber = typed.value.get('phoneNumber') ?? ''
      const provider = typed.value.get('provider') ?? ''
      const code = (typed.value.get('preAuthorisationCode') ?? '').replaceAll(/[\s-]/g, '')
      const attempt = Math.min(Math.max(Number.parseInt(typed.value.get('attempt') ?? '', 10) || 1, 1), 255)
      const again = (problem: FieldProblem, chosen = provider) => {
        c.set('code', 'invalid_request')
        return show(
          context,
          formPage(context, attempt, { phoneNumber: phoneNumber.slice(0, 40), provider: chosen }, [problem]),
        )
      }
      const resolved = await resolveDeposit(
        { decide: deps.decide, predictProvider: lookUpFor(deps, addressOf(c)) },
        { amount: context.amount, currency: checkout.currency, phoneNumber, ...(provider === '' ? {} : { provider }) },
      )
      if (!resolved.ok) return again(problemOf(context, resolved.error, provider))
      const choice = context.choices.find((each) => each.provider === resolved.value.provider)
      if (choice?.barred) return again({ field: 'provider', message: barredText(context, choice) }, '')
      const isCoded = choice?.auth === 'preauth'
      if (isCoded && !/^[A-Za-z0-9]{1,36}$/.test(code))
        return again({ field: 'preAuthorisationCode', message: messages.wrong.code }, resolved.value.provider)

      const { merchantId, mode, invoice } = checkout
      const started = await beginPayment(deps, c, {
        merchantId,
        mode,
        invoice,
        sessionId: checkout.id,
        ...resolved.value,
        ...(checkout.returnUrl === null ? {} : { returnUrl: checkout.returnUrl }),
        ...(isCoded ? { preAuthorisationCode: code } : {}),
        resumeUrl: `${deps.publicOrigin}${page}`,
        // The attempt that the page was made for is in the key: a second tap is the same request, a new try is another.
        idempotencyKey: `checkout:${checkout.id}:${attempt}`,
        wishedProvider: provider,
        waitMs: WAIT_MS,
      })
      if (!started.ok) {
        c.set('code', codeOf(started.error))
        if (started.error.reason === 'rate_limited') return plain(c, busyPage(messages, address))
        if (['core_sealed', 'no_route', 'unavailable', 'intent_refused'].includes(started.error.reason))
          return plain(c, unavailablePage(messages, address))
        // Nothing left: the gateway does not take it as it is, and the same attempt may come again.
        if (started.error.reason === 'invalid_request')
          return again(unfitProblem(context, started.error, resolved.value.provider), '')
      }
      // Refused, paid, waiting or a tap too many: the page that follows tells it, and may be reloaded safely.
      return c.redirect(page, 303)
    })
}

const barredText = ({ messages }: CheckoutContext, { barred, name }: ProviderChoice): string =>
  barred?.why === 'closed' ? messages.wrong.closed(name) : messages.wrong.amount(name)

/** Of what only the gateway could tell: its provider, as a rule, is then not the one to choose. */
const unfitProblem = ({ messages }: CheckoutContext, error: PaymentError, provider: string): FieldProblem => {
  const { wrong } = messages
  const fields = error.reason === 'invalid_request' ? error.errors.map(({ field }) => field) : []
  if (fields.includes('phoneNumber')) return { field: 'phoneNumber', message: wrong.number }
  const says = fields.includes('amount') ? wrong.amount : wrong.closed
  return { field: 'provider', message: says(providerName(provider)) }
}

/** What tells a shop which field is wrong and why tells a customer what to look at. */
const problemOf = ({ messages }: CheckoutContext, error: PaymentError, provider: string): FieldProblem => {
  const { wrong } = messages
  const fields = error.reason === 'invalid_request' ? error.errors.map(({ field }) => field) : []
  if (fields.includes('phoneNumber'))
    return { field: 'phoneNumber', message: provider === '' ? wrong.number : wrong.networkOfNumber }
  if (fields.includes('amount')) return { field: 'provider', message: wrong.amount(providerName(provider)) }
  return { field: 'provider', message: wrong.network }
}
