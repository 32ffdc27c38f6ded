import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { mustNotice, patched } from '../../scripts/acceptance/mutate.ts'
import { page } from '../../scripts/acceptance/table.ts'
import { type Guard, runnerOf, type Test, testsOf } from './registry.ts'
import { ROWS } from './rows.ts'
import { functionsIn, rowIdsIn, titlePattern, titlesIn } from './titles.ts'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const id = (n: number): string => `T${String(n).padStart(2, '0')}`
const range = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, i) => id(from + i))

const IDS = range(1, 64)
/** The layers that each row is to be shown at. */
const ASKED: Readonly<Record<string, string>> = Object.fromEntries(
  'T01 w,T02 ws,T03 p,T04 p,T05 sw,T06 sw,T07 s,T08 s,T09 wx,T10 x,T11 w,T12 s,T13 p,T14 w,T15 w,T16 wx,T17 sx,T18 w,T19 p,T20 w,T21 s,T22 s,T23 ms,T24 m,T25 w,T26 s,T27 s,T28 p,T29 p,T30 p,T31 w,T32 w,T33 mp,T34 w,T35 pw,T36 pw,T37 ms,T38 s,T39 mp,T40 wx,T41 sw,T42 s,T43 s,T44 w,T45 w,T46 wx,T47 w,T48 w,T49 p,T50 sw,T51 pw,T52 pw,T53 w,T54 w,T55 pw,T56 w,T57 w,T58 s,T59 p,T60 s,T61 ws,T62 ws,T63 w,T64 w'
    .split(',')
    .map((entry) => entry.split(' ')),
)

const guardsOf = <Kind extends Guard['kind']>(kind: Kind) =>
  ROWS.flatMap((row) =>
    row.guards
      .filter((guard): guard is Extract<Guard, { kind: Kind }> => guard.kind === kind)
      .map((guard) => ({ row, guard })),
  )
const allTests = ROWS.flatMap((row) => testsOf(row).map((test) => ({ row, test })))

const occurrences = ({ file, name, writtenIn = file }: Test): number => {
  const source = read(writtenIn)
  switch (runnerOf({ file, name })) {
    case 'cargo':
      return functionsIn(source, name)
    case 'model':
      return source.split(`"${name}"`).length - 1
    case 'vitest':
      return titlesIn(source, name)
  }
}

describe('the rows', () => {
  it('are each there once, in order', () => {
    expect(ROWS.map((row) => row.id)).toEqual(IDS)
  })

  it.each(IDS)('%s asks for each of its layers', (row) => {
    const layers = Object.keys(ROWS.find((each) => each.id === row)?.layers ?? {})
    expect(layers).toEqual(expect.arrayContaining([...(ASKED[row] ?? '?')]))
  })

  it('name tests that exist', () => {
    const missing = allTests.filter(({ test }) => occurrences(test) === 0)
    expect(missing.map(({ row, test }) => `${row.id} ${test.file} › ${test.name}`)).toEqual([])
  })

  it('name Rust functions that no other crate has, since cargo reports them without their file', () => {
    const sources = globSync('rust-core/crates/**/*.rs', { cwd: root }).map(read)
    const names = new Set(allTests.filter(({ test }) => runnerOf(test) === 'cargo').map(({ test }) => test.name))
    const twice = [...names].filter((name) => sources.reduce((sum, source) => sum + functionsIn(source, name), 0) !== 1)
    expect(twice).toEqual([])
  })

  it('are the only ones that titles of tests name', () => {
    const named = new Map<string, string>()
    for (const file of globSync(
      'test/{unit,flows,workers,e2e,crash,chaos,acceptance,conformance,simulation,history}/**/*.test.ts',
      { cwd: root },
    ))
      for (const row of rowIdsIn(read(file), 'ts')) named.set(row, file)
    for (const file of globSync('rust-core/crates/**/*.rs', { cwd: root }))
      for (const row of rowIdsIn(read(file), 'rs')) named.set(row, file)
    expect(named.size).toBeGreaterThan(40)
    const unknown = [...named].filter(([row]) => !ROWS.some((each) => each.id === row))
    expect(unknown).toEqual([])
  })
})

describe('the guards', () => {
  it('are there for every row', () => {
    expect(ROWS.filter(({ guards }) => guards.length === 0).map((row) => row.id)).toEqual([])
  })

  it.each(guardsOf('text').map(({ row, guard }) => [row.id, guard.file, guard.find, { row, guard }] as const))(
    '%s in %s, at %j, can be switched off, and a test of the row could notice',
    (_, file, __, { row, guard }) => {
      expect(patched(read(file), guard)).not.toBe(read(file))
      expect(mustNotice(row, guard)).not.toEqual([])
    },
  )

  it('that are mutants hang in the gallery, and their row asks the model', () => {
    const gallery = read('rust-core/model/src/gallery.rs') + read('rust-core/model/src/refunds.rs')
    for (const { guard } of guardsOf('mutant')) expect(gallery).toContain(`("${guard.name}",`)
  })
})

it('the page says what the rows say', () => {
  expect(read('docs/acceptance.md')).toBe(page(ROWS))
})

describe('titles', () => {
  it.each([
    ['T01: plain', 'T01: plain, and more', true],
    ['T01: plain', 'T02: plain', false],
    ['T01: in a hole', 'goes on when T01: in a hole', true],
    ['T01: %i of %s here', 'T01: 500 of them here', true],
    ['T01: %i of %s here', 'T01: 500 of them there', false],
    ['T01: $kind goes', 'T01: sealed goes', true],
    ['T01: 100 % (all) [x]', 'T01: 100 % (all) [x]', true],
  ])('%j is found in %j: %s', (name, title, matches) => {
    expect(titlePattern(name).test(title)).toBe(matches)
  })

  it('are looked up in any kind of quotes', () => {
    expect(titlesIn("it('T01: a', …)\nit(\"T01: a's\", …)\nit(`T01: a b`, …)", 'T01: a')).toBe(3)
    expect(functionsIn('    fn t01_a() {\nfn t01_a(x: u8) {\nfn t01_ab() {', 't01_a')).toBe(2)
    expect(rowIdsIn("it('T01, T02: a')\nit('see T03 and T04')\ndescribe(\"T05 T06: b\")", 'ts')).toEqual([
      'T01',
      'T02',
      'T05',
      'T06',
    ])
    expect(rowIdsIn('fn t18_t20_only() {} fn what() {}', 'rs')).toEqual(['T18', 'T20'])
  })
})
