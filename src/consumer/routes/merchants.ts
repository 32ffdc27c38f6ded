import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import type { KeyRecord, Merchant, MerchantChange, MerchantDesk } from '../../adapters/d1-merchant-desk.ts'
import { toHex } from '../../domain/encoding.ts'
import type { MerchantId } from '../../domain/ids.ts'
import type { Mode } from '../../domain/payment.ts'
import { log } from '../log.ts'
import type { MakeKey } from '../make-key.ts'
import { jsonOf, mode, refuse } from './operator-input.ts'

const BODY_BYTES_MAX = 16_384
const HOUR_MS = 3_600_000
const LOGO_CHARACTERS_MAX = 8_192

const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60))
const origin = v.pipe(
  v.string(),
  v.check(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'Send an origin, such as https://shop.example.',
  ),
  v.check((text) => text.startsWith('https:') || /^http:\/\/(localhost|127\.0\.0\.1)(:|$)/.test(text), 'Send https.'),
)
/** The page is one answer that asks nobody else for anything, so its logo is in it. An image cannot run a script. */
const logo = v.pipe(
  v.string(),
  v.maxLength(LOGO_CHARACTERS_MAX, `Send at most ${LOGO_CHARACTERS_MAX} characters: a small SVG, PNG or WebP.`),
  v.regex(
    /^data:image\/(svg\+xml|png|webp);base64,[A-Za-z0-9+/]+={0,2}$/,
    'Send a base64 data: URI of an SVG, a PNG or a WebP.',
  ),
)
const language = v.pipe(
  v.string(),
  v.regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'Send a BCP 47 tag, such as en or pt-MZ.'),
)
const creation = v.strictObject({
  name,
  id: v.optional(v.pipe(v.string(), v.regex(/^mer_[a-z0-9_]{1,40}$/, 'Send mer_ and letters, digits, underscores.'))),
})
const change = v.strictObject({
  name: v.exactOptional(name),
  colour: v.exactOptional(v.nullable(v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/, 'Send #rrggbb, in lower case.')))),
  logo: v.exactOptional(v.nullable(logo)),
  languages: v.exactOptional(v.pipe(v.array(language), v.maxLength(10))),
  allowedOrigins: v.exactOptional(v.pipe(v.array(origin), v.maxLength(20))),
})
const label = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60))
const keyFields = { scope: v.picklist(['secret', 'publishable']), label: v.optional(label) }
const rotation = v.strictObject({
  overlapHours: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(24 * 60)), 24),
})

const time = (ms: number): string => new Date(ms).toISOString()
const merchantView = ({ createdAtMs, ...merchant }: Merchant) => ({ ...merchant, createdAt: time(createdAtMs) })
const stateOf = ({ revokedAtMs, expiresAtMs }: KeyRecord, nowMs: number) =>
  revokedAtMs !== null ? 'revoked' : expiresAtMs !== null && expiresAtMs <= nowMs ? 'expired' : 'good'
const keyView = (key: KeyRecord, nowMs: number) => ({
  id: key.id,
  mode: key.mode,
  scope: key.scope,
  label: key.label,
  hint: key.hint,
  state: stateOf(key, nowMs),
  createdAt: time(key.createdAtMs),
  expiresAt: key.expiresAtMs === null ? null : time(key.expiresAtMs),
  revokedAt: key.revokedAtMs === null ? null : time(key.revokedAtMs),
})

export interface MerchantRoutesDeps {
  readonly desk: MerchantDesk
  readonly makeKey: MakeKey
  /** Of the keys that are good here. */
  readonly modes: readonly Mode[]
  readonly randomBytes: (count: number) => Uint8Array
  readonly nowMs: () => number
}

/**
 * Merchants and their keys. A key is in the answer that made it and in no other. The edge forgets what it knew within 60 s.
 */
export const merchantRoutes = ({ desk, makeKey, modes, randomBytes, nowMs }: MerchantRoutesDeps) => {
  const served = v.check(
    (wished: Mode) => modes.includes(wished),
    'A test key would take real money here. Make a live one, or a test key at a deployment for tests.',
  )
  const keyWish = v.strictObject({ ...keyFields, mode: v.pipe(mode, served) })
  const notFound = (c: Context, what: string) => c.json({ code: 'not_found', title: `There is no such ${what}.` }, 404)
  const changed = (what: string, merchant: string, key?: string) =>
    log({ event: 'merchant_changed', security: true, what, merchant, ...(key ? { key } : {}) })

  return (
    new Hono()
      .get('/', async (c) => c.json({ merchants: (await desk.list()).map(merchantView) }))
      // Retry rule: with an id, the same request twice makes one merchant; without, it makes two.
      .post('/', async (c) => {
        const parsed = v.safeParse(creation, await jsonOf(c, BODY_BYTES_MAX))
        if (!parsed.success) return refuse(c, parsed.issues)
        const id = (parsed.output.id ?? `mer_${toHex(randomBytes(8))}`) as MerchantId
        const made = await desk.create(id, parsed.output.name, nowMs())
        if (made) changed('created', id)
        const merchant = await desk.find(id)
        return merchant ? c.json(merchantView(merchant), made ? 201 : 200) : notFound(c, 'merchant')
      })
      .get('/:id', async (c) => {
        const merchant = await desk.find(c.req.param('id'))
        return merchant ? c.json(merchantView(merchant)) : notFound(c, 'merchant')
      })
      .patch('/:id', async (c) => {
        const parsed = v.safeParse(change, await jsonOf(c, BODY_BYTES_MAX))
        if (!parsed.success) return refuse(c, parsed.issues)
        const merchant = await desk.change(c.req.param('id') as MerchantId, parsed.output as MerchantChange)
        if (!merchant) return notFound(c, 'merchant')
        changed('changed', merchant.id)
        return c.json(merchantView(merchant))
      })
      .get('/:id/keys', async (c) => {
        const merchant = await desk.find(c.req.param('id'))
        if (!merchant) return notFound(c, 'merchant')
        return c.json({ keys: (await desk.keys(merchant.id)).map((key) => keyView(key, nowMs())) })
      })
      // Not to be repeated blindly: each call makes another key.
      .post('/:id/keys', async (c) => {
        const parsed = v.safeParse(keyWish, await jsonOf(c, BODY_BYTES_MAX))
        if (!parsed.success) return refuse(c, parsed.issues)
        const merchant = await desk.find(c.req.param('id'))
        if (!merchant) return notFound(c, 'merchant')
        const { label: said = null, ...wished } = parsed.output
        const made = await makeKey({ merchantId: merchant.id, ...wished, label: said, createdAtMs: nowMs() })
        await desk.addKey(made.record)
        changed('key_created', merchant.id, made.id)
        const stored = await desk.key(merchant.id, made.id)
        return stored ? c.json({ ...keyView(stored, nowMs()), key: made.key }, 201) : notFound(c, 'key')
      })
      // The old key goes on until the overlap is over. Not to be repeated blindly.
      .post('/:id/keys/:key/rotate', async (c) => {
        const parsed = v.safeParse(rotation, await jsonOf(c, BODY_BYTES_MAX))
        if (!parsed.success) return refuse(c, parsed.issues)
        const merchantId = c.req.param('id') as MerchantId
        const old = await desk.key(merchantId, c.req.param('key'))
        if (!old) return notFound(c, 'key')
        if (stateOf(old, nowMs()) !== 'good')
          return c.json({ code: 'key_is_over', title: 'This key is revoked or expired. Make a new one.' }, 409)
        const made = await makeKey({
          merchantId,
          mode: old.mode,
          scope: old.scope,
          label: old.label,
          createdAtMs: nowMs(),
        })
        const expiresAtMs = nowMs() + parsed.output.overlapHours * HOUR_MS
        await desk.succeedKey(old.id, made.record, expiresAtMs)
        changed('key_rotated', merchantId, old.id)
        const [stored, ending] = await Promise.all([desk.key(merchantId, made.id), desk.key(merchantId, old.id)])
        return stored && ending
          ? c.json({ ...keyView(stored, nowMs()), key: made.key, replaces: keyView(ending, nowMs()) }, 201)
          : notFound(c, 'key')
      })
      .delete('/:id/keys/:key', async (c) => {
        const merchantId = c.req.param('id') as MerchantId
        const old = await desk.key(merchantId, c.req.param('key'))
        if (!old) return notFound(c, 'key')
        await desk.revokeKey(merchantId, old.id, nowMs())
        changed('key_revoked', merchantId, old.id)
        const revoked = await desk.key(merchantId, old.id)
        return revoked ? c.json(keyView(revoked, nowMs())) : notFound(c, 'key')
      })
  )
}
