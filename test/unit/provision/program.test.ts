/** The compiler, and the committed vault.wasm running what it compiles. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { sealBlob } from '../../../scripts/provision/blob.ts'
import { encodeBundle } from '../../../scripts/provision/bundle.ts'
import { compileProgram } from '../../../scripts/provision/compile.ts'
import { POLICY_RULES } from '../../../scripts/provision/compile-policy.ts'
import { compiledFiles } from '../../../scripts/provision/compiled.ts'
import { disassemble } from '../../../scripts/provision/disassemble.ts'
import { envelop, programId } from '../../../scripts/provision/envelope.ts'
import { specProblems } from '../../../scripts/provision/gateways.ts'
import { encodeManifest, imprintOf } from '../../../scripts/provision/imprint.ts'
import { FIELDS, INPUTS, ISA, ROUTINES } from '../../../scripts/provision/isa.ts'
import { gatewaySpecs, type SealedProgram, sealedProgram } from '../../../scripts/provision/program.ts'
import type { GatewaySpec, Policy, PolicyRules } from '../../../scripts/provision/spec.ts'
import type { DepositOrder } from '../../../src/contracts/vault.ts'
import { createVaultCore } from '../../../src/core/vault-core.ts'
import type { MerchantId } from '../../../src/domain/ids.ts'
import { deploymentFor, deploymentOf, provisioningFor, type TestVault, varsOf } from '../../provisioned.ts'
import { loadBytes, loadModule } from '../core/artefacts.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const read = (file: string): Buffer => readFileSync(path.join(root, file))
const recorded = JSON.parse(read('test/vectors/gateways/pawapay-requests.json').toString())
const specs = gatewaySpecs(['pawapay'])
const pawapay = specs.find(({ gateway }) => gateway === 'pawapay') as GatewaySpec
const module = loadModule('vault.wasm')

const bytes = loadBytes('vault.wasm')
const NOON = Date.UTC(2026, 10, 21, 12, 0)

const vaultOf = (program: SealedProgram, signatureEncoding = 'der'): TestVault => ({
  environment: 'development',
  referenceKey: recorded.referenceKey,
  attestation: { current: 'ab'.repeat(32) },
  callbackAuthorities: ['pay.example.com'],
  pawapay: { ...recorded.settings, signingKey: recorded.signingKey, signatureEncoding, callbackMode: 'signed' },
  program,
})

/** Each call is a deployment of its own: the salt of its blob is drawn, and the ISA key comes of that. */
const deployed = (used: readonly GatewaySpec[] = specs, policy?: Policy, signatureEncoding?: string) => {
  const vault = vaultOf(sealedProgram(used, policy), signatureEncoding)
  return createVaultCore(module, deploymentFor(vault, bytes), () => NOON)
}

describe('what is committed', () => {
  it.each([...compiledFiles()])('%s is what the compiler makes of the specs', (file, contents) => {
    // Changed a spec or the compiler? node scripts/provision/compiled.ts
    expect(read(file).equals(Buffer.from(contents))).toBe(true)
  })

  it('the instruction set is the same in both languages', () => {
    const rust = read('rust-core/crates/vm/src/isa.rs').toString()
    const names = [...rust.matchAll(/^ {4}(\d+)\s+([A-Z]\w+)\s/gm)].map(([, code, name]) => [Number(code), name])
    expect(names).toEqual(ISA.map(({ name }, code) => [code, name]))
    const inputs = [...rust.matchAll(/^ {4}\("(\w+)", Type::/gm)].map(([, name]) => name)
    expect(inputs).toEqual(INPUTS)
    const enumOf = (file: string, name: string): string[] => {
      const [, body = ''] = new RegExp(`pub enum ${name} \\{([^}]*)\\}`).exec(read(file).toString()) ?? []
      return body
        .split(',')
        .map((line) => line.trim())
        .filter((line) => line !== '')
    }
    const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
    expect(enumOf('rust-core/crates/vm/src/run.rs', 'Field')).toEqual(FIELDS.map(pascal))
    expect(enumOf('rust-core/crates/vm/src/program.rs', 'Routine')).toHaveLength(ROUTINES.length)
  })
})

describe('two deployments of the same specs', () => {
  const plain = compileProgram(specs, { default: {} })
  const KEYS = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)] as const

  it('share the program id and nothing else', () => {
    const [one, two] = KEYS.map((key) => envelop(plain, key)) as [Uint8Array, Uint8Array]
    expect(Buffer.from(one.subarray(4, 36))).toEqual(programId(plain))
    expect(Buffer.from(two.subarray(4, 36))).toEqual(programId(plain))
    const same = one.subarray(36).filter((byte, index) => byte === two[36 + index]).length
    // By chance one byte of 256 is the same.
    expect(same / one.length).toBeLessThan(0.02)
  })

  it("refuse each other's program, though all else is right", () => {
    const vault = vaultOf(sealedProgram(specs))
    const provisioning = provisioningFor(vault, bytes)
    const right = deploymentOf(provisioning, varsOf(vault))
    expect(createVaultCore(module, right, () => NOON).open().ok).toBe(true)
    for (const foreign of KEYS) {
      const sealed = sealBlob({
        ...provisioning,
        plaintext: () => encodeBundle({ ...provisioning.bundle, program: envelop(plain, foreign) }),
        imprint: imprintOf(encodeManifest(provisioning.facts)),
        epoch: provisioning.facts.epoch,
      })
      expect(createVaultCore(module, { ...right, sealed }, () => NOON).open()).toEqual({
        ok: false,
        code: 'E1201',
        fields: ['program'],
      })
    }
  })

  it('build the same requests, byte for byte those of the adapter that was there before', () => {
    expect(recorded.deposits.length).toBeGreaterThan(50)
    for (const _deployment of KEYS) {
      const cores = { der: deployed(specs, undefined, 'der'), raw: deployed(specs, undefined, 'raw') }
      for (const { encoding, nowMs, order, request } of recorded.deposits)
        expect(cores[encoding as 'der' | 'raw'].buildDeposit({ ...recorded.order, ...order }, nowMs)).toEqual({
          ok: true,
          request,
        })
      const core = cores.der
      expect(core.buildDepositStatus('pawapay', recorded.order.reference)).toMatchObject({ request: recorded.status })
      expect(core.buildPublicKeys('pawapay')).toMatchObject({ request: recorded.publicKeys })
      expect(core.buildPredictProvider('pawapay', '+260 763-456789')).toMatchObject({ request: recorded.predict })
    }
  })
})

describe('the policy', () => {
  const noon = NOON
  const at = (hour: number, minute: number): number => Date.UTC(2026, 10, 21, hour, minute)
  const built = (policy: Policy, over: Partial<DepositOrder> = {}, nowMs = noon) => {
    return deployed(specs, policy).buildDeposit({ ...recorded.order, ...over }, nowMs)
  }
  const verdict = (rules: PolicyRules, over: Partial<DepositOrder>, nowMs?: number): string => {
    const answer = built({ default: rules }, over, nowMs)
    return answer.ok ? 'built' : (answer.rule ?? answer.code)
  }
  const office = { from: '08:00', until: '17:30', utcOffsetMinutes: 120 }
  const night = { from: '22:00', until: '06:00', utcOffsetMinutes: -60 }

  it.each([
    ['no rule', {}, {}, noon, 'built'],
    ['at the cap', { amountCapMinor: { ZMW: '1500' } }, {}, noon, 'built'],
    ['over the cap', { amountCapMinor: { ZMW: '1499' } }, {}, noon, 'amount_cap'],
    ['far over the cap', { amountCapMinor: { ZMW: '1499' } }, { amountMinor: '99999999999999999' }, noon, 'amount_cap'],
    ['a currency without a cap', { amountCapMinor: { USD: '100000' } }, {}, noon, 'currency'],
    ['a provider that is named', { providers: ['MTN_MOMO_ZMB'] }, {}, noon, 'built'],
    ['another provider', { providers: ['AIRTEL_OAPI_ZMB'] }, {}, noon, 'provider'],
    ['no provider at all', { providers: [] }, {}, noon, 'provider'],
    ['a country that is named', { countries: ['RWA', 'ZMB'] }, {}, noon, 'built'],
    ['another country', { countries: ['RWA'] }, {}, noon, 'country'],
    ['just open', { hours: office }, {}, at(6, 0), 'built'],
    ['a minute early', { hours: office }, {}, at(5, 59), 'hours'],
    ['the last minute', { hours: office }, {}, at(15, 29), 'built'],
    ['just closed', { hours: office }, {}, at(15, 30), 'hours'],
    ['before midnight', { hours: night }, {}, at(23, 0), 'built'],
    ['after midnight', { hours: night }, {}, at(6, 59), 'built'],
    ['by day', { hours: night }, {}, at(7, 0), 'hours'],
    ['round the clock', { hours: { from: '00:00', until: '24:00', utcOffsetMinutes: 0 } }, {}, at(23, 59), 'built'],
    ['what is not right is no matter of policy', { providers: ['X'] }, { amountMinor: '0' }, noon, 'E1302'],
  ] satisfies [string, PolicyRules, Partial<DepositOrder>, number, string][])(
    '%s',
    (_, rules, over, nowMs, expected) => {
      expect(verdict(rules, over, nowMs)).toBe(expected)
      if (expected !== 'built' && !expected.startsWith('E')) expect(POLICY_RULES).toContain(expected)
    },
  )

  it('is a merchant’s own where there is one, and the default for all others', () => {
    const policy: Policy = {
      default: { amountCapMinor: { ZMW: '1000' } },
      merchants: { mer_large: { amountCapMinor: { ZMW: '2000' } }, mer_closed: { providers: [] } },
    }
    const rule = (merchantId?: string) => {
      const answer = built(policy, merchantId === undefined ? {} : { merchantId: merchantId as MerchantId })
      return answer.ok ? 'built' : answer.rule
    }
    expect(rule('mer_large')).toBe('built')
    expect(rule('mer_closed')).toBe('provider')
    expect(rule('mer_other')).toBe('amount_cap')
    expect(rule()).toBe('amount_cap')
  })

  it('says the cap of the day, and on which day it is: where the merchant is, not in Greenwich', () => {
    const dayOf = (hour: number, minute: number, utcOffsetMinutes?: number) => {
      const rules = { dayCapMinor: { ZMW: '2000000' }, ...(utcOffsetMinutes === undefined ? {} : { utcOffsetMinutes }) }
      const answer = built({ default: rules }, {}, at(hour, minute))
      if (!answer.ok || answer.dayCap === undefined) throw new Error(JSON.stringify(answer))
      expect(answer.dayCap.capMinor).toBe('2000000')
      expect(answer.request.method).toBe('POST')
      return answer.dayCap.day
    }
    const today = dayOf(0, 0)
    expect([dayOf(23, 59), dayOf(24, 0)]).toEqual([today, today + 1])
    expect([dayOf(21, 59, 120), dayOf(22, 0, 120)]).toEqual([today, today + 1])
    expect([dayOf(4, 59, -300), dayOf(5, 0, -300)]).toEqual([today - 1, today])
    expect(dayOf(23, 59, -1439)).toBe(today)
  })

  it('counts nothing for whom there is no cap, and refuses a currency that has none', () => {
    const answer = built({ default: {}, merchants: { mer_capped: { dayCapMinor: { ZMW: '1' } } } })
    expect(answer).toEqual({ ok: true, request: expect.anything() })
    expect(verdict({ dayCapMinor: { USD: '100000' } }, {})).toBe('currency')
    expect(verdict({ dayCapMinor: {} }, {})).toBe('currency')
    // What another rule refuses is not counted at all.
    expect(built({ default: { dayCapMinor: { ZMW: '1' }, hours: night } })).toEqual({
      ok: false,
      code: 'E1320',
      rule: 'hours',
    })
  })

  it('reads in the disassembly', () => {
    const lines = disassemble(compileProgram(specs, { default: { dayCapMinor: { ZMW: '5' }, utcOffsetMinutes: 120 } }))
    expect(lines).toMatch(/Lookup +r0 r0 t\d+ →\d+\n.*PutText +r0\n.*Out +dayCapMinor\n.*Divide +r1 r1 60000\n/)
    expect(lines).toMatch(/Add +r1 r1 1560\n.*Divide +r1 r1 1440\n.*PutInt +r1\n.*Out +day\n/)
  })

  it.each([
    [{ dayCapMinor: { ZMW: '20.00' } }, 'default.dayCapMinor: "20.00" is no minor units'],
    [{ dayCapMinor: { ZMW: '-1' } }, 'default.dayCapMinor: "-1" is no minor units'],
    [{ dayCapMinor: {}, utcOffsetMinutes: 1440 }, 'default.utcOffsetMinutes: 1440 is no whole number of minutes'],
    [{ dayCapMinor: {}, utcOffsetMinutes: 0.5 }, 'default.utcOffsetMinutes: 0.5 is no whole number of minutes'],
  ] satisfies [PolicyRules, string][])('%o is no rule', (rules, problem) => {
    expect(() => compileProgram(specs, { default: rules })).toThrow(problem)
  })

  it('knows the amounts that a provider takes', () => {
    const limited = structuredClone(pawapay) as unknown as { providers: Record<string, { currencies: object }> }
    const provider = limited.providers['MTN_MOMO_ZMB'] as { currencies: object }
    provider.currencies = { ZMW: { decimals: 2, minMinor: '100', maxMinor: '1500' } }
    const core = deployed([limited as unknown as GatewaySpec])
    const of = (amountMinor: string) => core.buildDeposit({ ...recorded.order, amountMinor }, noon)
    const refused = { ok: false, code: 'E1320', rule: 'amount_limit' }
    expect([of('99'), of('1501')]).toEqual([refused, refused])
    expect([of('100').ok, of('1500').ok]).toEqual([true, true])
  })
})

describe('a spec that is not right', () => {
  const bent = (path: string, value: unknown): unknown => {
    const spec = structuredClone(pawapay) as unknown as Record<string, unknown>
    const steps = path.split('.')
    const last = steps.pop() as string
    let place = spec
    for (const step of steps) place = place[step] as Record<string, unknown>
    if (value === undefined) delete place[last]
    else place[last] = value
    return spec
  }
  const compiles = (path: string, value: unknown) => () =>
    compileProgram([bent(path, value) as GatewaySpec], { default: {} })

  it.each([
    ['gateway', 'PawaPay', 'gateway: must match pattern'],
    ['title', undefined, "the file: must have required property 'title'"],
    ['origins.production', 'http://api.pawapay.io', 'https origin without a path'],
    ['reference.class', 'D', 'reference.class: must be equal to one of the allowed values: A, B, C'],
    ['amount.spelling', 'float', 'decimal: 10.50, trimmed: 10.5, minor: 1050'],
    ['deposit.request.path', 'v2/deposits', 'begins with /'],
    ['deposit.request.boody', {}, 'deposit.request: must NOT have additional properties (boody)'],
    ['providers.MTN_MOMO_ZMB.country', 'Zambia', 'ISO 3166-1 alpha-3'],
  ])('%s: the message names place and fix', (path, value, expected) => {
    expect(specProblems(bent(path, value)).join('\n')).toContain(expected)
  })

  it.each([
    [
      'deposit.request.json.depositId',
      '{refrence}',
      /deposit\.request\.json\.depositId: \{refrence\} is not known here/,
    ],
    ['deposit.request.json.depositId', '{reference', /has a brace that is no placeholder/],
    ['deposit.request.json.note', 'For {invoice}!', /\{invoice\} must stand alone in its string/],
    ['authentication.value', 'Bearer {settings.key}', /\{settings\.key\} is not among the settings/],
    ['status.answer.fields.status', { at: 'data.status', is: 'word' }, /there is no class "word"/],
    ['callback.steps.2.0.when', { state: 'any' }, /there is no field "state" in callback\.fields/],
    ['callback.steps.2.0.when', undefined, /what follows it is never reached/],
    ['deposit.answer.steps.0.0.when', { http: ['ok'] }, /"ok" is no HTTP status like 404 or "4xx"/],
    ['classes.code.of', 'Z-A', /is not a set of ASCII characters/],
  ])('%s: does not compile', (path, value, expected) => {
    expect(compiles(path, value)).toThrow(expected)
  })
})

describe('what requests may carry', () => {
  const all = gatewaySpecs(['cinetpay', 'flutterwave', 'mtn', 'pawapay', 'paystack', 'wave'])
  /** The spec with a header of its own on each request that it has, wherever that is. */
  const marked = (spec: GatewaySpec): { readonly spec: GatewaySpec; readonly marks: readonly string[] } => {
    const marks: string[] = []
    const mark = (part: unknown, at: readonly string[]): unknown => {
      if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
      const copy: Record<string, unknown> = Object.fromEntries(
        Object.entries(part).map(([name, value]) => [name, mark(value, [...at, name])]),
      )
      if (at.at(-1) !== 'request') return copy
      const name = `x-of-${at.join('-').toLowerCase()}`
      marks.push(name)
      return { ...copy, headers: { ...(copy['headers'] as object | undefined), [name]: '1' } }
    }
    return { spec: mark(spec, []) as GatewaySpec, marks }
  }

  it.each(all.map((spec) => [spec.gateway, spec] as const))(
    '%s: the headers of every request of its spec',
    (_, spec) => {
      const given = marked(spec)
      expect(given.marks).toContain('x-of-deposit-request')
      expect(sealedProgram([given.spec]).headers).toEqual(expect.arrayContaining([...given.marks]))
    },
  )

  it('one that asks for a code sends that code’s request with its own header', () => {
    const paystack = all.find(({ gateway }) => gateway === 'paystack') as GatewaySpec
    expect(marked(paystack).marks).toContain('x-of-otp-request')
  })
})
