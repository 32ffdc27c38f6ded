import { expect, it } from 'vitest'
import { readLinkPayload } from '../../../src/edge/request/link-request.ts'
import { isSignedBy, linkKeyOf, parseLink, payloadOf } from '../../../src/flows/checkout-link.ts'
import { against, json } from './server.ts'

const WISH = { invoice: 'INV-1', amount: '10.50', currency: 'ZMW', expiresAt: '2027-01-01T00:00:00Z' }

it('signs a link as the edge reads it, and asks nobody', async () => {
  const { lango, sent } = against([])
  for (const wish of [
    WISH,
    { ...WISH, description: 'Jus de fruits – 5 œufs', returnUrl: 'https://shop.example.com/ok' },
  ]) {
    const signed = await lango.checkouts.link(wish)
    if (!signed.ok) throw new Error(signed.error.message)
    expect(signed.value.url).toBe(`https://pay.example.com/c/${signed.value.link}`)
    const parsed = parseLink(signed.value.link)
    if (!parsed) throw new Error('not a link')
    expect([await isSignedBy(parsed, await linkKeyOf('sk_test_1')), payloadOf(parsed)]).toEqual([true, wish])
    expect(await isSignedBy(parsed, await linkKeyOf('sk_test_2'))).toBe(false)
  }
  expect(sent).toEqual([])
})

it('of the development key is the documented one, to the byte', async () => {
  const { lango } = against([], { apiKey: 'sk_test_lango_dev' })
  expect(await lango.checkouts.link(WISH)).toMatchObject({
    value: {
      link: 'lnk1.172c8ca4b068ef4b.eyJpbnZvaWNlIjoiSU5WLTEiLCJhbW91bnQiOiIxMC41MCIsImN1cnJlbmN5IjoiWk1XIiwiZXhwaXJlc0F0IjoiMjAyNy0wMS0wMVQwMDowMDowMFoifQ.ER_KHafn_ov7IdrQMGsDw-jfmhuJpHUokppLUhYwIVI',
    },
  })
})

it('of a product may be used again and again', async () => {
  const { lango } = against([])
  const { invoice: _, ...price } = WISH
  const signed = await lango.checkouts.link({ ...price, product: 'maize' })
  const parsed = signed.ok ? parseLink(signed.value.link) : undefined
  expect(parsed && payloadOf(parsed)).toEqual({ ...price, product: 'maize', allowRepeat: true })
})

it('is signed by no publishable key, which opens it', async () => {
  const { lango, sent } = against([() => json(201, { id: 'chk_1' })], { apiKey: 'pk_test_1' })
  expect(await lango.checkouts.link(WISH)).toMatchObject({
    ok: false,
    error: { reason: 'forbidden', code: 'key_scope' },
  })
  expect(await lango.checkouts.open('lnk1.a.b.c')).toMatchObject({ ok: true })
  expect(sent).toMatchObject([{ method: 'POST', path: '/v1/checkouts', body: { link: 'lnk1.a.b.c' } }])
})

it.each([
  ['expiresAt', '2027-12-31'],
  ['expiresAt', 'tomorrow'],
  ['amount', 10.5],
  ['amount', '1,000.00'],
  ['amount', '-1'],
  ['currency', 'kwacha'],
  ['invoice', ''],
  ['invoice', 'x'.repeat(129)],
  ['description', 'x'.repeat(141)],
  ['returnUrl', 'javascript:alert(1)'],
  ['returnUrl', 'http://shop.example/ok'],
])('signs no link that would open no page: %s %s', async (field, value) => {
  const wish = { ...WISH, [field]: value }
  expect(readLinkPayload(wish)).toBeUndefined()
  const { lango } = against([])
  expect(await lango.checkouts.link(wish)).toMatchObject({
    ok: false,
    error: { reason: 'invalid_request', errors: [{ field }], message: expect.stringContaining(`${field}: `) },
  })
})

it('signs none that is longer than the edge reads', async () => {
  const { lango } = against([])
  const sized = (characters: number) =>
    lango.checkouts.link({ ...WISH, returnUrl: `https://shop.example/${'発'.repeat(characters)}` })
  expect(await sized(1_000)).toMatchObject({ ok: false, error: { reason: 'invalid_request' } })
  const most = await sized(900)
  expect(most.ok && parseLink(most.value.link)).toBeTruthy()
})
