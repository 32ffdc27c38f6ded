import { describe, expect, it } from 'vitest'
import { parseEnv } from '../../src/edge/env.ts'
import { describeError } from '../../src/edge/log.ts'

const GOOD = {
  LANGO_ENVIRONMENT: 'production',
  LANGO_PUBLIC_ORIGIN: 'https://pay.example.com',
  LANGO_CONSUMER_ORIGIN: 'https://deliveries.example.com',
  UPSTASH_REDIS_REST_URL: 'https://example.upstash.io',
  UPSTASH_REDIS_REST_TOKEN: 'x'.repeat(32),
  QSTASH_URL: 'https://qstash.upstash.io',
  QSTASH_TOKEN: 'x'.repeat(32),
  LANGO_FINGERPRINT_KEY: 'ab'.repeat(32),
  VAULT: {},
  CONSUMER: {},
  PAYMENTS: {},
}

describe('the environment', () => {
  it('is taken whole', () => expect(parseEnv(GOOD).ok).toBe(true))

  it.each(Object.keys(GOOD))('is refused without %s, by name', (variable) => {
    const { [variable as keyof typeof GOOD]: _, ...rest } = GOOD
    expect(parseEnv(rest)).toEqual({ ok: false, error: { variable } })
  })

  it.each([
    ['LANGO_ENVIRONMENT', 'prod'],
    ['LANGO_PUBLIC_ORIGIN', 'https://pay.example.com/'],
    ['LANGO_PUBLIC_ORIGIN', 'pay.example.com'],
    ['UPSTASH_REDIS_REST_URL', 'redis://localhost'],
    ['UPSTASH_REDIS_REST_TOKEN', ''],
    ['LANGO_FINGERPRINT_KEY', 'ab'.repeat(31)],
    ['VAULT', 'lango-vault'],
  ])('is refused with a malformed %s (%s), and the value is not told', (variable, value) => {
    expect(parseEnv({ ...GOOD, [variable]: value })).toEqual({ ok: false, error: { variable } })
  })
})

describe('T55: an error in the log', () => {
  it('has its causes, without keys, tokens and numbers', () => {
    const error = new Error('send to +260 763 456 789 failed', {
      cause: new Error('Bearer abc.def for sk_test_lango_dev'),
    })
    const text = JSON.stringify(describeError(error))
    expect(text).not.toMatch(/763|abc\.def|sk_test/)
    expect(text).toContain('[digits]')
    expect(describeError(error)).toHaveLength(2)
  })

  it("has nothing of an SDK's message, which quotes the command", () => {
    class UpstashError extends Error {
      override readonly name = 'UpstashError'
    }
    const described = describeError(new UpstashError('ERR, command was: ["set","260763456789"]'))
    expect(described[0]?.['name']).toBe('UpstashError')
    expect(JSON.stringify(described)).not.toContain('command was')
  })
})
