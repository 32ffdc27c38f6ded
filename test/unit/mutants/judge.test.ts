import { globSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { judge, type Survivor } from '../../../scripts/mutants/outcome.ts'
import { RUST, TYPESCRIPT, TYPESCRIPT_TESTS } from '../../../scripts/mutants/scope.ts'

const survivor = (over: Partial<Survivor> = {}): Survivor => ({
  id: 'a.ts: x → y',
  at: 'a.ts:1',
  money: false,
  ...over,
})
const because = { id: 'a.ts: x → y', why: 'it makes no difference' }

describe('what a surviving mutant means', () => {
  it('none survives: nothing to say', () => {
    expect(judge([], [], 5, true)).toEqual({ failures: [], explained: [] })
  })
  it('fails in money code, whatever the explanation', () => {
    expect(judge([survivor({ money: true })], [because], 5, true).failures).toHaveLength(1)
  })
  it('fails without an explanation', () => {
    expect(judge([survivor()], [], 5, true).failures).toHaveLength(1)
  })
  it('is explained elsewhere', () => {
    expect(judge([survivor()], [because], 5, true)).toMatchObject({ failures: [], explained: [expect.any(String)] })
  })
  it('an explanation of what is caught by now goes', () => {
    expect(judge([], [because], 5, true).failures).toHaveLength(1)
    expect(judge([], [because], 5, false).failures).toEqual([])
  })
  it('more explanations than agreed fail', () => {
    expect(judge([survivor()], [because], 0, true).failures).toHaveLength(1)
  })
})

describe('the scope', () => {
  it.each(RUST.map(({ files }) => files))('%s is there', (files) => {
    expect(globSync(files, { cwd: 'rust-core' })).not.toEqual([])
  })
  it.each(TYPESCRIPT)('%s is there', (file) => {
    expect(globSync(file)).toEqual([file])
  })
  it.each(TYPESCRIPT_TESTS)('%s is there', (files) => {
    expect(globSync(files)).not.toEqual([])
  })
})
