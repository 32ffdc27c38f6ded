import { describe, expect, it } from 'vitest'
import { parseEnv } from '../../../src/vault/env.ts'

const MASTER = '5e'.repeat(32)
const SHARE = '0f'.repeat(32)
const GOOD = {
  LANGO_ENVIRONMENT: 'production',
  LANGO_PUBLIC_ORIGIN: 'https://pay.example.com',
  PAWAPAY_ORIGIN: 'https://api.pawapay.io',
  LANGO_MASTER_KEY: MASTER,
  CF_VERSION_METADATA: { id: 'a', tag: '0123456789abcdef', timestamp: '' },
}

describe('the environment of the vault', () => {
  it('is gathered as it is: whether it is the right one is for the core to say', async () => {
    const parsed = await parseEnv({ ...GOOD, SOMETHING: {}, LANGO_OTHER: 'other' })
    if (!parsed.ok) throw new Error(parsed.error.variable)
    expect(parsed.value.seen).toEqual({
      versionTag: '0123456789abcdef',
      bindings: [
        ['LANGO_ENVIRONMENT', 'string'],
        ['LANGO_PUBLIC_ORIGIN', 'string'],
        ['PAWAPAY_ORIGIN', 'string'],
        ['LANGO_MASTER_KEY', 'string'],
        ['CF_VERSION_METADATA', 'object'],
        ['SOMETHING', 'object'],
        ['LANGO_OTHER', 'string'],
      ],
      vars: [
        ['LANGO_ENVIRONMENT', 'production'],
        ['LANGO_PUBLIC_ORIGIN', 'https://pay.example.com'],
        ['PAWAPAY_ORIGIN', 'https://api.pawapay.io'],
      ],
    })
    expect(JSON.stringify(parsed.value.seen)).not.toContain(MASTER)
    expect(parsed.value.keys()).toEqual({ master: MASTER })
  })

  it('a previous master key and a second share are handed over when there are any', async () => {
    const given = { LANGO_MASTER_KEY_PREVIOUS: 'd0'.repeat(32), LANGO_SECOND_SHARE: SHARE }
    const keys = { master: MASTER, masterPrevious: 'd0'.repeat(32), secondShare: SHARE }
    const parsed = await parseEnv({ ...GOOD, ...given })
    expect(parsed.ok && parsed.value.keys()).toEqual(keys)
    // As the Secrets Store hands it over.
    const stored = await parseEnv({ ...GOOD, ...given, LANGO_SECOND_SHARE: { get: async () => SHARE } })
    expect(stored.ok && stored.value.keys()).toEqual(keys)
  })

  it('a store that does not answer is an error that says so', async () => {
    const get = () => Promise.reject(new Error(SHARE))
    const error = { variable: 'LANGO_SECOND_SHARE', code: 'E1001' }
    expect(await parseEnv({ ...GOOD, LANGO_SECOND_SHARE: { get } })).toEqual({ ok: false, error })
  })

  it.each([undefined, ''])('I12: without a master key (%o) it is refused', async (value) => {
    const error = { variable: 'LANGO_MASTER_KEY', code: 'E1001' }
    expect(await parseEnv({ ...GOOD, LANGO_MASTER_KEY: value })).toEqual({ ok: false, error })
  })

  it.each([
    ['LANGO_MASTER_KEY', 'not a key'],
    ['LANGO_MASTER_KEY', `${MASTER}\n`],
    ['LANGO_MASTER_KEY', MASTER.toUpperCase()],
    ['LANGO_MASTER_KEY_PREVIOUS', '5e'.repeat(31)],
    ['LANGO_SECOND_SHARE', '5e'.repeat(33)],
    ['LANGO_SECOND_SHARE', { get: async () => 'not a key' }],
  ])('a malformed %s is named, its value is not', async (variable, value) => {
    expect(await parseEnv({ ...GOOD, [variable]: value })).toEqual({ ok: false, error: { variable, code: 'E1002' } })
  })

  it.each([undefined, null, 'text', 7])('%s is no environment', async (env) => {
    expect((await parseEnv(env)).ok).toBe(false)
  })
})
