import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/** docs/alerts.md and the log calls of the source, held against each other. */
const page = readFileSync('docs/alerts.md', 'utf8')

const sources = globSync('src/**/*.ts')
  .filter((file) => !file.includes('generated'))
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }))

const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '')

/** The records that are logged, as they are written in the source. */
const records = sources.flatMap(({ text }) => all(text, /\b(?:log|consoleLog)\(\{([\s\S]*?)\}\)/g))
/** What a flow wants known is logged by whoever calls it. */
const noted = sources
  .filter(({ file }) => /^src\/(flows|edge)\//.test(file))
  .flatMap(({ text }) => [
    ...all(text, /\b(?:note|tell|noteIn\(deps, c\))\(\s*'(\w+)'/g),
    ...all(text, /for \(const event of \[([^\]]+)\]/g).flatMap((list) => all(list, /'(\w+)'/g)),
  ])
const events = new Set([...records.flatMap((record) => all(record, /\bevent: '(\w+)'/g)), ...noted])

const alerts = records.filter((record) => record.includes("event: 'alert'"))
/** Codes that a log call only passes on: from the reducer, and from the flows. */
const passedOn = [
  ...globSync('rust-core/crates/payments/src/**/*.rs').flatMap((file) =>
    all(readFileSync(file, 'utf8'), /Effect::alert\("(\w+)"/g),
  ),
  ...sources
    .filter(({ file }) => file.startsWith('src/flows/'))
    .flatMap(({ text }) => [...all(text, /\bcode: '(\w+)', number/g), ...all(text, /\bports\.alert\('(\w+)'/g)]),
]
const codes = new Set([...alerts.flatMap((record) => all(record, /\bcode: '(\w+)'/g)), ...passedOn])

/** Names in the first column of the page's tables. */
const listed = page
  .split('\n')
  .filter((line) => /^\| `/.test(line))
  .flatMap((line) => all(line.split('|')[1] ?? '', /`(\w+)`/g))
  .filter((name) => name !== 'code' && name !== 'event')

it('finds what is logged', () => {
  expect(events.size).toBeGreaterThan(40)
  expect(codes.size).toBeGreaterThan(20)
  expect([...codes]).toContain('late_success')
  expect([...events]).toContain('begin_failed')
})

it('every event and every alert is on the page, and none that is gone', () => {
  events.delete('alert')
  expect(listed.toSorted()).toEqual([...events, ...codes].toSorted())
})

it('an alert names its code, or passes one on that is known', () => {
  const nameless = alerts.filter((record) => !/\bcode: '\w+'|\bcode,|code: effect\.code/.test(record))
  expect(nameless).toEqual([])
})

it('every link of the page leads somewhere', () => {
  for (const target of all(page, /\]\(([^)#]+)(?:#[^)]*)?\)/g))
    expect(globSync(`docs/${target}`), target).toHaveLength(1)
})
