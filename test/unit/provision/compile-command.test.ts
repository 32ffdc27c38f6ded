/** `npm run provision -- compile`, as it is typed. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { compileProgram } from '../../../scripts/provision/compile.ts'
import { programId } from '../../../scripts/provision/envelope.ts'
import { readGateways } from '../../../scripts/provision/gateways.ts'
import { readPolicyFile } from '../../../scripts/provision/policy.ts'
import { gatewayFolder, gatewaySpecs } from '../../../scripts/provision/program.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'lango-compile-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const HOME = path.join(scratch, 'home')

const compileAny = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/provision.ts', 'compile', ...args], {
    encoding: 'utf8',
    env: { ...process.env, LANGO_PROVISION_HOME: HOME },
  })
  return { status, output: stdout + stderr }
}

/** The gateway whose program is committed. */
const compile = (...args: readonly string[]) => compileAny('--only', 'pawapay', ...args)

const policyFile = (text: string): string => {
  const file = path.join(scratch, 'policy.json')
  writeFileSync(file, text)
  return file
}

/** The specs of the sources with pawaPay's file changed. */
const folderWith = (change: (text: string) => string): string => {
  const folder = path.join(scratch, 'gateways')
  cpSync(gatewayFolder, folder, { recursive: true })
  const file = path.join(folder, 'pawapay/gateway.json')
  writeFileSync(file, change(readFileSync(file, 'utf8')))
  return folder
}

const specs = gatewaySpecs(['pawapay'])

const idOf = (output: string): string | undefined => /^program id +([0-9a-f]{64})$/m.exec(output)?.[1]

describe('compile', () => {
  it('says what the program is made of', () => {
    const { status, output } = compile()
    expect(status, output).toBe(0)
    const plain = compileProgram(specs, { default: {} })
    expect(idOf(output)).toBe(programId(plain).toString('hex'))
    expect(output).toContain(`${plain.length} bytes with its texts and tables`)
    const [, routines, instructions, bytes] =
      /^pawapay: (\d+) routines, (\d+) instructions, (\d+) bytes$/m.exec(output) ?? []
    const each = [...output.matchAll(/^ {2}[a-z.]+ +(\d+)$/gm)].map(([, count]) => Number(count))
    expect(each).toHaveLength(Number(routines))
    expect(each.reduce((sum, count) => sum + count, 0)).toBe(Number(instructions))
    expect(Number(bytes)).toBe(8 * Number(instructions))
  })

  it('writes the disassembly that is committed', () => {
    const committed = readFileSync('docs/gateways/pawapay.asm', 'utf8')
    const file = path.join(scratch, 'program.asm')
    expect(compile('--asm', file)).toMatchObject({ status: 0, output: expect.stringContaining(file) })
    expect(readFileSync(file, 'utf8')).toBe(committed)
    expect(compile('--asm', '-')).toEqual({ status: 0, output: committed })
  }, 60_000)

  it('takes the policy that it is given, or that of an environment', () => {
    const policy = JSON.stringify({
      default: { amountCapMinor: { ZMW: '500000' }, countries: ['ZMB'] },
      merchants: {
        mer_1: { dayCapMinor: { ZMW: '900000' }, utcOffsetMinutes: 120, providers: ['MTN_MOMO_ZMB'] },
        mer_2: { hours: { from: '22:00', until: '06:00', utcOffsetMinutes: 120 } },
      },
    })
    const given = compile('--policy', policyFile(policy))
    expect(given.status, given.output).toBe(0)
    expect(idOf(given.output)).not.toBe(idOf(compile().output))
    mkdirSync(path.join(HOME, 'staging'), { recursive: true })
    writeFileSync(path.join(HOME, 'staging/policy.json'), policy)
    expect(idOf(compileAny('--env', 'staging').output)).toBe(idOf(given.output))
    expect(compileAny('--env', 'staging', '--policy', policyFile(policy)).status).toBe(1)
    expect(compile('--env', 'staging').status).toBe(1)
  }, 60_000)

  it('takes the policy of the documentation', () => {
    const [, example = ''] = /```json\n(\{\n {2}"default"[^`]+)```/.exec(readFileSync('docs/gateways.md', 'utf8')) ?? []
    expect(readPolicyFile(policyFile(example), specs)).toEqual(JSON.parse(example))
  })

  it('takes caps of a day and the keys of shops', () => {
    const key = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
    const rules = {
      dayCapMinor: { ZMW: '5' },
      utcOffsetMinutes: 120,
      intents: { keys: { 'shop-1': key }, required: true },
    }
    const policy = { default: { amountCapMinor: {} }, merchants: { mer_kiosk: rules } }
    expect(readPolicyFile(policyFile(JSON.stringify(policy)), specs)).toEqual(policy)
  })

  it('a merchant with rules of its own says whether it signs, where all others have to', () => {
    const intents = { keys: { 'shop-1': '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }, required: true }
    const policyOf = (own: object) => ({ default: { intents }, merchants: { mer_kiosk: { dayCapMinor: {}, ...own } } })
    expect(() => compileProgram(specs, policyOf({}))).toThrow('merchants.mer_kiosk.intents.required: is not said')
    compileProgram(specs, policyOf({ intents: { required: false } }))
  })

  it.each([
    ['{"default": {"dayCapMinor": {"ZMW": "1.5"}}}', 'default.dayCapMinor.ZMW'],
    ['{"default": {"dayCapMinor": {}, "utcOffsetMinutes": 1440}}', 'default.utcOffsetMinutes'],
    ['{"default": {"intents": {"requird": true}}}', 'default.intents: must NOT have additional properties (requird)'],
    ['{"default": {"intents": {"keys": {"shop 1": "x"}}}}', 'default.intents.keys'],
    ['{"default": {"amountCapMinr": {"ZMW": "5"}}}', 'default: must NOT have additional properties (amountCapMinr)'],
    ['{"default": {"amountCapMinor": {"ZMW": 5}}}', 'default.amountCapMinor.ZMW: must be string'],
    ['{"default": {"amountCapMinor": {"zmw": "5"}}}', 'default.amountCapMinor'],
    ['{"merchants": {}}', "the file: must have required property 'default'"],
    ['{"default": {"providers": ["MTN"]}}', 'default.providers.0: no gateway has MTN'],
    [
      '{"default": {}, "merchants": {"m": {"countries": ["ZMB", "ZZZ"]}}}',
      'merchants.m.countries.1: no gateway has ZZZ',
    ],
    ['{"default": {"hours": {"from": "08:00", "until": "25:00", "utcOffsetMinutes": 0}}}', 'default.hours.until'],
    ['{"default": {', 'position 13'],
  ])('a policy that is not right: %s', (text, expected) => {
    const file = policyFile(text)
    const read = () => readPolicyFile(file, specs)
    expect(read).toThrow(file)
    expect(read).toThrow(expected)
  })

  it.each([
    ['against the schema', (text: string) => text.replace('"class": "A"', '"class": "Z"'), 'reference.class: must be'],
    ['a placeholder that nothing fills', (text: string) => text.replace('{reference}', '{refrence}'), 'refrence'],
  ])('a spec that is not right: %s', (_, change, expected) => {
    expect(() => compileProgram(readGateways(folderWith(change)), { default: {} })).toThrow(expected)
  })

  it('what is not right is said without a stack', () => {
    const { status, output } = compile(
      '--gateways',
      folderWith((text) => text.replace('{', '')),
    )
    expect(status).toBe(1)
    expect(output).toMatch(/^\S+pawapay\/gateway\.json: .*JSON at position \d+.*\n$/)
  })

  it('a folder without gateways, and a name that is none', () => {
    expect(compileAny('--gateways', scratch)).toMatchObject({ status: 1 })
    expect(compileAny('--only', 'pawapay,toypay')).toMatchObject({
      status: 1,
      output: expect.stringContaining('there is no toypay in it'),
    })
  })
})
