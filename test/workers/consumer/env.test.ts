import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { parseEnv } from '../../../src/consumer/env.ts'

const VARIABLES = [
  'LANGO_ENVIRONMENT',
  'LANGO_CONSUMER_ORIGIN',
  'LANGO_REFERENCE_KEY',
  'LANGO_OPERATOR_KEY',
  'LANGO_PUBLIC_ORIGIN',
  'LANGO_WEBHOOK_KEY',
  'QSTASH_URL',
  'QSTASH_TOKEN',
  'QSTASH_CURRENT_SIGNING_KEY',
  'QSTASH_NEXT_SIGNING_KEY',
  'VAULT',
  'PAYMENTS',
  'DB',
]

describe('the environment of the consumer', () => {
  it('is complete as it is configured', () => {
    expect(parseEnv(env).ok).toBe(true)
  })

  it.each(VARIABLES)('without %s, or with an empty one, it is refused', (variable) => {
    for (const value of [undefined, ''])
      expect(parseEnv({ ...env, [variable]: value })).toEqual({ ok: false, error: { variable } })
  })

  it('has a Redis when it is given all of it', () => {
    const redis = {
      UPSTASH_REDIS_REST_URL: 'https://redis.example',
      UPSTASH_REDIS_REST_TOKEN: 'a token of the consumer',
    }
    expect(parseEnv({ ...env, ...redis })).toMatchObject({
      ok: true,
      value: { redis: { url: redis.UPSTASH_REDIS_REST_URL, token: redis.UPSTASH_REDIS_REST_TOKEN } },
    })
    expect(parseEnv(env)).toMatchObject({ ok: true, value: { redis: null } })
    // Half of it shares nothing, and stops nothing: a var and a secret come in two deployments.
    for (const variable of Object.keys(redis))
      expect(parseEnv({ ...env, ...redis, [variable]: undefined })).toMatchObject({
        ok: true,
        value: { redis: null, redisLacks: variable },
      })
    expect(parseEnv({ ...env, ...redis })).toMatchObject({ value: { redisLacks: null } })
  })

  it.each([
    ['LANGO_CONSUMER_ORIGIN', 'https://deliveries.example.com/'],
    ['LANGO_REFERENCE_KEY', 'not hex'],
    ['QSTASH_TOKEN', 'short'],
    ['LANGO_ENVIRONMENT', 'prod'],
  ])('a malformed %s is named, its value is not', (variable, value) => {
    expect(parseEnv({ ...env, [variable]: value })).toEqual({ ok: false, error: { variable } })
  })
})
