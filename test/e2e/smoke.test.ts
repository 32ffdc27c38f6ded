import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { smoke } from '../../scripts/smoke/checks.ts'
import { useStack } from './fixture.ts'

const lango = useStack()

const run = (url: string, key?: string): Promise<{ stdout: string; code: number }> =>
  promisify(execFile)(process.execPath, ['scripts/smoke.ts', url], {
    env: { ...process.env, ...(key ? { LANGO_API_KEY: key } : { LANGO_API_KEY: '' }) },
  }).then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { stdout: string; code: number }) => ({ stdout: error.stdout, code: error.code }),
  )

it('a deployment that is up passes, and one payment is made in the sandbox', async () => {
  const { stdout, code } = await run(lango.stack.edgeUrl, lango.stack.secretKey)
  expect(stdout).toMatch(/ok\s+a payment succeeds, and its repetition is the same payment: pay_\w+ is succeeded/)
  expect(stdout).toMatch(/7 passed, 0 failed\n$/)
  expect(code).toBe(0)
  expect(lango.stack.pawapay.captures()).toHaveLength(1)
})

it('without a key nothing is paid, and it says what was not asked', async () => {
  const before = lango.stack.pawapay.captures().length
  const { stdout } = await run(lango.stack.edgeUrl)
  expect(stdout).toMatch(/not asked\s+a payment succeeds.*: needs a test key in LANGO_API_KEY/)
  expect(stdout).toMatch(/5 passed, 0 failed\n$/)
  expect(lango.stack.pawapay.captures()).toHaveLength(before)
})

describe('a deployment that is not what it should be', () => {
  const options = {
    origin: 'https://pay.example.com',
    phoneNumber: '260763456789',
    amount: '15.5',
    currency: 'ZMW',
    nowMs: () => 0,
    sleep: async () => {},
    unique: () => 'x',
  }
  const failing = async (fetch: typeof globalThis.fetch, secretKey?: string) =>
    (await smoke({ ...options, ...(secretKey ? { secretKey } : {}), fetch }, () => {})).filter(
      ({ outcome }) => outcome === 'failed',
    )

  it('some other site fails everything', async () => {
    const failed = await failing(async () => new Response('<h1>Hello</h1>'))
    expect(failed.map(({ name }) => name)).toHaveLength(5)
  })

  it('nobody there: each check says so', async () => {
    const failed = await failing(async () => {
      throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') })
    })
    expect(failed).toHaveLength(5)
    for (const { saw } of failed) expect(saw).toBe('no answer: getaddrinfo ENOTFOUND')
  })

  it('a sealed core is named with its code', async () => {
    const body = { status: 'unavailable', core: { sealed: 'E1004' }, dependencies: { vault: 'ok' } }
    const [first] = await failing(async () => Response.json(body, { status: 503 }))
    expect(first?.saw).toContain('the core is sealed (E1004)')
  })

  it('a live key is never used to pay', async () => {
    const paid: string[] = []
    await failing(async (input, init) => {
      const headers = new Headers(init?.headers)
      if (headers.has('authorization') && headers.has('idempotency-key')) paid.push(String(input))
      return Response.json({ code: 'missing_idempotency_key' }, { status: 400 })
    }, 'sk_live_0123456789')
    expect(paid).toEqual([])
  })

  it('a repetition that makes a second payment is caught', async () => {
    let n = 0
    const failed = await failing(
      async () => Response.json({ id: `pay_${n++}`, status: 'pending' }, { status: 201 }),
      'sk_test_x',
    )
    expect(failed.at(-1)?.saw).toContain('not the same payment')
  })
})
