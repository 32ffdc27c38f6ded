import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { titlesIn } from '../../acceptance/titles.ts'

/** The table of what remains to a hostile package: each row names the tests that show it. */
const rows = (
  /### What a hostile package in the edge can still do\n([\s\S]*?)\n### /.exec(
    readFileSync('SECURITY.md', 'utf8'),
  )?.[1] ?? ''
)
  .split('\n')
  .filter((line) => /^\| (?!It can|---)/.test(line) && !line.startsWith('|---'))
const source = readFileSync('test/e2e/hostile-edge.test.ts', 'utf8')

it('each thing that remains to a hostile package is shown by a test that exists', () => {
  expect(rows.length).toBeGreaterThan(5)
  for (const row of rows) {
    const names = [...(row.split('|').at(-2) ?? '').matchAll(/\*([^*]+)\*/g)].map(([, name]) => name ?? '')
    expect(names, row).not.toEqual([])
    for (const name of names) expect(titlesIn(source, name), name).toBe(1)
  }
})
