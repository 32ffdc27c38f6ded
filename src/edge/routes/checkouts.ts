import { Hono } from 'hono'
import { toBase64Url } from '../../adapters/hash.ts'
import type { CheckoutId } from '../../domain/ids.ts'
import { createCheckout } from '../../flows/create-checkout.ts'
import { secretKey } from '../api-key.ts'
import { type EdgeEnv, fail, noteIn } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'
import { readJson } from '../request/body.ts'
import { type CheckoutRequest, checkCheckoutRequest } from '../request/checkout-request.ts'
import { readIdempotencyKey } from '../request/idempotency-key.ts'

const ID_BYTES = 16

const fromHex = (hex: string, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))

/** A payment link. With an Idempotency-Key its id follows from the key: the same request twice is one checkout. */
export const checkoutRoutes = (deps: EdgeDeps) =>
  new Hono<EdgeEnv>().post('/', secretKey(deps), async (c) => {
    const holder = c.get('holder')
    const key = readIdempotencyKey(c.req.raw.headers)
    if (!key.ok) return fail(c, { reason: 'invalid_request', errors: [key.error] })
    const json = await readJson(c.req.raw)
    if (!json.ok) return fail(c, json.error)
    const { fields, errors } = checkCheckoutRequest(json.value)
    if (errors.length > 0) return fail(c, { reason: 'invalid_request', errors })
    const wish = fields as CheckoutRequest

    const secret =
      key.value === null
        ? deps.randomBytes(ID_BYTES)
        : fromHex(await deps.derive(['checkout', holder.merchantId, holder.mode, key.value].join('\n')), ID_BYTES)
    const nowMs = deps.nowMs()
    const checkout = await createCheckout(
      {
        decide: deps.decide,
        createCheckout: (wanted) => deps.consumer.createCheckout(wanted),
        note: noteIn(deps, c),
      },
      {
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
      },
    )
    if (!checkout.ok) return fail(c, checkout.error)
    const { id, expiresAtMs } = checkout.value
    const url = `${deps.publicOrigin}/c/${id}`
    return c.json({ id, url, expiresAt: new Date(expiresAtMs).toISOString() }, 201, {
      Location: url,
      'Cache-Control': 'no-store',
    })
  })
