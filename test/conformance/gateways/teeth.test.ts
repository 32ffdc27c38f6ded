/** The suite bites: a spec with one thing wrong in it fails the case that is there for it. */
import { expect, it } from 'vitest'
import type { CaseSpec, GatewaySpec } from '../../../scripts/provision/spec.ts'
import { startBench } from './bench.ts'
import { CASES } from './cases/all.ts'
import { toypay } from './described/toypay.ts'

type Cases = readonly CaseSpec[]

/** The first step of an answer, altered; the steps after it stay. */
const reading = (part: 'deposit' | 'status', alter: (cases: Cases) => Cases): GatewaySpec => {
  const { spec } = toypay
  const { answer } = spec[part]
  const [first = [], ...others] = answer.steps
  return { ...spec, [part]: { ...spec[part], answer: { ...answer, steps: [alter(first), ...others] } } }
}

const without = (field: string, condition: string) => (cases: Cases) =>
  cases.filter(({ when }) => when?.[field] !== condition)

/** The one case with this condition means something else. */
const means = (field: string, condition: unknown, then: CaseSpec['then']) => (cases: Cases) =>
  cases.map((one) =>
    JSON.stringify(one.when?.[field]) === JSON.stringify(condition) ? { ...one, ...(then ? { then } : {}) } : one,
  )

const lastMeans = (then: CaseSpec['then']) => (cases: Cases) => [...cases.slice(0, -1), { ...(then ? { then } : {}) }]

const ahead =
  (when: CaseSpec['when'], then: CaseSpec['then']) =>
  (cases: Cases): Cases => [{ ...(when ? { when } : {}), ...(then ? { then } : {}) }, ...cases]

const MUTANTS: readonly (readonly [what: string, spec: GatewaySpec, name: string])[] = [
  [
    'what is not understood is a refusal',
    reading('deposit', lastMeans({ kind: 'rejected', code: 'HTTP' })),
    'JSON that is no answer',
  ],
  [
    'what is not understood was taken',
    reading('deposit', lastMeans({ kind: 'accepted' })),
    'an unknown word as answer to the send',
  ],
  [
    'a reference that is taken is a refusal',
    reading('deposit', ahead({ http: [409] }, { kind: 'rejected', code: 'TAKEN' })),
    'a duplicate reference is no refusal',
  ],
  ['refusals are not known', reading('deposit', without('why', 'any')), 'each refusal at the door'],
  [
    'whose charge was taken does not matter',
    reading('deposit', without('ref', 'other')),
    "an answer about another's charge",
  ],
  [
    'whose charge it is does not matter',
    reading('status', without('ref', 'unproven')),
    "an answer about another's charge",
  ],
  [
    'an unknown word is a success',
    reading('status', means('state', 'any', { outcome: 'succeeded' })),
    'an unknown word as status',
  ],
  ['a failure is not one', reading('status', means('state', ['void'], { outcome: 'pending' })), 'each failure code'],
  [
    'what is not found has failed',
    reading('status', means('http', [404], { kind: 'found', outcome: 'failed' })),
    'the call is lost before it is processed',
  ],
  [
    'amounts are in major units',
    { ...toypay.spec, amount: { spelling: 'trimmed' } },
    'money survives the way there and back',
  ],
  [
    'nobody vouches for callbacks',
    { ...toypay.spec, webhook: { scheme: 'none' } },
    'a forged callback is not believed',
  ],
  ['nobody signs callbacks', { ...toypay.spec, webhook: { scheme: 'none' } }, 'an unsigned callback is not believed'],
]

it.for(MUTANTS)('%s: %3$s', async ([, spec, name]) => {
  const bench = await startBench({ ...toypay, spec })
  try {
    const bites = CASES.find((one) => one.name === name)
    expect(bites).toBeDefined()
    await expect(bites?.run(bench)).rejects.toThrow()
  } finally {
    await bench.close()
  }
})
