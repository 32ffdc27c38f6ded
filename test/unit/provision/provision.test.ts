import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { describeHost, reachOf } from '../../../scripts/provision/doctor.ts'
import { gatewayProblems, gatewaySecret } from '../../../scripts/provision/gateway-secrets.ts'
import { emptyHome, fingerprints, type KeyHome, keyIn, withFreshKey, withKey } from '../../../scripts/provision/home.ts'
import { gatewaySpecs } from '../../../scripts/provision/program.ts'
import { appendRecord, type DeployRecord, verifyRecords } from '../../../scripts/provision/record.ts'
import { rotate } from '../../../scripts/provision/rotate.ts'
import { compareHealth } from '../../../scripts/provision/selftest.ts'
import { ed25519Key } from '../../../scripts/provision/signer.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'lango-provision-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const HOME = path.join(scratch, 'home')
const OUT = path.join(scratch, 'out')
const TOKEN = 'the-token-of-this-test'

const run = (args: string, input?: string) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/provision.ts', ...args.split(' ')], {
    encoding: 'utf8',
    env: { ...process.env, LANGO_PROVISION_HOME: HOME },
    ...(input === undefined ? {} : { input }),
  })
  return { status, output: stdout + stderr }
}
const stored = (): KeyHome => JSON.parse(readFileSync(path.join(HOME, 'staging/keys.json'), 'utf8'))

/** Everything secret in a key store, in the forms that it is written in. */
const secretsOf = (home: KeyHome): string[] => [
  home.provisioningSeed,
  ...Object.values(home.masters),
  ...home.keys.flatMap(({ material }) => {
    const bytes = Buffer.from(material, 'base64')
    return [material, bytes.toString('hex'), bytes.toString('latin1').split('\n')[1] ?? bytes.toString('latin1')]
  }),
]

describe('what a gateway needs', () => {
  const specs = gatewaySpecs(['mtn', 'wave'])
  const vars = {
    MTN_ORIGIN: 'https://proxy.momoapi.mtn.com',
    MTN_API_USER: 'a-uuid',
    MTN_TARGET_ENVIRONMENT: 'mtnzambia',
    MTN_CALLBACK_URL: 'https://pay.example.com/webhooks/mtn/deposits',
    WAVE_ORIGIN: 'https://api.wave.com',
  }
  const secrets = ['mtn.apiKey', 'mtn.subscriptionKey', 'wave.apiKey', 'wave.webhookSecret']
  const whole = secrets.reduce(
    (home, name) => withKey(home, gatewaySecret(name, 'current', 'sixteen-or-more-characters')),
    emptyHome('staging', false),
  )

  it('is all there', () => {
    expect(gatewayProblems(specs, vars, whole)).toEqual([])
  })

  it.each([
    [
      { ...vars, WAVE_ORIGIN: 'http://api.wave.com' },
      whole,
      'WAVE_ORIGIN must be https://host without a path, not "http://api.wave.com".',
    ],
    [{ ...vars, MTN_API_USER: '' }, whole, 'mtn needs MTN_API_USER among the vars of src/vault/wrangler.toml.'],
    [
      { ...vars, MTN_SUBSCRIPTION_KEY: 'a-copy' },
      whole,
      'MTN_SUBSCRIPTION_KEY is a plain var, and mtn.subscriptionKey is a secret: take it out, and seal it.',
    ],
    [
      vars,
      { ...whole, keys: whole.keys.filter(({ purpose }) => purpose !== 'wave.webhookSecret') },
      'There is no wave.webhookSecret: npm run provision -- secret wave.webhookSecret --env staging < FILE',
    ],
  ])('is named with the fix when it is not (%#)', (given, home, problem) => {
    expect(gatewayProblems(specs, given, home)).toEqual([problem])
  })

  it('is the live key of a vendor whose sandbox has the same address', () => {
    const paystack = gatewaySpecs(['paystack'])
    const own = { PAYSTACK_ORIGIN: 'https://api.paystack.co', PAYSTACK_EMAIL: 'till@shop.example' }
    const problems = (LANGO_ENVIRONMENT: string, key: string) =>
      gatewayProblems(
        paystack,
        { ...own, LANGO_ENVIRONMENT },
        withKey(emptyHome('live', false), gatewaySecret('paystack.secretKey', 'current', key)),
      )
    expect(problems('production', 'sk_test_0123456789abcdef')).toEqual([
      'The current paystack.secretKey moves no money (sk_test_…). Seal the live one: npm run provision -- secret paystack.secretKey --env live < FILE',
    ])
    expect(problems('staging', 'sk_test_0123456789abcdef')).toEqual([])
    expect(problems('production', 'sk_live_0123456789abcdef')).toEqual([])
  })

  it('a secret rotates as the token does', () => {
    const next = withKey(whole, gatewaySecret('mtn.apiKey', 'next', 'another-sixteen-characters'))
    const promoted = rotate(next, 'mtn.apiKey', 'promote')
    expect(keyIn(promoted, 'mtn.apiKey', 'current')).toEqual({ ...keyIn(next, 'mtn.apiKey', 'next'), slot: 'current' })
    expect(keyIn(rotate(promoted, 'mtn.apiKey', 'drop'), 'mtn.apiKey', 'previous')).toBeUndefined()
  })
})

describe('the command', () => {
  it('makes, seals and opens an environment, and prints no key', () => {
    const outputs: string[] = []
    const must = (args: string, input?: string): string => {
      const { status, output } = run(args, input)
      outputs.push(output)
      expect(output, args).toSatisfy(() => status === 0)
      return output
    }
    must('init --env staging')
    expect(run('init --env staging')).toMatchObject({ status: 1, output: expect.stringContaining('exists already') })
    const early = run(`seal --env staging --out ${OUT}`)
    expect(early).toMatchObject({ status: 1, output: expect.stringContaining('provision -- keygen --env staging') })
    must('keygen --env staging')
    must('key-id --env staging LANGO_STAGING:1')
    must('token --env staging', `${TOKEN}\n`)
    expect(run('token --env staging', 'short')).toMatchObject({ status: 1 })
    expect(must('secret mtn.apiKey --env staging', `${TOKEN}-of-mtn\n`)).toContain('mtn.apiKey, current')
    for (const [args, says] of [
      ['secret mtn.apiUser --env staging', '"mtn.apiUser" is none of the gateways\' secrets: '],
      [
        'rotate mtn.apiKey next --env staging',
        'The gateway makes mtn.apiKey: npm run provision -- secret mtn.apiKey --slot next --env staging < FILE',
      ],
      ['rotate mtn.apiKey promote --env staging', 'There is no next mtn.apiKey: npm run provision -- secret'],
      ['rotate mtn.apikey next --env staging', '"mtn.apikey" is none of the keys: '],
    ] as const)
      expect(run(args, `${TOKEN}\n`), args).toMatchObject({ status: 1, output: expect.stringContaining(says) })
    expect(must(`seal --env staging --out ${OUT}`)).toMatch(/--tag [0-9a-f]{16} --secrets-file \S+secrets\.json/)
    expect(must(`selftest --env staging --out ${OUT}`)).toContain('here: ok')
    const first = readFileSync(path.join(OUT, 'sealed.bin'))
    // The log names the program, and its text by a digest that anybody can compute from the sources.
    must(`record --env staging --out ${OUT} --records ${OUT} --version-id v1`)
    must(`record --env staging --out ${OUT} --records ${OUT} --verify`)
    const { record } = JSON.parse(readFileSync(path.join(OUT, 'staging.jsonl'), 'utf8'))
    const compiled = must('compile --env staging')
    expect(compiled).toContain(`program id   ${record.programId}\n`)
    expect(compiled).toContain(`disassembly  ${record.disassemblySha256} `)

    must('rotate master promote --env staging')
    // What was sealed before is still the deployed one: it opens with the previous master, and not under another epoch.
    expect(run(`selftest --env staging --out ${OUT}`)).toMatchObject({ status: 0 })
    must(`seal --env staging --out ${OUT}`)
    must(`selftest --env staging --out ${OUT}`)
    must('rotate master drop --env staging')
    must('epoch-floor --env staging')
    must(`seal --env staging --out ${OUT}`)
    must(`selftest --env staging --out ${OUT}`)
    // The old blob beside the new manifest and floor.
    writeFileSync(path.join(OUT, 'sealed.bin'), first)
    expect(run(`selftest --env staging --out ${OUT}`)).toMatchObject({
      status: 1,
      output: expect.stringContaining('E100'),
    })

    const secrets = secretsOf(stored())
    expect(secrets).toContain(TOKEN)
    for (const secret of secrets) expect(outputs.join('\n')).not.toContain(secret)
    for (const name of readdirSync(path.join(HOME, 'staging')))
      expect(statSync(path.join(HOME, 'staging', name)).mode & 0o077, name).toBe(0)
    chmodSync(path.join(HOME, 'staging/keys.json'), 0o644)
    expect(run('keygen --env staging')).toMatchObject({ status: 1, output: expect.stringContaining('chmod 600') })
  }, 120_000)

  it('says what it does not know', () => {
    expect(run('seal --env nowhere')).toMatchObject({
      status: 1,
      output: expect.stringContaining('init --env nowhere'),
    })
    expect(run('seal --env ../../etc')).toMatchObject({ status: 1, output: expect.stringContaining('--env must be') })
    expect(run('rotate everything promote --env staging')).toMatchObject({ status: 1 })
    expect(run('seal')).toMatchObject({ status: 1, output: expect.stringContaining('--env') })
  })

  it('what is sealed is not in git', () => {
    const files = execFileSync('git', ['check-ignore', 'src/vault/provisioned/sealed.bin'], { encoding: 'utf8' })
    expect(files.trim()).toBe('src/vault/provisioned/sealed.bin')
  })
})

describe('rotation', () => {
  const home = ['attestation', 'personal', 'pawapay.signing'].reduce(
    (made, purpose) => withFreshKey(made, purpose as 'attestation', 'current'),
    emptyHome('staging', true),
  )

  it.each(['attestation', 'personal'] as const)(
    '%s: a fresh key is promoted, the old one stays until it is dropped',
    (purpose) => {
      const promoted = rotate(home, purpose, 'promote')
      expect(keyIn(promoted, purpose, 'previous')?.material).toBe(keyIn(home, purpose, 'current')?.material)
      expect(keyIn(promoted, purpose, 'current')?.material).not.toBe(keyIn(home, purpose, 'current')?.material)
      expect(() => rotate(promoted, purpose, 'promote')).toThrow('drop it first')
      const dropped = rotate(promoted, purpose, 'drop')
      expect(keyIn(dropped, purpose, 'previous')).toBeUndefined()
      expect([promoted.epoch, dropped.epoch]).toEqual([2, 3])
    },
  )

  it('the key that signs is promoted only once there is a next one for the gateway to know', () => {
    expect(() => rotate(home, 'pawapay.signing', 'promote')).toThrow('no next')
    const next = rotate(home, 'pawapay.signing', 'next')
    const promoted = rotate(next, 'pawapay.signing', 'promote')
    expect(keyIn(promoted, 'pawapay.signing', 'current')?.material).toBe(
      keyIn(next, 'pawapay.signing', 'next')?.material,
    )
    expect(keyIn(promoted, 'pawapay.signing', 'next')).toBeUndefined()
    expect(() => rotate(home, 'pawapay.token', 'next')).toThrow('The gateway makes pawapay.token')
  })

  it('the master key', () => {
    const promoted = rotate(rotate(home, 'master', 'next'), 'master', 'promote')
    expect(promoted.masters).toMatchObject({ previous: home.masters.current })
    expect(promoted.masters.next).toBeUndefined()
    expect(() => rotate(promoted, 'master', 'promote')).toThrow('drop it first')
    expect(rotate(promoted, 'master', 'drop').masters).toEqual({ current: promoted.masters.current })
  })

  it('each key has a fingerprint of its own', () => {
    const shown = fingerprints(rotate(home, 'attestation', 'promote'))
    expect(shown.map(([name]) => name)).toEqual([
      'master key, current',
      'second share',
      'attestation, current',
      'attestation, previous',
      'pawapay.signing, current',
      'personal, current',
    ])
    expect(new Set(shown.map(([, fingerprint]) => fingerprint)).size).toBe(6)
    for (const [, fingerprint] of shown) expect(fingerprint).toMatch(/^[0-9a-f]{16}$/)
  })
})

describe('where connect() can go', () => {
  it.each([
    ['104.18.2.1', 'cloudflare'],
    ['2606:4700::6812:201', 'cloudflare'],
    ['::ffff:104.18.2.1', 'cloudflare'],
    ['13.244.9.1', 'open'],
    ['2a05:d018::1', 'open'],
    ['127.0.0.1', 'not public'],
    ['10.1.2.3', 'not public'],
    ['::1', 'not public'],
  ])('%s: %s', (address, reach) => {
    expect(reachOf(address)).toBe(reach)
  })

  it('is said in one line', async () => {
    const resolved = await describeHost('api.example', async () => ['104.18.2.1', '104.18.3.1'])
    expect(resolved).toEqual({
      ok: true,
      line: expect.stringMatching(/^api\.example \(104\.18\.2\.1, 104\.18\.3\.1\): behind Cloudflare/),
    })
    const missing = await describeHost('nowhere.example', () =>
      Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })),
    )
    expect(missing).toEqual({ ok: false, line: 'nowhere.example: does not resolve (ENOTFOUND)' })
    expect((await describeHost('inside', async () => ['10.0.0.1'])).ok).toBe(false)
  })
})

describe('the deploy record', () => {
  const key = ed25519Key(Buffer.alloc(32, 7))
  const record: Omit<DeployRecord, 'n'> = {
    at: '2026-11-21T08:00:00.000Z',
    environment: 'staging',
    imprint: '00',
    epoch: 1,
    programId: '',
    versionTag: '0123456789abcdef',
    moduleSha256: '11',
    sealedSha256: '22',
    masterKid: '33',
    versionId: 'v1',
    gitCommit: 'abc',
    by: 'tests',
  }

  it('grows by signed lines, each over the one before', () => {
    const file = path.join(scratch, 'records/staging.jsonl')
    expect(verifyRecords(file, key)).toBeNull()
    for (const versionId of ['v1', 'v2', 'v3']) appendRecord(file, { ...record, versionId }, key)
    expect(verifyRecords(file, key)).toBeNull()
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).record.n)).toEqual([1, 2, 3])

    const bent = (change: (all: string[]) => string[]): string | null => {
      const other = path.join(scratch, 'bent.jsonl')
      writeFileSync(
        other,
        change([...lines])
          .map((line) => `${line}\n`)
          .join(''),
      )
      return verifyRecords(other, key)
    }
    expect(bent(([one, , three]) => [one ?? '', three ?? ''])).toContain('line 2 does not follow')
    expect(bent(([one, two]) => [two ?? '', one ?? ''])).toContain('line 1 does not follow')
    expect(bent(([one, ...rest]) => [(one ?? '').replace('"v1"', '"v9"'), ...rest])).toContain('line 1 was not signed')
    expect(bent((all) => [...all, 'text'])).toContain('line 4 is not JSON')
    expect(verifyRecords(file, ed25519Key(Buffer.alloc(32, 8)))).toContain('line 1 was not signed')
    appendFileSync(file, 'text\n')
    expect(() => appendRecord(file, record, key)).toThrow('line 4 is not JSON')
  })
})

it('a deployment is compared with what was sealed', () => {
  const expected = { epoch: 3, programId: '' }
  expect(compareHealth({ core: { sealed: 'ok', epoch: 3, programId: null } }, expected)).toBeNull()
  expect(compareHealth({ core: { sealed: 'E1004' } }, expected)).toContain('E1004')
  expect(compareHealth({ core: { sealed: 'ok', epoch: 2, programId: null } }, expected)).toContain('epoch 2')
  expect(compareHealth({ core: { sealed: 'ok', epoch: 3, programId: 'ab' } }, expected)).toContain('another program')
})
