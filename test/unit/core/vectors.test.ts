/** The published vectors through the committed httpsig.wasm, and that a vector which is wrong is noticed. */
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCore, Unreadable } from '../../../scripts/vectors/core.ts'
import { materialFor, readVectors, UnknownFormat } from '../../../scripts/vectors/files.ts'
import { isSameRefusal } from '../../../scripts/vectors/refusals.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const vectors = path.join(root, 'test/vectors')
const core = openCore()

let scratch: string
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'lango-vectors-'))
})
afterAll(() => rmSync(scratch, { recursive: true }))

/** Names of the rows that fail, and of those that hold. */
const run = (file: string): { failed: readonly string[]; passed: readonly string[] } => {
  const vector = readVectors(file)
  const failed: string[] = []
  const passed: string[] = []
  for (const row of vector.rows(materialFor(vector, []))) {
    let failure: string | undefined
    try {
      failure = row.check(core)
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      failure = error.message
    }
    if (failure === undefined) passed.push(row.name)
    else failed.push(`${row.name}: ${failure}`)
  }
  return { failed, passed }
}

const published = [
  ...globSync('{rfc9421,structured-fields}/*.json', { cwd: vectors }),
  'pawapay/request-signature-worked-example.json',
  'pawapay/callback-real-sandbox-signed-headers.json',
].sort()

test('every published vector holds', () => {
  const results = published.map((file) => ({ file, ...run(path.join(vectors, file)) }))
  expect(results.flatMap(({ file, failed }) => failed.map((row) => `${file} ${row}`))).toEqual([])
  const rows = results.reduce((sum, { passed }) => sum + passed.length, 0)
  // 901 cases of structured fields, 20 signatures, 54 components, 12 digests, 6 keys, 6 messages under a policy, 6 of pawaPay.
  expect(rows).toBe(1005)
})

// biome-ignore lint/suspicious/noExplicitAny: a published file, to be bent anywhere
type File = any
type Bend = (file: File) => void

/** A copy of a published file with something changed; its name says nothing of its format. */
const bent = (file: string, bend: Bend): string => {
  const parsed = JSON.parse(readFileSync(path.join(vectors, file), 'utf8'))
  bend(parsed)
  const to = path.join(scratch, 'bent.vectors')
  writeFileSync(to, JSON.stringify(parsed))
  return to
}

const row = (file: File, id: string): File => file.cases.find((it: { id: string }) => it.id === id)
const input = (it: File): [string, string] =>
  it.message.headers.find(([name]: [string, string]) => name === 'Signature-Input')

describe('a row that says something else fails, and it alone', () => {
  const rows: readonly (readonly [what: string, file: string, bend: Bend, failing: string])[] = [
    ['a component has another value', 'rfc9421/components.json', (f) => (row(f, '2.1-host').value = 'x'), '2.1-host'],
    ['a component has another line', 'rfc9421/components.json', (f) => (row(f, '2.1-date').line += ' '), '2.1-date'],
    [
      'a component is expected to be refused',
      'rfc9421/components.json',
      (f) => (row(f, '2.2-@path').error = 'E_COMPONENT_MISSING'),
      '2.2-@path',
    ],
    [
      'a component is refused for another reason',
      'rfc9421/components.json',
      (f) => (row(f, '2.1.2-missing').error = 'E_COMPONENT_PARAM'),
      '2.1.2-missing',
    ],
    ['a signature is called invalid', 'rfc9421/appendix-b.json', (f) => (row(f, 'B.2.5').valid = false), 'B.2.5'],
    ['a signature is called valid', 'rfc9421/appendix-b.json', (f) => (row(f, 'B.4-4').valid = true), 'B.4-4'],
    ['a field of a message', 'rfc9421/appendix-b.json', (f) => (input(row(f, 'B.2.6'))[1] += ';tag="x"'), 'B.2.6'],
    ['a body under a digest', 'rfc9421/appendix-b.json', changeBody('B.2.2'), 'B.2.2'],
    [
      'another base',
      'rfc9421/body-sections.json',
      (f) => (row(f, '2.4-reqres-1').signature_base += '\n'),
      '2.4-reqres-1',
    ],
    [
      'another signature of ours',
      'rfc9421/appendix-b.json',
      (f) => (row(f, 'B.2.4').rfc6979_signature_b64 = row(f, 'B.2.4').signature_b64),
      'B.2.4',
    ],
    [
      'a message is expected to be refused',
      'rfc9421/policy-sample.json',
      expects('N01', 'reject', 'E_SIG_INVALID'),
      'N01',
    ],
    ['a message is expected to be accepted', 'rfc9421/policy-sample.json', expects('N12', 'accept', null), 'N12'],
    ['refused for another reason', 'rfc9421/policy-sample.json', expects('N23', 'reject', 'E_SIG_INVALID'), 'N23'],
    [
      'refused for a reason of other words',
      'rfc9421/policy-sample.json',
      expects('N39', 'reject', 'E_NONCE_USED'),
      'N39',
    ],
    [
      'a policy that nobody understands',
      'rfc9421/policy-sample.json',
      (f) => (row(f, 'N74').policy_overrides.mood = 'good'),
      'N74',
    ],
    [
      'a digest',
      'rfc9421/content-digest.json',
      (f) => (f.positive[0]['sha-512'] = f.positive[1]['sha-512']),
      'positive 0',
    ],
    [
      'a digest that is refused',
      'rfc9421/content-digest.json',
      (f) => (f.negative[5].body_b64 = 'eyJoZWxsbyI6ICJ3b3JsZCJ9Cg=='),
      'negative 5',
    ],
    [
      'an unknown digest alone',
      'rfc9421/content-digest.json',
      (f) => (f.accept_unknown_if_known_ok = 'foo=:AAAA:'),
      'accept_unknown_if_known_ok',
    ],
    ['a key', 'rfc9421/keys.json', (f) => (f.keys[3].jwk.x = f.keys[3].jwk.d), 'test-key-ed25519'],
    ['a private half', 'rfc9421/keys.json', (f) => (f.keys[2].jwk.d = f.keys[3].jwk.d), 'test-key-ecc-p256'],
    [
      'a structured value',
      'structured-fields/boolean.json',
      (f) => (f[0].expected = [false, []]),
      '0 basic true boolean',
    ],
    ['what must fail', 'structured-fields/boolean.json', (f) => (f[0].must_fail = true), '0 basic true boolean'],
    ['what must not fail', 'structured-fields/boolean.json', (f) => (f[2].must_fail = false), '2 unknown boolean'],
    ['a spelling', 'structured-fields/item.json', (f) => (f.at(-1).canonical = ['2']), '4'],
    [
      'a base of a request',
      'pawapay/request-signature-worked-example.json',
      (f) => (f.request.url += '/'),
      'the request',
    ],
    ['a body', 'pawapay/request-signature-worked-example.json', (f) => (f.request.body_utf8 += ' '), 'the request'],
    ['a callback', 'pawapay/callback-real-sandbox-signed-headers.json', (f) => (f.path += '/'), 'the callback'],
    [
      'what a callback shall be',
      'pawapay/callback-real-sandbox-signed-headers.json',
      (f) => (f.expected.verify = false),
      'the callback',
    ],
    [
      'a spelling of a callback',
      'pawapay/callback-real-sandbox-signed-headers.json',
      (f) => (f.expected.signature_p1363_b64 = 'AAAA'),
      'the same signature',
    ],
  ]
  test.each(rows)('%s (%s)', (_, file, bend, failing) => {
    const before = run(path.join(vectors, file))
    const { failed } = run(bent(file, bend))
    expect(before.failed).toEqual([])
    expect(failed[0]).toContain(failing)
    // The worked example has several rows over one message.
    if (!file.startsWith('pawapay/')) expect(failed).toHaveLength(1)
  })
})

function changeBody(id: string): Bend {
  return (file) => {
    const { message } = row(file, id)
    message.body_b64 = Buffer.from('{"hello": "worlds"}').toString('base64')
    delete message.body_utf8
  }
}

function expects(id: string, expect: string, error: string | null): Bend {
  return (file) => Object.assign(row(file, id), { expect, error })
}

describe('rows of these formats that the published files do not have', () => {
  const write = (content: unknown): string => {
    const to = path.join(scratch, 'new.vectors')
    writeFileSync(to, typeof content === 'string' ? content : JSON.stringify(content))
    return to
  }

  test('structured fields: dates, display strings, serialising, decimals by their spelling', () => {
    const file = write(`[
      {"name": "date", "raw": ["@1659578233"], "header_type": "item", "expected": [{"__type": "date", "value": 1659578233}, []]},
      {"name": "date decimal", "raw": ["@1659578233.12"], "header_type": "item", "must_fail": true},
      {"name": "display", "raw": ["%\\"f%c3%bc%c3%bc\\""], "header_type": "item", "expected": [{"__type": "displaystring", "value": "füü"}, []]},
      {"name": "display upper case", "raw": ["%\\"f%C3%BC\\""], "header_type": "item", "must_fail": true},
      {"name": "rounds to even", "header_type": "item", "expected": [0.0025, []], "canonical": ["0.002"]},
      {"name": "rounds up", "header_type": "item", "expected": [0.00251, []], "canonical": ["0.003"]},
      {"name": "too big", "header_type": "item", "expected": [1000000000000000, []], "must_fail": true},
      {"name": "too big a decimal", "header_type": "item", "expected": [1000000000000.1, []], "must_fail": true},
      {"name": "no token", "header_type": "item", "expected": [{"__type": "token", "value": "a b"}, []], "must_fail": true},
      {"name": "no key", "header_type": "dictionary", "expected": [["A", [1, []]]], "must_fail": true},
      {"name": "list", "header_type": "list", "expected": [[[[1, []], [2.0, []]], [["a", true]]]], "canonical": ["(1 2.0);a"]},
      {"name": "empty list", "header_type": "list", "expected": [], "canonical": []},
      {"name": "last wins", "raw": ["a=1,b=2,a=3"], "header_type": "dictionary", "expected": [["a", [3, []]], ["b", [2, []]]], "canonical": ["a=3, b=2"]}
    ]`)
    expect(run(file)).toMatchObject({ failed: [], passed: { length: 13 } })
  })

  test('structured fields: 1 and 1.0 are not the same', () => {
    const file = write(`[{"name": "a", "raw": ["1.0"], "header_type": "item", "expected": [1, []]}]`)
    expect(run(file).failed).toHaveLength(1)
  })

  test('a response is bound to the request that it answers', () => {
    const file = bent('rfc9421/body-sections.json', (f) => {
      const answer = row(f, '2.4-reqres-2')
      f.cases = [
        answer,
        { ...answer, id: 'another request', related_request: null, signature_base: null, valid: false },
      ]
    })
    expect(run(file)).toMatchObject({ failed: [], passed: { length: 2 } })
  })

  test('a nonce that came before', () => {
    const file = bent('rfc9421/policy-sample.json', (f) => {
      const message = row(f, 'N01')
      f.cases = [
        {
          ...message,
          id: 'seen',
          policy_overrides: { seen_nonces: ['n-0001'] },
          expect: 'reject',
          error: 'E_NONCE_REPLAY',
        },
        { ...message, id: 'other key', policy_overrides: { seen_nonces: [['other', 'n-0001']] }, expect: 'accept' },
      ]
    })
    expect(run(file)).toMatchObject({ failed: [], passed: { length: 2 } })
  })

  test('files that are no vectors', () => {
    for (const content of ['', '{', '{}', '[]', '[1]', '"text"', '{"cases": []}', '{"cases": [{"id": "x"}]}'])
      expect(() => readVectors(write(content)), content).toThrow(UnknownFormat)
    expect(() => readVectors(path.join(scratch, 'absent.json'))).toThrow(UnknownFormat)
  })

  test('a row that is none of them fails among rows that are', () => {
    const file = bent('rfc9421/components.json', (f) => f.cases.push({ id: 'what' }, 7))
    expect(run(file).failed).toHaveLength(2)
  })
})

test('an error of another name is met in its check and in no other', () => {
  expect(isSameRefusal('E_SIGNATURE_BAD', 'E_SIG_INVALID')).toBe(true)
  expect(isSameRefusal('E_SIGNATURE_BAD', 'E_SIG_LENGTH')).toBe(false)
  expect(isSameRefusal('E_CREATED_FUTURE', 'E_TIME_FUTURE')).toBe(true)
  expect(isSameRefusal('E_CREATED_FUTURE', 'E_DIGEST_MISMATCH')).toBe(false)
  expect(isSameRefusal('E_SIG_LENGTH', 'E_SIG_INVALID')).toBe(false)
  expect(isSameRefusal('E_SOMETHING', 'E_SIG_INVALID')).toBe(false)
})

describe('the command', () => {
  const command = (...files: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(root, 'scripts/vectors.ts'), ...files], {
      encoding: 'utf8',
    })
    return { status, last: stdout.trimEnd().split('\n').at(-1), stdout, stderr }
  }

  test('ends with the total, and with 1 when a row fails', () => {
    const right = path.join(vectors, 'rfc9421/policy-sample.json')
    expect(command(right)).toMatchObject({ status: 0, last: '6 passed, 0 failed' })
    const wrong = bent('rfc9421/policy-sample.json', expects('N01', 'reject', 'E_SIG_INVALID'))
    const { status, last, stdout } = command(right, wrong)
    expect({ status, last }).toEqual({ status: 1, last: '11 passed, 1 failed' })
    expect(stdout).toContain('bent.vectors: N01: expected E_SIG_INVALID, was accepted')
  })

  test('ends with 2 for a file of no known format, before any row is run', () => {
    const unknown = path.join(vectors, 'pawapay/v2-shapes.json')
    const { status, stdout, stderr } = command(path.join(vectors, 'rfc9421/keys.json'), unknown)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('v2-shapes.json: none of the known formats')
    expect(command()).toMatchObject({ status: 2, stdout: '' })
  })
})
