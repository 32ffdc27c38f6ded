import { Hono } from 'hono'
import { cors } from 'hono/cors'
import type { Checkout } from '../../contracts/consumer.ts'
import { fromHex, toBase64Url } from '../../domain/encoding.ts'
import type { PaymentError } from '../../domain/errors.ts'
import { type CheckoutId, parseCheckoutId } from '../../domain/ids.ts'
import { createCheckout, openUntilMs, readAmount } from '../../flows/create-checkout.ts'
import { anyKey } from '../api-key.ts'
import { checkoutView } from '../checkout-view.ts'
import { asked, type EdgeContext, type EdgeEnv, fail, noteIn } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'
import { openLink } from '../open-link.ts'
import { otherPrice } from '../other-price.ts'
import { paymentOfInvoice } from '../payment-of-invoice.ts'
import { readJson } from '../request/body.ts'
import { type CheckoutRequest, checkCheckoutRequest } from '../request/checkout-request.ts'
import { readIdempotencyKey } from '../request/idempotency-key.ts'
import { checkLinkRequest } from '../request/link-request.ts'

const ID_BYTES = 16
const NO_STORE = { 'Cache-Control': 'no-store' }

type Purchase = Pick<Checkout, 'merchantId' | 'mode' | 'invoice' | 'amountMinor' | 'currency'>

const isLink = (json: unknown): boolean => typeof json === 'object' && json !== null && Object.hasOwn(json, 'link')

/**
 * Payment pages. A secret key names the price; a publishable key opens what a secret key has signed, and reads. With an
 * Idempotency-Key the id follows from the key: the same request twice is one checkout.
 */
export const checkoutRoutes = (deps: EdgeDeps) => {
  const ask = asked(deps)

  /** Null while it can be paid: not yet, and at no other price. */
  const refusalOf = async (c: EdgeContext, purchase: Purchase): Promise<PaymentError | null> => {
    const payment = await paymentOfInvoice(deps, c, purchase)
    if (!payment.ok) return payment.error
    if (payment.value === null) return null
    if (payment.value.status === 'succeeded') return { reason: 'invoice_paid' }
    const { amountMinor, currency } = purchase
    const field = otherPrice(payment.value, { amount: deps.decide.formatAmount(amountMinor, currency), currency })
    return field && { reason: 'invoice_conflict', field }
  }

  const answer = (c: EdgeContext, { id, expiresAtMs }: Pick<Checkout, 'id' | 'expiresAtMs'>): Response => {
    const url = `${deps.publicOrigin}/c/${id}`
    const expiresAt = new Date(expiresAtMs).toISOString()
    return c.json({ id, url, expiresAt }, 201, { ...NO_STORE, Location: url })
  }

  const store = (c: EdgeContext, checkout: Parameters<typeof createCheckout>[1], renews = false) =>
    createCheckout(
      {
        decide: deps.decide,
        createCheckout: (wanted, ...how) => deps.consumer.createCheckout(wanted, ...how),
        note: noteIn(deps, c),
      },
      checkout,
      renews,
    )

  const fromLink = async (c: EdgeContext, json: unknown): Promise<Response> => {
    const { fields, errors } = checkLinkRequest(json)
    if (errors.length > 0) return fail(c, { reason: 'invalid_request', errors })
    const given = fields.link ?? ''
    const first = await openLink(deps, c, given)
    if (!first.ok) return fail(c, first.error)
    const { repeats, link } = first.value
    const opened =
      repeats && link.opening === null
        ? await openLink(deps, c, `${given}~${toBase64Url(deps.randomBytes(ID_BYTES))}`)
        : first
    if (!opened.ok) return fail(c, opened.error)
    const { checkout } = opened.value
    const { merchantId, mode } = c.get('holder')
    if (checkout.merchantId !== merchantId || checkout.mode !== mode) return fail(c, { reason: 'link_invalid' })
    if (checkout.createdAtMs >= checkout.expiresAtMs) return fail(c, { reason: 'link_expired' })
    const refused = await refusalOf(c, checkout)
    if (refused) return fail(c, refused)
    const amount = deps.decide.formatAmount(checkout.amountMinor, checkout.currency)
    const expiresAtMs = openUntilMs(checkout.expiresAtMs, checkout.createdAtMs)
    const stored = await store(c, { ...checkout, amount, expiresAtMs }, true)
    return stored.ok ? answer(c, stored.value) : fail(c, stored.error)
  }

  const fromWish = async (c: EdgeContext, json: unknown, key: string | null): Promise<Response> => {
    const holder = c.get('holder')
    const { fields, errors } = checkCheckoutRequest(json)
    if (errors.length > 0) return fail(c, { reason: 'invalid_request', errors })
    const wish = fields as CheckoutRequest
    const amountMinor = readAmount(deps.decide, wish)
    if (!amountMinor.ok) return fail(c, { reason: 'invalid_request', errors: [amountMinor.error] })
    const secret =
      key === null
        ? deps.randomBytes(ID_BYTES)
        : fromHex(await deps.derive(['checkout', holder.merchantId, holder.mode, key].join('\n'))).slice(0, ID_BYTES)
    const nowMs = deps.nowMs()
    const wanted = {
      id: `chk_${toBase64Url(secret)}` as CheckoutId,
      merchantId: holder.merchantId,
      merchantName: holder.merchantName,
      mode: holder.mode,
      invoice: wish.invoice,
      amount: wish.amount,
      currency: wish.currency,
      description: wish.description ?? null,
      returnUrl: wish.returnUrl ?? null,
      createdAtMs: nowMs,
      expiresAtMs: nowMs + wish.expiresInMinutes * 60_000,
    }
    const refused = await refusalOf(c, { ...wanted, amountMinor: amountMinor.value })
    // A repetition is answered as the first time, also when the invoice has been paid or begun at another price meanwhile.
    const isLate = refused?.reason === 'invoice_paid' || refused?.reason === 'invoice_conflict'
    if (refused && !(isLate && key !== null && (await isStored(c, wanted.id)))) return fail(c, refused)
    const stored = await store(c, wanted)
    return stored.ok ? answer(c, stored.value) : fail(c, stored.error)
  }

  const isStored = async (c: EdgeContext, id: CheckoutId): Promise<boolean> => {
    try {
      return (await deps.consumer.checkout(id)) !== null
    } catch (error) {
      noteIn(deps, c)('load_checkout_failed', error)
      return false
    }
  }

  return (
    new Hono<EdgeEnv>()
      // Any page may ask; which pages are answered is said by the key's merchant (`origin_not_allowed`), in words that the
      // developer of the page can read. There are no cookies here that a page could borrow.
      .use(
        '*',
        cors({
          origin: '*',
          allowMethods: ['GET', 'POST'],
          allowHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'X-Idempotency-Key', 'X-Request-Id'],
          exposeHeaders: ['Location', 'Retry-After', 'X-Request-Id'],
          maxAge: 3600,
        }),
      )
      .post('/', anyKey(deps), async (c) => {
        const key = readIdempotencyKey(c.req.raw.headers)
        if (!key.ok) return fail(c, { reason: 'invalid_request', errors: [key.error] })
        const json = await readJson(c.req.raw)
        if (!json.ok) return fail(c, json.error)
        if (isLink(json.value)) return fromLink(c, json.value)
        if (c.get('holder').scope !== 'secret') return fail(c, { reason: 'key_scope' })
        return fromWish(c, json.value, key.value)
      })
      .get('/:id', anyKey(deps), (c) => {
        const id = parseCheckoutId(c.req.param('id'))
        if (!id) return fail(c, { reason: 'not_found' })
        return ask(
          c,
          async () => {
            const checkout = await deps.consumer.checkout(id)
            return checkout && { checkout, payment: await paymentOfInvoice(deps, c, checkout) }
          },
          (found) => {
            const { merchantId, mode } = c.get('holder')
            if (!found || found.checkout.merchantId !== merchantId || found.checkout.mode !== mode)
              return fail(c, { reason: 'not_found' })
            const { checkout, payment } = found
            if (!payment.ok) return fail(c, payment.error)
            const amount = deps.decide.formatAmount(checkout.amountMinor, checkout.currency)
            const url = `${deps.publicOrigin}/c/${id}`
            return c.json(
              checkoutView({ checkout, amount, url, payment: payment.value, nowMs: deps.nowMs() }),
              200,
              NO_STORE,
            )
          },
        )
      })
  )
}
