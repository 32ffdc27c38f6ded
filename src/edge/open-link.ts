import type { Checkout } from '../contracts/consumer.ts'
import { toBase64Url } from '../domain/encoding.ts'
import type { PaymentError } from '../domain/errors.ts'
import type { CheckoutId } from '../domain/ids.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { type CheckoutLink, isSignedBy, parseLink, payloadOf } from '../flows/checkout-link.ts'
import { readAmount } from '../flows/create-checkout.ts'
import { addressOf, type EdgeContext, noteIn } from './context.ts'
import type { EdgeDeps } from './deps.ts'
import { readLinkPayload } from './request/link-request.ts'

const ID_BYTES = 16

export interface OpenedLink {
  readonly link: CheckoutLink
  /** Each opening is a purchase of its own. */
  readonly repeats: boolean
  /** What the link says. Of a repeatable one without an opening it has no invoice of its own yet. */
  readonly checkout: Checkout
}

const idOf = async (text: string): Promise<CheckoutId> => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return `chk_${toBase64Url(new Uint8Array(digest).slice(0, ID_BYTES))}` as CheckoutId
}

/**
 * A checkout out of a link that a shop signed: nothing is stored, and the same link is the same checkout. `link_invalid`,
 * whatever is wrong with it: a forger learns nothing. Who has tried too often is no longer listened to, unless the key is
 * known. Expiry is the caller's to judge: a page still shows the truth about a link that is over.
 */
export const openLink = async (
  deps: EdgeDeps,
  c: EdgeContext,
  text: string,
): Promise<Result<OpenedLink, PaymentError>> => {
  const address = addressOf(c)
  const refuse = (why: string) => {
    deps.addresses.charge(address)
    noteIn(deps, c)('link_refused', why)
    return err({ reason: 'link_invalid' } as const)
  }
  const link = parseLink(text)
  if (!link) return refuse('not a link')
  const retryAfterMs = deps.addresses.waitMs(address)
  if (retryAfterMs > 0 && !deps.findSigner.known(link.keyId))
    return err({ reason: 'rate_limited', limit: 'address', retryAfterMs })
  const signer = await deps.findSigner(link.keyId).catch((error: unknown) => {
    noteIn(deps, c)('find_signer_failed', error)
    return undefined
  })
  if (signer === undefined) return err({ reason: 'unavailable', part: 'consumer' })
  if (signer === null) return refuse('unknown key')
  if (!(await isSignedBy(link, signer.linkKey))) return refuse('signature')

  const payload = readLinkPayload(payloadOf(link))
  if (!payload) return refuse('payload')
  const amountMinor = readAmount(deps.decide, payload)
  const repeats = payload.allowRepeat === true
  if (!amountMinor.ok || (link.opening !== null && !repeats)) return refuse('payload')
  const { merchantId, merchantName, mode, branding } = signer
  return ok({
    link,
    repeats,
    checkout: {
      id: await idOf(text),
      merchantId,
      merchantName,
      mode,
      invoice: payload.invoice ?? `${payload.product}:${link.opening}`,
      amountMinor: amountMinor.value,
      currency: payload.currency,
      description: payload.description ?? null,
      returnUrl: payload.returnUrl ?? null,
      createdAtMs: deps.nowMs(),
      expiresAtMs: payload.expiresAt,
      branding,
    },
  })
}
