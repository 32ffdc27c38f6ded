import { LAYERS, type Layer, type Row, testsOf } from '../../test/acceptance/registry.ts'
import type { Judged } from './judge.ts'

const SAID = {
  passed: 'ok',
  failed: 'FAILED',
  absent: 'NOT RUN',
  skipped: 'SKIPPED',
  no_tool: 'no tool',
  missing: 'NO TEST',
}

/** A row for a terminal: what must happen, then each layer with its tests. */
export const printed = ({ row, passed, layers }: Judged): string => {
  const lines = [`${row.id}  ${passed ? 'ok  ' : 'FAIL'}  ${row.when} ⇒ ${row.must}`]
  for (const { layer, outcome, tests } of layers) {
    const [first = { test: { file: '', name: '' }, outcome }, ...others] = tests
    lines.push(
      `       ${layer}  ${SAID[outcome].padEnd(8)}${first.test.file && `${first.test.file} › ${first.test.name}`}`,
    )
    for (const each of others) {
      const word = each.outcome === 'passed' ? '' : SAID[each.outcome]
      lines.push(`          ${word.padEnd(8)}${each.test.file} › ${each.test.name}`)
    }
  }
  return lines.join('\n')
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

const where = (row: Row): string =>
  (Object.keys(LAYERS) as Layer[])
    .filter((layer) => row.layers[layer])
    .map((layer) => {
      const tests = testsOf(row, layer)
      if (tests.length === 0) return `**${layer}** *no test yet*`
      const byFile = Map.groupBy(tests, ({ file }) => file)
      const files = [...byFile].map(([file, own]) => `\`${file}\`: ${own.map(({ name }) => cell(name)).join(' · ')}`)
      return `**${layer}** ${files.join('<br>')}`
    })
    .join('<br>')

const guards = (row: Row): string =>
  row.guards
    .map((guard) => `${guard.kind === 'mutant' ? `mutant \`${guard.name}\`` : `\`${guard.file}\``}: ${cell(guard.why)}`)
    .join('<br>')

const HEAD = `# Acceptance: what may go wrong, and what must then happen

Each row is a fault, what must come of it, and the tests that show it. *Payment*: one intention of a customer. *Attempt*: one request
to one gateway for it. Layers: ${(Object.keys(LAYERS) as Layer[]).map((layer) => `**${layer}** ${LAYERS[layer]}`).join(', ')}.

    npm run acceptance                     # runs the tests and prints the table; a layer without a test is a failure
    npm run acceptance -- T21 T22          # these rows only
    npm run acceptance -- --mutate         # switches each row's guard off and shows that a test of the row fails
    npm run acceptance -- --write          # writes this page anew from test/acceptance/rows

The last column says which guard is switched off, and what would happen without it.
`

const markdown = (rows: readonly Row[]): string =>
  [
    '| Row | When | Then | Shown by | Without the guard |',
    '|---|---|---|---|---|',
    ...rows.map((row) => `| ${row.id} | ${cell(row.when)} | ${cell(row.must)} | ${where(row)} | ${guards(row)} |`),
  ].join('\n')

/** The page `docs/acceptance.md`. */
export const page = (rows: readonly Row[]): string => `${HEAD}\n${markdown(rows)}\n`
