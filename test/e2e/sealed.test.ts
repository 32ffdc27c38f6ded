import { describe, expect, it } from 'vitest'
import { type Provisioning, provision } from '../../scripts/provision/provision.ts'
import { ed25519Key } from '../../scripts/provision/signer.ts'
import { dataModules, type VaultAlteration, type VaultParts } from '../../scripts/stack/vault.ts'
import { eventually, freshKey, order, useStack } from './fixture.ts'

const lango = useStack()

const health = async () => {
  const response = await fetch(`${lango.stack.edgeUrl}/health`)
  const body = (await response.json()) as { core: { sealed: string }; epoch?: number }
  return { ...body, status: response.status }
}

const binding =
  (name: string, value: unknown): VaultAlteration =>
  (parts) => ({ ...parts, bindings: { ...parts.bindings, [name]: value } })

/** One of the data modules with other bytes. */
const module =
  (path: string, change: (bytes: Buffer) => Uint8Array): VaultAlteration =>
  (parts) => ({
    ...parts,
    modules: parts.modules.map((each) =>
      each.path === path ? { ...each, contents: change(Buffer.from(each.contents as Uint8Array)) } : each,
    ),
  })

/** Bound by the same code and vars, sealed otherwise. */
const sealedAs =
  (change: (provisioning: Provisioning) => Provisioning): VaultAlteration =>
  (parts, provisioning): VaultParts => {
    const others = parts.modules.filter(({ path }) => !['manifest.bin', 'sealed.bin', 'trust.bin'].includes(path))
    return { ...parts, modules: [...others, ...dataModules(provision(change(provisioning)))] }
  }

/** A blob by somebody who has the master key; the trust stays this deployment's own. */
const forged: VaultAlteration = (parts, provisioning) => {
  const { sealed } = provision({ ...provisioning, provisioningKey: ed25519Key(Buffer.alloc(32, 1)) })
  return module('sealed.bin', () => sealed)(parts, provisioning)
}

const flip = (at: (bytes: Buffer) => number) => (bytes: Buffer) => {
  const bent = Buffer.from(bytes)
  const position = at(bent)
  bent[position] = (bent[position] ?? 0) ^ 1
  return bent
}

/** A byte of a text in vault.wasm that no code depends on: it loads as before, and is not the one that was sealed. */
const inAText = flip((bytes) => bytes.indexOf('lango/snapshot/v1'))
const bothOf =
  (change: (bytes: Buffer) => Uint8Array): VaultAlteration =>
  (parts, provisioning) =>
    module('vault.bin', change)(module('vault.wasm', change)(parts, provisioning), provisioning)

const ALTERATIONS: readonly (readonly [what: string, code: string, logged: string, alteration: VaultAlteration])[] = [
  ['a var', 'E1004', 'var PAWAPAY_CALLBACK_MODE', binding('PAWAPAY_CALLBACK_MODE', 'hint')],
  ['the origin of the gateway', 'E1004', 'var PAWAPAY_ORIGIN', binding('PAWAPAY_ORIGIN', 'http://127.0.0.1:9')],
  ['the name of the Worker', 'E1004', 'worker', binding('LANGO_WORKER_NAME', 'lango-vault-production')],
  ['the environment', 'E1004', 'environment', binding('LANGO_ENVIRONMENT', 'production')],
  ['the version tag', 'E1004', 'versionTag', binding('CF_VERSION_METADATA', { id: '', tag: 'another', timestamp: '' })],
  ['a byte of vault.wasm', 'E1004', 'module', bothOf(inAText)],
  ['the type of a binding', 'E1004', 'binding CF_VERSION_METADATA', binding('CF_VERSION_METADATA', 'not an object')],
  ['the master key', 'E1005', 'core_closed', binding('LANGO_MASTER_KEY', 'ab'.repeat(32))],
  ['no master key', 'E1001', 'LANGO_MASTER_KEY', binding('LANGO_MASTER_KEY', '')],
  [
    'a byte of the ciphertext',
    'E1006',
    'core_closed',
    module(
      'sealed.bin',
      flip(() => 200),
    ),
  ],
  [
    'the last byte of the signature',
    'E1011',
    'core_closed',
    module(
      'sealed.bin',
      flip(({ length }) => length - 1),
    ),
  ],
  ['a blob that is cut off', 'E1002', 'core_closed', module('sealed.bin', (bytes) => bytes.subarray(0, -1))],
  ['a blob without a byte', 'E1002', 'core_closed', module('sealed.bin', () => new Uint8Array(0))],
  [
    'a manifest that was edited',
    'E1004',
    'core_closed',
    module(
      'manifest.bin',
      flip((bytes) => bytes.indexOf('127.0.0.1')),
    ),
  ],
  [
    "another environment's blob",
    'E1004',
    'environment',
    sealedAs((given) => ({ ...given, facts: { ...given.facts, environment: 'production' } })),
  ],
  ['a blob by another signer', 'E1011', 'core_closed', forged],
  ['a blob that is over', 'E1007', 'core_closed', sealedAs((given) => ({ ...given, notAfterS: given.notBeforeS + 1 }))],
  ['a blob of an epoch that is over', 'E1008', 'core_closed', sealedAs((given) => ({ ...given, epochMin: 2 }))],
  [
    'a blob of two shares, and one key',
    'E1001',
    'secondShare',
    sealedAs((given) => ({ ...given, master: { ...given.master, secondShare: Buffer.alloc(32, 3) } })),
  ],
]

const sentToGateway = () => lango.stack.pawapay.requests().filter(({ method }) => method === 'POST').length

describe('I12: a vault that is other than what it was sealed for', () => {
  it.each(ALTERATIONS)(
    '%s: 503 core_sealed with %s, nothing is sent, and changed back it pays',
    async (_, code, logged, alteration) => {
      const before = sentToGateway()
      const from = lango.logs.length
      await lango.stack.alterVault(alteration)
      const body = order()
      const headers = { 'idempotency-key': freshKey() }
      for (let i = 0; i < 2; i++) {
        const answer = await lango.pay(body, headers)
        expect(answer).toMatchObject({ status: 503, body: { code: 'core_sealed' } })
        expect(answer.headers.get('idempotent-replayed')).toBeNull()
      }
      expect(sentToGateway()).toBe(before)
      expect(await health()).toMatchObject({ status: 503, core: { sealed: code } })
      const lines = () => lango.logs.slice(from).filter((line) => /"core_closed"|"misconfigured"/.test(line))
      await eventually(() => lines().some((line) => line.includes(`"${code}"`) && line.includes(logged)))

      await lango.stack.alterVault(null)
      expect(await health()).toMatchObject({ status: 200, core: { sealed: 'ok', epoch: 1 } })
      expect(await lango.pay(body, headers)).toMatchObject({ status: 201 })
      expect(sentToGateway()).toBe(before + 1)
    },
  )

  it('a callback cannot be verified by a closed core: 503, so that the gateway tries again', async () => {
    await lango.stack.alterVault(binding('LANGO_MASTER_KEY', 'ab'.repeat(32)))
    const response = await fetch(`${lango.stack.edgeUrl}/webhooks/pawapay/deposits`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(503)
    await lango.stack.alterVault(null)
  })

  it('the previous master key opens while the key is changed', async () => {
    await lango.stack.alterVault((parts) => ({
      ...parts,
      bindings: {
        ...parts.bindings,
        LANGO_MASTER_KEY: 'ab'.repeat(32),
        LANGO_MASTER_KEY_PREVIOUS: parts.bindings['LANGO_MASTER_KEY'],
      },
    }))
    expect(await lango.pay(order())).toMatchObject({ status: 201 })
    await lango.stack.alterVault(null)
  })
})
