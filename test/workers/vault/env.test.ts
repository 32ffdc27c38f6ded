import { describe, expect, it } from 'vitest'
import { parseEnv } from '../../../src/vault/env.ts'

const PEM = `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(64)}\n-----END PRIVATE KEY-----\n`
const GOOD = {
  LANGO_ENVIRONMENT: 'production',
  LANGO_PUBLIC_ORIGIN: 'https://pay.example.com',
  LANGO_REFERENCE_KEY: '6c'.repeat(32),
  LANGO_ATTESTATION_KEY: 'a7'.repeat(32),
  LANGO_PERSONAL_KEY: 'c9'.repeat(32),
  PAWAPAY_ORIGIN: 'https://api.pawapay.io',
  PAWAPAY_TOKEN: 'a-token-that-is-long-enough',
  PAWAPAY_SIGNING_KEY: PEM,
  PAWAPAY_KEY_ID: 'LANGO:1',
  PAWAPAY_SIGNATURE_ENCODING: 'der',
  PAWAPAY_CALLBACK_MODE: 'signed',
}

describe('the environment of the vault', () => {
  it('becomes the configuration of the core, and the keys of personal data', () => {
    const previous = { LANGO_ATTESTATION_KEY_PREVIOUS: 'b8'.repeat(32), LANGO_PERSONAL_KEY_PREVIOUS: 'd0'.repeat(32) }
    expect(parseEnv({ ...GOOD, ...previous })).toEqual({
      ok: true,
      value: {
        core: {
          environment: 'production',
          referenceKey: '6c'.repeat(32),
          attestation: { current: 'a7'.repeat(32), previous: 'b8'.repeat(32) },
          callbackAuthorities: ['pay.example.com'],
          pawapay: {
            origin: 'https://api.pawapay.io',
            token: GOOD.PAWAPAY_TOKEN,
            signingKey: PEM,
            keyId: 'LANGO:1',
            signatureEncoding: 'der',
            callbackMode: 'signed',
          },
        },
        personalKeys: { current: 'c9'.repeat(32), previous: 'd0'.repeat(32) },
      },
    })
  })

  it.each(Object.keys(GOOD))('I12: without %s it is refused, and so is an empty one', (variable) => {
    const { [variable as keyof typeof GOOD]: _, ...rest } = GOOD
    expect(parseEnv(rest)).toEqual({ ok: false, error: { variable, code: 'E1001' } })
    expect(parseEnv({ ...rest, [variable]: '' })).toEqual({ ok: false, error: { variable, code: 'E1001' } })
  })

  it.each([
    ['LANGO_ENVIRONMENT', 'prod'],
    ['LANGO_PUBLIC_ORIGIN', 'https://pay.example.com/'],
    ['LANGO_PUBLIC_ORIGIN', 'http://pay.example.com'],
    ['LANGO_REFERENCE_KEY', '6c'.repeat(31)],
    ['LANGO_REFERENCE_KEY', '6C'.repeat(32)],
    ['LANGO_ATTESTATION_KEY', 'not a key'],
    ['LANGO_ATTESTATION_KEY', 'a7'.repeat(31)],
    ['LANGO_ATTESTATION_KEY_PREVIOUS', 'a7'],
    ['LANGO_PERSONAL_KEY', 'c9'.repeat(31)],
    ['LANGO_PERSONAL_KEY_PREVIOUS', 'not a key'],
    ['PAWAPAY_ORIGIN', 'http://api.pawapay.io'],
    ['PAWAPAY_ORIGIN', 'https://token@api.pawapay.io'],
    ['PAWAPAY_ORIGIN', 'https://api.pawapay.io/v2'],
    ['PAWAPAY_TOKEN', 'two words of a token'],
    ['PAWAPAY_TOKEN', 'line\r\nX-Injected: 1 header'],
    ['PAWAPAY_SIGNING_KEY', '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----'],
    ['PAWAPAY_SIGNATURE_ENCODING', 'DER'],
    ['PAWAPAY_CALLBACK_MODE', 'unsigned'],
  ])('a malformed %s is named, its value is not', (variable, value) => {
    const answer = parseEnv({ ...GOOD, [variable]: value })
    expect(answer).toEqual({ ok: false, error: { variable, code: 'E1002' } })
  })

  it('http is for development alone', () => {
    const http = { LANGO_PUBLIC_ORIGIN: 'http://127.0.0.1:8787', PAWAPAY_ORIGIN: 'http://127.0.0.1:8090' }
    expect(parseEnv({ ...GOOD, ...http, LANGO_ENVIRONMENT: 'development' }).ok).toBe(true)
    expect(parseEnv({ ...GOOD, ...http, LANGO_ENVIRONMENT: 'staging' }).ok).toBe(false)
  })

  it.each([undefined, null, 'text', 7])('%s is no environment', (env) => {
    expect(parseEnv(env).ok).toBe(false)
  })
})
