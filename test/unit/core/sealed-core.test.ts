/** The committed vault.wasm and what it is sealed with: what opens, what stays closed and under which code. */
import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { programId } from '../../../scripts/provision/envelope.ts'
import { gatewaySpecs, sealedProgram } from '../../../scripts/provision/program.ts'
import { type Provisioning, provision } from '../../../scripts/provision/provision.ts'
import { ed25519Key } from '../../../scripts/provision/signer.ts'
import type { DepositOrder } from '../../../src/contracts/vault.ts'
import type { Deployment } from '../../../src/contracts/vault-core.ts'
import { createVaultCore } from '../../../src/core/vault-core.ts'
import type { GatewayReference, Msisdn, PaymentId } from '../../../src/domain/ids.ts'
import { deploymentOf, provisioningFor, type TestVault, varsOf } from '../../provisioned.ts'
import { loadBytes, loadModule } from './artefacts.ts'

const module = loadModule('vault.wasm')
const bytes = loadBytes('vault.wasm')
const nowMs = Date.UTC(2026, 10, 21, 8)
const nowS = nowMs / 1000

const VAULT: TestVault = {
  environment: 'staging',
  referenceKey: '6c'.repeat(32),
  attestation: { current: 'ab'.repeat(32) },
  callbackAuthorities: ['pay.example.com'],
  pawapay: {
    origin: 'https://api.sandbox.pawapay.io',
    token: 'secret-token',
    signingKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    }) as string,
    keyId: 'LANGO:1',
    signatureEncoding: 'der',
    callbackMode: 'signed',
  },
}

/** As `payments::reference` encodes it: attempt 3 of a payment of key 07…. */
const ORDER: DepositOrder = {
  v: 1,
  gateway: 'pawapay',
  paymentId: `pay_${'07'.repeat(13)}` as PaymentId,
  attempt: 3,
  reference: '2ef59e2c-8b8e-45f9-b113-648e234ea260' as GatewayReference,
  amountMinor: '1500',
  currency: 'ZMW',
  phoneNumber: '260763456789' as Msisdn,
  provider: 'MTN_MOMO_ZMB',
}

const provisioning = provisioningFor(VAULT, bytes)
const deployment = deploymentOf(provisioning, varsOf(VAULT))
const provisionedAs = (change: Partial<Provisioning>): Deployment =>
  deploymentOf({ ...provisioning, ...change }, varsOf(VAULT))
const coreOf = (given: Deployment, atMs = nowMs) => createVaultCore(module, given, () => atMs)
const codeOf = (given: Deployment, atMs = nowMs): string => {
  const opened = coreOf(given, atMs).open()
  return opened.ok ? 'ok' : opened.code
}

/** One instance for many: a closed one is opened again with another blob. */
const many = (sealedAt: (index: number) => Uint8Array): ((index: number) => string) => {
  let sealed = deployment.sealed
  const core = coreOf({
    ...deployment,
    get sealed() {
      return sealed
    },
  })
  return (index) => {
    sealed = sealedAt(index)
    const opened = core.open()
    return opened.ok ? 'ok' : opened.code
  }
}

/** Ten thousand openings, each of which measures the module. */
const EVERY_BYTE_MS = 300_000

test('it opens, and says what it is', () => {
  const opened = coreOf(deployment).open()
  if (!opened.ok) throw new Error(opened.code)
  expect(opened.opening).toEqual({
    epoch: 1,
    notAfterS: provisioning.notAfterS,
    imprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    programId: programId(provisioning.facts.program).toString('hex'),
    gateways: [{ name: 'pawapay', origin: VAULT.pawapay.origin, callbackMode: 'signed' }],
  })
})

/** Where each field of the head ends, and what a bent byte in it is told as (SECURITY.md). */
const FIELDS: readonly (readonly [end: number, codes: RegExp])[] = [
  [4, /^E1002$/],
  [5, /^E1003$/],
  [6, /^E1003$/],
  [7, /^E1003$/],
  [11, /^E1004$/],
  [27, /^E1006$/],
  [28, /^E1002$|^E1004$/],
  [44, /^E1005$/],
  [52, /^E1004$/],
  [116, /^E1005$/],
  [120, /^E1002$/],
]

test(
  'a bent bit in every byte has its code',
  () => {
    const { sealed } = deployment
    const bent = (at: number): Uint8Array => sealed.map((byte, index) => (index === at ? byte ^ 0x10 : byte))
    const code = many(bent)
    for (let at = 0; at < sealed.length; at++) {
      const signature = at >= sealed.length - 64 ? /^E1011$/ : /^E1006$/
      expect(code(at), `byte ${at}`).toMatch(FIELDS.find(([end]) => at < end)?.[1] ?? signature)
    }
    expect(codeOf(deployment)).toBe('ok')
  },
  EVERY_BYTE_MS,
)

test(
  'cut off anywhere it is malformed',
  () => {
    const { sealed } = deployment
    const code = many((length) => sealed.subarray(0, length))
    for (let length = 0; length < sealed.length; length++) expect(code(length), `${length} bytes`).toBe('E1002')
  },
  EVERY_BYTE_MS,
)

test('the right master key and the wrong signer', () => {
  const other = provisionedAs({ provisioningKey: ed25519Key(Buffer.alloc(32, 1)) })
  expect(codeOf({ ...deployment, sealed: other.sealed })).toBe('E1011')
  expect(codeOf(other)).toBe('ok')
})

test('a manifest that was changed along with the vars is another imprint', () => {
  const other = provisioningFor({ ...VAULT, pawapay: { ...VAULT.pawapay, callbackMode: 'hint' } }, bytes)
  const vars = Object.entries({ ...varsOf(VAULT), PAWAPAY_CALLBACK_MODE: 'hint' })
  expect(codeOf({ ...deployment, manifest: provision(other).manifest, seen: { ...deployment.seen, vars } })).toBe(
    'E1004',
  )
})

test('it opens from its first second to its last, and signs nothing after it', () => {
  const timed = provisionedAs({ notBeforeS: nowS, notAfterS: nowS + 10 })
  expect([-1, 0, 10, 11].map((after) => codeOf(timed, nowMs + after * 1000))).toEqual(['E1007', 'ok', 'ok', 'E1007'])
  const open = coreOf(timed)
  expect(open.buildDeposit(ORDER, nowMs + 10_999).ok).toBe(true)
  expect(open.buildDeposit(ORDER, nowMs + 11_000)).toEqual({ ok: false, code: 'E1007' })
})

test.each([
  ['an origin that is not sealed', { origins: ['https://api.pawapay.io'] }, 'E1101'],
  ['an origin that begins like a sealed one', { origins: ['https://api.sandbox.pawapay.i'] }, 'E1101'],
  ['a header that is not sealed', { headers: ['authorization', 'content-type'] }, 'E1102'],
  ['a body that is larger than what is sealed', { bodyBytesMax: 100 }, 'E1103'],
])('%s: the request does not leave', (_, part, code) => {
  const core = coreOf(provisionedAs({ bundle: { ...provisioning.bundle, ...part } }))
  expect(core.buildDeposit(ORDER, nowMs)).toEqual({ ok: false, code })
})

test('an origin has to stand in the imprint, too', () => {
  const facts = { ...provisioning.facts, outboundOrigins: ['https://api.pawapay.io'] }
  expect(coreOf(provisionedAs({ facts })).buildDeposit(ORDER, nowMs)).toEqual({ ok: false, code: 'E1101' })
})

test('a program is the one that the imprint names', () => {
  const policy = { default: { amountCapMinor: { ZMW: '1' } } }
  const { program } = sealedProgram(gatewaySpecs(['pawapay']), policy)
  const withProgram = { bundle: { ...provisioning.bundle, program } }
  expect(codeOf(provisionedAs(withProgram))).toBe('E1201')
  const core = coreOf(provisionedAs({ ...withProgram, facts: { ...provisioning.facts, program } }))
  expect(core.open()).toMatchObject({ ok: true, opening: { programId: programId(program).toString('hex') } })
  expect(core.buildDeposit(ORDER, nowMs)).toEqual({ ok: false, code: 'E1320', rule: 'amount_cap' })
  const none = { bundle: { ...provisioning.bundle, program: new Uint8Array(0) } }
  const facts = { ...provisioning.facts, program: new Uint8Array(0) }
  expect(coreOf(provisionedAs({ ...none, facts })).open()).toEqual({ ok: false, code: 'E1001', fields: ['program'] })
})

test('when the time of the current signing key is up, the next one signs', () => {
  const [signing, ...others] = provisioning.bundle.keys
  if (!signing) throw new Error('no key')
  const keys = [{ ...signing, notAfterS: nowS }, { ...signing, slot: 'next' as const, kid: 'LANGO:2' }, ...others]
  const rotating = provisionedAs({ bundle: { ...provisioning.bundle, keys } })
  const keyIdAt = (atMs: number): string | undefined => {
    const built = coreOf(rotating, atMs).buildDeposit(ORDER, atMs)
    return built.ok
      ? /keyid="([^"]*)"/.exec(JSON.stringify(built.request.headers).replaceAll('\\', ''))?.[1]
      : built.code
  }
  expect([keyIdAt(nowMs), keyIdAt(nowMs + 1000)]).toEqual(['LANGO:1', 'LANGO:2'])
})
