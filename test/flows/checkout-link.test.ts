import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSignedBy, linkKeyOf, parseLink, payloadOf, signLink } from '../../src/flows/checkout-link.ts'
import { createLinkKeySeal } from '../../src/flows/link-key-seal.ts'

const SECRET = 'sk_test_lango_dev'
const PAYLOAD = { invoice: 'INV-1', amount: '10.50', currency: 'ZMW', expiresAt: '2027-01-01T00:00:00Z' }
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** As docs/checkout-links.md tells a shop to do it, by Node's own crypto. */
const signAsDocumented = (secretKey: string, payload: unknown): string => {
  const keyId = createHash('sha256').update(secretKey).digest('hex').slice(0, 16)
  const linkKey = createHmac('sha256', secretKey).update('lango link key 1').digest()
  const signed = `lnk1.${keyId}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`
  return `${signed}.${createHmac('sha256', linkKey).update(signed).digest('base64url')}`
}

const isGood = async (text: string, secretKey = SECRET): Promise<boolean> => {
  const link = parseLink(text)
  return link !== undefined && (await isSignedBy(link, await linkKeyOf(secretKey)))
}

describe('signed checkout links', () => {
  it('are what the documentation says', async () => {
    const link = signAsDocumented(SECRET, PAYLOAD)
    const keyId = createHash('sha256').update(SECRET).digest('hex').slice(0, 16)
    expect(await signLink(keyId, await linkKeyOf(SECRET), PAYLOAD)).toBe(link)
    expect(await isGood(link)).toBe(true)
    const parsed = parseLink(link)
    expect(parsed && payloadOf(parsed)).toEqual(PAYLOAD)
  })

  // So that whoever writes this in another language has something to hold it against.
  it('of the development key, to the byte', () => {
    expect(signAsDocumented(SECRET, PAYLOAD)).toMatchInlineSnapshot(
      `"lnk1.172c8ca4b068ef4b.eyJpbnZvaWNlIjoiSU5WLTEiLCJhbW91bnQiOiIxMC41MCIsImN1cnJlbmN5IjoiWk1XIiwiZXhwaXJlc0F0IjoiMjAyNy0wMS0wMVQwMDowMDowMFoifQ.ER_KHafn_ov7IdrQMGsDw-jfmhuJpHUokppLUhYwIVI"`,
    )
  })

  it('are not signed by another key', async () => {
    expect(await isGood(signAsDocumented('sk_test_other', PAYLOAD))).toBe(false)
    expect(await isGood(signAsDocumented(SECRET, PAYLOAD), 'sk_test_other')).toBe(false)
  })

  it('stand no change of one character', async () => {
    const link = signAsDocumented(SECRET, PAYLOAD)
    await fc.assert(
      fc.asyncProperty(fc.nat(link.length - 1), fc.constantFrom(...ALPHABET), async (at, character) => {
        fc.pre(link[at] !== character)
        expect(await isGood(link.slice(0, at) + character + link.slice(at + 1))).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['', 'nothing'],
    ['chk_aaaaaaaaaaaaaaaaaaaaaa', 'a checkout'],
    ['lnk2.0123456789abcdef.e30.AAAA', 'another version'],
    [`lnk1.0123456789abcdef.${'a'.repeat(4001)}.${'A'.repeat(43)}`, 'one that is too long'],
    [`${signAsDocumented(SECRET, PAYLOAD)}~short`, 'an opening that is none'],
    [`${signAsDocumented(SECRET, PAYLOAD)}\n`, 'one with a line behind it'],
  ])('%j is not one: %s', (text) => {
    expect(parseLink(text)).toBeUndefined()
  })

  it('hold what is no JSON as undefined', async () => {
    const signed = `lnk1.0123456789abcdef.${Buffer.from([0x22, 0xff, 0x22]).toString('base64url')}`
    const link = parseLink(`${signed}.${'A'.repeat(43)}`)
    expect(link && payloadOf(link)).toBeUndefined()
  })
})

describe('link keys at rest', () => {
  const seal = createLinkKeySeal('ab'.repeat(32))
  const iv = new Uint8Array(12).fill(7)

  it('open for the key and the deployment that they were sealed for', async () => {
    const sealed = await seal.seal('0123456789abcdef', 'a-link-key', iv)
    expect(sealed).not.toContain('a-link-key')
    expect(await seal.open('0123456789abcdef', sealed)).toBe('a-link-key')
    await expect(seal.open('0123456789abcdee', sealed)).rejects.toThrow()
    await expect(createLinkKeySeal('ac'.repeat(32)).open('0123456789abcdef', sealed)).rejects.toThrow()
  })
})
