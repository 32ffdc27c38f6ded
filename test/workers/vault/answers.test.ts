import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { DepositOrder } from '../../../src/contracts/vault.ts'
import type { Deployment } from '../../../src/contracts/vault-core.ts'
import { createDecideCore } from '../../../src/core/decide.ts'
import decideModule from '../../../src/core/decide-module.ts'
import { createVaultCore } from '../../../src/core/vault-core.ts'
import vaultModule, { vaultBytes } from '../../../src/core/vault-module.ts'
import type { Msisdn } from '../../../src/domain/ids.ts'
import { createCoreHolder } from '../../../src/vault/core-holder.ts'
import { createKeyCache } from '../../../src/vault/key-cache.ts'
import { createTokenCache } from '../../../src/vault/token-cache.ts'
import { createTransport } from '../../../src/vault/transport.ts'
import { createVault } from '../../../src/vault/vault.ts'

/** The vault as it is deployed, core and transport, over a gateway that answers what the test says. */
const ORIGIN = 'https://gateway.example'
const vars = env as unknown as Record<string, string>
const decide = createDecideCore(decideModule)
const REFERENCE_KEY = '6c'.repeat(32)

const paymentId = decide.paymentId('mer_answers', 'test', { kind: 'invoice', value: 'INV-1' })
const reference = decide.gatewayReference(REFERENCE_KEY, paymentId, 1)
const ORDER: DepositOrder = {
  v: 1,
  gateway: 'pawapay',
  paymentId,
  attempt: 1,
  reference,
  amountMinor: '1550',
  currency: 'ZMW',
  phoneNumber: '260763456789' as Msisdn,
  provider: 'MTN_MOMO_ZMB',
}
const QUERY = { v: 1, gateway: 'pawapay', operation: 'deposit', reference, currency: 'ZMW' } as const

/** Sealed by the test's configuration. */
const answeringVault = JSON.parse(vars['TEST_ANSWERING'] as string) as Record<
  'manifest' | 'sealed' | 'trust',
  string
> & {
  readonly vars: readonly (readonly [string, string])[]
}
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
const DEPLOYMENT: Deployment = {
  manifest: bytesOf(answeringVault.manifest),
  sealed: bytesOf(answeringVault.sealed),
  trust: bytesOf(answeringVault.trust),
  module: new Uint8Array(vaultBytes),
  seen: { versionTag: 'tests', bindings: [['LANGO_MASTER_KEY', 'string']], vars: answeringVault.vars },
  keys: () => ({ master: '5e'.repeat(32) }),
}

const answering = (status: number, body: string, contentType: string) => {
  const log: string[] = []
  const asked: string[] = []
  const write = (record: object) => void log.push(JSON.stringify(record))
  const keys = createKeyCache({ nowMs: () => Date.now(), sleep: async () => {}, fetchKeys: async () => [] })
  const tokens = createTokenCache({ nowMs: () => Date.now(), sleep: async () => {}, fetchToken: async () => null })
  const vault = createVault({
    core: createCoreHolder(() => createVaultCore(vaultModule, DEPLOYMENT, () => Date.now()), write),
    exchange: createTransport([ORIGIN], async (url, init) => {
      asked.push(`${init.method} ${new URL(url).pathname}`)
      return new Response(body, { status, headers: { 'content-type': contentType } })
    }),
    keysOf: () => keys,
    tokensOf: () => tokens,
    counterOf: () => {
      throw new Error('this policy has no cap of the day')
    },
    newToken: () => 'one',
    sleep: () => new Promise(() => {}),
    nowMs: () => Date.now(),
    log: write,
  })
  return { vault, log, asked }
}

const PAGES: Readonly<Record<string, readonly [body: string, contentType: string]>> = {
  HTML: ['<!DOCTYPE html><html><body><h1>Bad gateway for 260763456789</h1></body></html>', 'text/html'],
  XML: [
    '<?xml version="1.0"?><soap:Fault><faultstring>Send timeout</faultstring><status>COMPLETED</status></soap:Fault>',
    'text/xml',
  ],
  'JSON that says rejected': [
    JSON.stringify({ depositId: reference, status: 'REJECTED', failureReason: { failureCode: 'INVALID_AMOUNT' } }),
    'application/json',
  ],
  'JSON that says not found': ['{"status":"NOT_FOUND"}', 'application/json'],
  'an endless page': ['<p>'.repeat(60_000), 'text/html'],
}
const CODES = [500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530]
const errors = CODES.flatMap((code) => Object.keys(PAGES).map((page) => [code, page] as const))

describe('T18: an error of the gateway is no word about the payment', () => {
  it.each(errors)('%i with %s', async (code, page) => {
    const { vault, log } = answering(code, ...(PAGES[page] as readonly [string, string]))
    const sent = await vault.send(ORDER, () => {})
    const unknown = { kind: 'unknown', reason: page === 'an endless page' ? 'truncated' : `http_${code}` }
    expect(sent).toMatchObject(unknown)
    expect(await vault.status(QUERY, () => {})).toEqual(unknown)
    // Nothing of the page goes on: not in the outcome, not in a log.
    expect(JSON.stringify([sent, log])).not.toMatch(/<|260763456789|timeout|REJECTED/)
  })

  it.each([200, 400, 404])('a page with %i is none either', async (code) => {
    for (const page of ['HTML', 'XML']) {
      const { vault } = answering(code, ...(PAGES[page] as readonly [string, string]))
      expect(await vault.send(ORDER, () => {})).toMatchObject({ kind: 'unknown', reason: 'unreadable' })
      expect(await vault.status(QUERY, () => {})).toEqual({ kind: 'unknown', reason: 'unreadable' })
    }
  })
})

describe('T20: an answer that says that ours exists already', () => {
  it.each([
    ['a duplicate that is ignored', 200, { depositId: reference, status: 'DUPLICATE_IGNORED' }],
    ['a duplicate with 409', 409, { depositId: reference, status: 'DUPLICATE_IGNORED' }],
    ['a conflict over the resource', 409, { code: 'RESOURCE_ALREADY_EXIST', message: 'Duplicated reference id.' }],
    ['a conflict without a word', 409, {}],
    ['a duplicate reference', 400, { status: false, message: 'Duplicate Transaction Reference' }],
  ])('%s: unknown, so that it is asked about under the same reference', async (_, status, body) => {
    const { vault, asked } = answering(status, JSON.stringify(body), 'application/json')
    expect(await vault.send(ORDER, () => {})).toMatchObject({ kind: 'unknown' })
    await vault.status(QUERY, () => {})
    expect(asked).toEqual(['POST /v2/deposits', `GET /v2/deposits/${reference}`])
  })
})
