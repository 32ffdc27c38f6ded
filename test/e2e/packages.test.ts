import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useStack } from './fixture.ts'

const lango = useStack()
const run = promisify(execFile)
const MINUTES_5 = 300_000

/** The n-th block of a language in a package's README, as printed. */
const block = (name: string, language: string, n = 0): string => {
  const text = readFileSync(`packages/${name}/README.md`, 'utf8')
  const found = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, is]) => is === language)[n]?.[2]
  if (found === undefined) throw new Error(`packages/${name}/README.md has no such block`)
  return found
}

let project: string
const write = (name: string, text: string): void => writeFileSync(path.join(project, name), text)
const inProject = (command: string, args: readonly string[], env: Record<string, string> = {}) =>
  run(command, args, { cwd: project, env: { ...process.env, NO_COLOR: '1', ...env } }).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code: Number(code), text: `${stdout}${stderr}` }),
  )

/** An empty project, into which both packages are installed from what `npm pack` made of them. */
beforeAll(async () => {
  project = mkdtempSync(path.join(tmpdir(), 'lango-packages-'))
  for (const name of ['sdk', 'testing'])
    await run('npm', ['pack', '--silent', '--pack-destination', project], { cwd: `packages/${name}` })
  write('package.json', JSON.stringify({ name: 'a-shop', private: true, type: 'module' }))
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  const tarballs = globSync('*.tgz', { cwd: project }).map((name) => `./${name}`)
  const installed = await inProject('npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    ...tarballs,
    `vitest@${devDependencies.vitest}`,
  ])
  expect(installed).toMatchObject({ code: 0 })
}, MINUTES_5)
afterAll(() => rmSync(project, { recursive: true, force: true }))

describe('@lango/sdk in an empty project', () => {
  it('runs the quick start of its README as printed', async () => {
    write('pay.mjs', block('sdk', 'js'))
    const env = { LANGO_URL: lango.stack.edgeUrl, LANGO_KEY: lango.stack.secretKey }
    expect(await inProject(process.execPath, ['pay.mjs'], env)).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^INV-\d+: succeeded\n$/),
    })
  })

  it('brings types that are complete without ours, and that notice what is forgotten', async () => {
    const tsc = path.resolve('node_modules/typescript/bin/tsc')
    const check = (...flags: string[]) =>
      inProject(process.execPath, [
        tsc,
        '--noEmit',
        '--strict',
        '--exactOptionalPropertyTypes',
        '--module',
        'nodenext',
        '--lib',
        'es2023,dom',
        '--types',
        '',
        ...flags,
      ])
    const right = `
import { createLango, fulfilOnce, memoryOnceStore, verifyWebhook, type LangoError } from '@lango/sdk'
const lango = createLango({ baseUrl: 'https://pay.example.com', apiKey: 'sk_test_1' })
const advice = (error: LangoError): string => {
  switch (error.reason) {
    case 'invalid_request': return error.errors.map(({ field, message }) => field + ': ' + message).join()
    case 'idempotency_mismatch': case 'invoice_conflict': return error.field
    case 'payment_rejected': return error.failureCode
    case 'policy_refused': return error.rule
    case 'intent_refused': case 'otp_refused': return error.because
    case 'payment_refused': return error.refusal
    case 'limit_reached': return String(error.max)
    case 'secret_told': return error.endpointId
    case 'rate_limited': return String(error.retryAfterMs)
    case 'unavailable': case 'forbidden': case 'unexpected': return error.code
    case 'link_invalid': case 'link_expired': case 'invoice_paid':
    case 'unauthenticated': case 'not_found': case 'no_answer': case 'aborted': return error.message
  }
}
const payment = await lango.payments.create({ sessionId: 's', invoice: 'i', amount: '1', currency: 'ZMW', phoneNumber: '1' })
export const told: string = payment.ok ? payment.value.status : advice(payment.error)
const delivery = await verifyWebhook({ headers: new Headers(), body: '', secret: '' })
if (delivery.ok && delivery.value.type === 'payment.review') delivery.value.data.reviewReason satisfies string | undefined
if (delivery.ok) await fulfilOnce(memoryOnceStore(), delivery.value, ({ amount }) => { amount satisfies string })
`
    write('right.ts', right)
    expect(await check('right.ts')).toEqual({ code: 0, text: '' })
    const wrong: readonly (readonly [from: string, to: string, error: RegExp])[] = [
      ["amount: '1'", 'amount: 1', /'number' is not assignable to type 'string'/],
      ["case 'payment_refused': return error.refusal", '', /lacks ending return statement/],
      ['payment.ok ? payment.value', 'true ? payment.value', /'value' does not exist/],
      ["invoice: 'i'", "invoise: 'i'", /'invoise' does not exist/],
      ["'payment.review')", "'payment.reviewed')", /no overlap|not assignable|comparable/],
    ]
    for (const [from, to, error] of wrong) {
      expect(right).toContain(from)
      write('wrong.ts', right.replace(from, to))
      expect(await check('wrong.ts')).toMatchObject({ text: expect.stringMatching(error) })
    }
  })
})

describe('@lango/testing in an empty project', () => {
  it("runs a shop's test of a payment, a failure and a late success, as its README prints it", async () => {
    write('pay.test.mjs', block('testing', 'js'))
    const { code, text } = await inProject(process.execPath, ['node_modules/vitest/vitest.mjs', 'run'])
    expect({ code, text }).toMatchObject({ code: 0, text: expect.stringMatching(/Tests {2}4 passed \(4\)/) })
  })

  it('needs nothing but miniflare, has types, and knows nothing of where it was built', async () => {
    const root = path.join(project, 'node_modules/@lango/testing')
    const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
    const ours = JSON.parse(readFileSync('package.json', 'utf8')).devDependencies
    expect(dependencies).toEqual({ miniflare: ours.miniflare })
    for (const file of globSync('dist/**/*.{js,json,ts}', { cwd: root }))
      expect([file, readFileSync(path.join(root, file), 'utf8').includes(process.cwd())]).toEqual([file, false])
    write(
      'types.ts',
      `import { startLango, type TestLango } from '@lango/testing'
const lango: TestLango = await startLango({ ports: 0, persona: { withholdCallbacks: true }, clock: 'stopped' })
// @ts-expect-error there is no such setting
lango.persona({ withholdCallback: true })
lango.captures()[0]?.amount satisfies string | undefined
`,
    )
    const tsc = path.resolve('node_modules/typescript/bin/tsc')
    expect(
      await inProject(process.execPath, [
        tsc,
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--lib',
        'es2024,esnext.disposable,dom',
        '--types',
        '',
        'types.ts',
      ]),
    ).toEqual({ code: 0, text: '' })
  })
})
