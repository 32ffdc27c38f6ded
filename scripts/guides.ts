/**
 * `node scripts/guides.ts`: the guides of docs/guides as the edge serves them at /docs/guides/{name}: src/edge/openapi/guides.ts.
 * `--check` only says whether the committed one is of these guides.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { Marked } from 'marked'

const NAMES = ['quick-start', 'idempotency', 'webhooks', 'testing', 'going-live']
const FILE = 'src/edge/openapi/guides.ts'

const marked = new Marked({
  renderer: {
    // Guides lead to each other; what is only in the repository is named and not linked: the page works offline.
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens)
      const [, guide] = /^([a-z-]+)\.md$/.exec(href) ?? []
      if (guide && NAMES.includes(guide)) return `<a href="/docs/guides/${guide}">${text}</a>`
      if (href.startsWith('https://')) return `<a href="${href}" rel="noreferrer">${text}</a>`
      return `${text} (<code>${href.replace(/^(\.\.\/)+/, (up) => (up.length > 3 ? '' : 'docs/'))}</code>)`
    },
  },
})

const guides = NAMES.map((name) => {
  const source = readFileSync(`docs/guides/${name}.md`, 'utf8')
  return [name, { title: /^# (.+)$/m.exec(source)?.[1] ?? name, body: marked.parse(source) as string }] as const
})
const text = `/** Made of docs/guides by scripts/guides.ts. Do not edit. */
export const GUIDES: Readonly<Record<string, { readonly title: string; readonly body: string }>> = ${JSON.stringify(Object.fromEntries(guides), null, 2)}
`
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    console.error(`${FILE} is not of these guides: run node scripts/guides.ts and commit it.`)
    process.exitCode = 1
  }
} else {
  writeFileSync(FILE, text)
  console.log(`${FILE}: ${text.length} bytes`)
}
