import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CheckResult, checkPawapay } from '../../scripts/pawapay-check/check.ts'
import { type Pawapay, startPawapay } from '../emulators/pawapay/server.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', {
  namedCurve: 'prime256v1',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const TOKEN = 'token-of-the-check'
const KEY_ID = 'CHECK:1'

let sandbox: Pawapay
beforeAll(async () => {
  sandbox = await startPawapay({
    port: 0,
    token: TOKEN,
    // As at home: no callback gets here.
    callbackBase: 'http://127.0.0.1:9/webhooks/pawapay',
    requestKeys: { [KEY_ID]: publicKey },
  })
})
afterAll(() => sandbox.close())

const check = (over: Partial<Parameters<typeof checkPawapay>[0]> = {}): Promise<CheckResult> =>
  checkPawapay(
    {
      origin: sandbox.url,
      token: TOKEN,
      keyId: KEY_ID,
      signingKey: privateKey,
      countries: ['ZMB'],
      patienceMs: 14_000,
      ...over,
    },
    { paid: () => {}, found: () => {} },
  )

const verdictOf = ({ found }: CheckResult, id: string) => found.find((each) => each.id === id)

it('an account that is as the documents say: every number ends as published, every question has an answer', {
  timeout: 180_000,
}, async () => {
  const result = await check()
  expect(result.differs).toEqual([])
  expect(result.numbers.length).toBeGreaterThanOrEqual(15)
  expect(result.numbers.map(({ seen }) => seen)).toContain('FAILED/PAYER_NOT_FOUND')
  expect(verdictOf(result, 'same_id_twice')).toMatchObject({ answer: '200 DUPLICATE_IGNORED', verdict: 'as expected' })
  expect(verdictOf(result, 'raw_signatures')?.verdict).toBe('told')
  expect(verdictOf(result, 'callback_address')?.verdict).toBe('not asked')
  const signed = sandbox.requests().filter(({ method, path }) => method === 'POST' && path === '/v2/deposits')
  expect(signed.some(({ signature }) => signature === 'valid')).toBe(true)
})

it('what differs is named: an enforced signature that the account does not know, another callback address, a wrong token', {
  timeout: 120_000,
}, async () => {
  const strict = await startPawapay({
    port: 0,
    token: TOKEN,
    callbackBase: 'http://127.0.0.1:9/webhooks/pawapay',
    requestKeys: {},
    enforceSignatures: true,
  })
  try {
    const options = { origin: strict.url, patienceMs: 3_000, publicOrigin: 'https://pay.example.com' }
    const result = await check(options)
    // Nothing that was signed with a key it does not know is paid, and each of them is told.
    expect(strict.captures()).toEqual([])
    expect(result.differs.filter((line) => line.startsWith('26'))).not.toEqual([])
    expect(verdictOf(result, 'same_id_twice')?.verdict).toBe('not asked')
    expect(verdictOf(result, 'callback_address')?.verdict).toBe('differs')
    await expect(check({ origin: strict.url, token: 'another' })).rejects.toThrow(
      'is this the token of that environment?',
    )
  } finally {
    await strict.close()
  }
})
