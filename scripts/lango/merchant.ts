import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { AddCommands } from './commands.ts'

interface Merchant {
  readonly id: string
  readonly name: string
  readonly colour: string | null
  readonly logo: string | null
  readonly languages: readonly string[]
  readonly allowedOrigins: readonly string[]
  readonly createdAt: string
}
interface Key {
  readonly id: string
  readonly mode: string
  readonly scope: string
  readonly label: string | null
  readonly hint: string | null
  readonly state: string
  readonly expiresAt: string | null
}
interface NewKey extends Key {
  readonly key: string
  readonly replaces?: Key
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
}

const logoOf = (file: string): string => {
  const mediaType = MEDIA_TYPES[path.extname(file).toLowerCase()]
  if (!mediaType) throw new Error(`${file}: the logo is an .svg, .png or .webp file.`)
  return `data:${mediaType};base64,${readFileSync(file).toString('base64')}`
}

const list = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
const at = (id: string): string => `/merchants/${encodeURIComponent(id)}`

const shown = (merchant: Merchant): string =>
  [
    `${merchant.id}  ${merchant.name}`,
    `  colour     ${merchant.colour ?? 'the page’s own'}`,
    `  logo       ${merchant.logo ? `${merchant.logo.length} characters` : 'none'}`,
    `  languages  ${merchant.languages.join(', ') || 'all'}`,
    `  origins    ${merchant.allowedOrigins.join(', ') || 'none: no page may call with a publishable key'}`,
  ].join('\n')

const keyLine = ({ id, mode, scope, label, hint, state, expiresAt }: Key): string =>
  [
    id,
    mode.padEnd(4),
    scope.padEnd(11),
    (hint ?? '').padEnd(14),
    state === 'good' && expiresAt ? `good until ${expiresAt}` : state,
    label ?? '',
  ]
    .join('  ')
    .trimEnd()

const told = ({ key, replaces, ...record }: NewKey): string =>
  [
    key,
    '',
    'Keep it now: it is not stored, and nobody can show it again.',
    `id ${record.id}, ${record.mode}, ${record.scope}`,
    ...(replaces
      ? [`${replaces.id} ${replaces.state === 'good' ? `goes on until ${replaces.expiresAt}` : 'is over'}`]
      : []),
  ].join('\n')

const merchants: AddCommands = (program, client) => {
  program
    .command('create <name>')
    .description('a new merchant')
    .option('--id <id>', 'mer_… of your choice: the same twice is one merchant')
    .action(async (name: string, { id }: { id?: string }) => {
      console.log(shown((await client().call('POST', '/merchants', { name, ...(id ? { id } : {}) })) as Merchant))
    })
  program
    .command('list')
    .description('all merchants')
    .action(async () => {
      const { merchants } = (await client().call('GET', '/merchants')) as { readonly merchants: readonly Merchant[] }
      for (const { id, name, createdAt } of merchants) console.log(`${id}  ${createdAt.slice(0, 10)}  ${name}`)
    })
  program
    .command('show <merchant>')
    .description('one, with its keys')
    .action(async (id: string) => {
      const asking = client()
      console.log(shown((await asking.call('GET', at(id))) as Merchant))
      const { keys } = (await asking.call('GET', `${at(id)}/keys`)) as { readonly keys: readonly Key[] }
      for (const key of keys) console.log(`  ${keyLine(key)}`)
    })
  program
    .command('update <merchant>')
    .description('what is named here is replaced, the rest stays')
    .option('--name <name>')
    .option('--colour <#rrggbb>', 'of the page; "none" for its own')
    .option('--logo <file>', 'a small .svg, .png or .webp, at most 6 KB; "none" for no logo')
    .option('--language <tag>', 'of the page, preferred first; repeat it; "none" for all', list)
    .option('--origin <origin>', 'whose pages may use a publishable key; repeat it; "none" for none', list)
    .action(
      async (
        id: string,
        given: { name?: string; colour?: string; logo?: string; language?: string[]; origin?: string[] },
      ) => {
        const some = (values: readonly string[]) => values.filter((value) => value !== 'none')
        const change = {
          ...(given.name === undefined ? {} : { name: given.name }),
          ...(given.colour === undefined
            ? {}
            : { colour: given.colour === 'none' ? null : given.colour.toLowerCase() }),
          ...(given.logo === undefined ? {} : { logo: given.logo === 'none' ? null : logoOf(given.logo) }),
          ...(given.language === undefined ? {} : { languages: some(given.language) }),
          ...(given.origin === undefined ? {} : { allowedOrigins: some(given.origin) }),
        }
        if (Object.keys(change).length === 0) throw new Error('Name something to change: see --help.')
        console.log(shown((await client().call('PATCH', at(id), change)) as Merchant))
      },
    )
}

const keys: AddCommands = (program, client) => {
  const command = program.command('key').description('API keys of a merchant')
  command
    .command('create <merchant>')
    .description('a new key, shown once')
    .option('--live', 'for real money; without it a test key', false)
    .option('--publishable', 'for pages in a browser; without it a secret key', false)
    .option('--label <words>', 'what it is for')
    .action(async (id: string, given: { live: boolean; publishable: boolean; label?: string }) => {
      const wish = {
        mode: given.live ? 'live' : 'test',
        scope: given.publishable ? 'publishable' : 'secret',
        ...(given.label === undefined ? {} : { label: given.label }),
      }
      console.log(told((await client().call('POST', `${at(id)}/keys`, wish)) as NewKey))
    })
  command
    .command('rotate <merchant> <key-id>')
    .description('a successor; the old key and its links go on for the overlap')
    .option('--overlap <hours>', 'at most 1440', '24')
    .action(async (id: string, key: string, { overlap }: { overlap: string }) => {
      const target = `${at(id)}/keys/${encodeURIComponent(key)}/rotate`
      console.log(told((await client().call('POST', target, { overlapHours: Number(overlap) })) as NewKey))
    })
  command
    .command('revoke <merchant> <key-id>')
    .description('at once (the edge forgets it within 60 s), and the links that it signed with it')
    .action(async (id: string, key: string) => {
      console.log(keyLine((await client().call('DELETE', `${at(id)}/keys/${encodeURIComponent(key)}`)) as Key))
    })
}

export const merchantCommands: readonly AddCommands[] = [merchants, keys]
