import { Hono } from 'hono'
import { toBase64Url } from '../../adapters/hash.ts'
import type { Checkout } from '../../contracts/consumer.ts'
import type { PaymentError } from '../../domain/errors.ts'
import { readPayment } from '../../flows/read-payment.ts'
import { resolveDeposit } from '../../flows/resolve-deposit.ts'
import { beginPayment } from '../begin-payment.ts'
import type { EdgeContext, EdgeEnv } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'
import { loadCheckout } from '../load-checkout.ts'
import {
  busyPage,
  checkoutPage,
  formPage,
  notFoundPage,
  refusedFormPage,
  unavailablePage,
} from '../pages/checkout-page.ts'
import { type Page, pageResponse } from '../pages/layout.ts'
import { paymentPorts } from '../ports.ts'
import { codeOf } from '../problem.ts'
import { readForm } from '../request/body.ts'

/** Long enough for most refusals to be on the next page at once, short enough for a person to wait. */
const WAIT_MS = 2_000

/** The hosted page of a checkout. Works without JavaScript; whoever has the link may look and pay. */
export const pageRoutes = (deps: EdgeDeps) => {
  const show = (page: Page) => pageResponse(page, toBase64Url(deps.randomBytes(18)))

  const load = (c: EdgeContext) => loadCheckout(deps, c, c.req.param('id') ?? '')

  const sorry = (c: EdgeContext, error: PaymentError) => {
    c.set('code', codeOf(error))
    return show(error.reason === 'not_found' ? notFoundPage : unavailablePage(c.req.path))
  }

  const paymentIdOf = ({ merchantId, mode, invoice }: Checkout) =>
    deps.decide.paymentId(merchantId, mode, { kind: 'invoice', value: invoice })

  const amountOf = ({ amountMinor, currency }: Checkout) => deps.decide.formatAmount(amountMinor, currency)

  return new Hono<EdgeEnv>()
    .get('/:id', async (c) => {
      const checkout = await load(c)
      if (!checkout.ok) return sorry(c, checkout.error)
      const { merchantId, mode } = checkout.value
      const view = await readPayment(paymentPorts(deps, c), {
        merchantId,
        mode,
        paymentId: paymentIdOf(checkout.value),
      })
      if (!view.ok && view.error.reason !== 'not_found') return sorry(c, view.error)
      return show(checkoutPage(checkout.value, amountOf(checkout.value), view.ok ? view.value : null, deps.nowMs()))
    })
    .post('/:id', async (c) => {
      const address = c.req.path
      const loaded = await load(c)
      if (!loaded.ok) return sorry(c, loaded.error)
      const checkout = loaded.value
      const typed = await readForm(c.req.raw)
      if (!typed.ok) return show(refusedFormPage(address, typed.error.reason === 'body_too_large' ? 413 : 415))
      // What an expired link can still show, its page shows.
      if (deps.nowMs() >= checkout.expiresAtMs) return c.redirect(address, 303)

      const phoneNumber = typed.value.get('phoneNumber') ?? ''
      const provider = typed.value.get('provider') ?? ''
      const attempt = Math.min(Math.max(Number.parseInt(typed.value.get('attempt') ?? '', 10) || 1, 1), 255)
      const amount = amountOf(checkout)
      const resolved = await resolveDeposit(
        { decide: deps.decide, predictProvider: (number) => deps.vault.predictProvider(number) },
        { amount, currency: checkout.currency, phoneNumber, ...(provider === '' ? {} : { provider }) },
      )
      if (!resolved.ok) {
        c.set('code', 'invalid_request')
        const shown = { phoneNumber: phoneNumber.slice(0, 40), provider }
        // What tells a shop to name a provider's code tells a customer to choose.
        const choose = { field: 'provider', message: 'Please choose your network.' }
        const errors =
          resolved.error.reason === 'invalid_request'
            ? resolved.error.errors.map((error) => (error.field === 'provider' ? choose : error))
            : [choose]
        return show(formPage(checkout, amount, attempt, shown, errors))
      }

      const { merchantId, mode, invoice } = checkout
      const started = await beginPayment(deps, c, {
        merchantId,
        mode,
        invoice,
        sessionId: checkout.id,
        ...resolved.value,
        ...(checkout.returnUrl === null ? {} : { returnUrl: checkout.returnUrl }),
        // The attempt that the page was made for is in the key: a second tap is the same request, a new try is another.
        idempotencyKey: `checkout:${checkout.id}:${attempt}`,
        wishedProvider: provider,
        waitMs: WAIT_MS,
      })
      if (!started.ok) {
        c.set('code', codeOf(started.error))
        if (started.error.reason === 'rate_limited') return show(busyPage(address))
        if (started.error.reason === 'core_sealed' || started.error.reason === 'unavailable')
          return show(unavailablePage(address))
      }
      // Refused, paid, waiting or a tap too many: the page that follows tells it, and may be reloaded safely.
      return c.redirect(address, 303)
    })
}
