import { globSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'

/**
 * docs/data.md lists every field of every store, as a customer's or as nobody's. Whoever adds a field decides which it is:
 * until then this fails.
 */
const page = readFileSync('docs/data.md', 'utf8')
const namesIn = (text: string): string[] => [...text.matchAll(/`([\w-]+)`/g)].map(([, name]) => name as string)

/** Store → the names of its row, both columns together. */
const listed: ReadonlyMap<string, readonly string[]> = new Map(
  [...page.matchAll(/^\| (object|record|D1|Redis|queue) ([^|]+)\|([^|]*)\|([^|]*)\|$/gm)].map(
    ([, kind, store = '', personal = '', other = '']) =>
      [`${kind} ${namesIn(store).join(' ')}`, [...namesIn(personal), ...namesIn(other)]] as const,
  ),
)

const columnsOf = (schema: readonly string[]): ReadonlyMap<string, string[]> => {
  const database = new DatabaseSync(':memory:')
  for (const sql of schema) database.exec(sql)
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
    .all() as { name: string }[]
  return new Map(
    tables.map(({ name }) => [
      name,
      (database.prepare('SELECT name FROM pragma_table_info(?)').all(name) as { name: string }[]).map(
        (row) => row.name,
      ),
    ]),
  )
}

/** The fields of an interface, as its source says. */
const fieldsOf = (file: string, name: string): string[] => {
  const body = new RegExp(`^export interface ${name} \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(readFileSync(file, 'utf8'))?.[1]
  return [...(body ?? '').matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => field as string)
}

const objectSchemas = ['src/consumer/payment-store.ts', 'src/vault/day-counter.ts'].map(
  (file) => /const SCHEMA = `([^`]+)`/.exec(readFileSync(file, 'utf8'))?.[1] ?? '',
)
const d1 = columnsOf(
  globSync('src/consumer/migrations/*.sql')
    .toSorted()
    .map((file) => readFileSync(file, 'utf8')),
)
const object = columnsOf(objectSchemas)

const STORES: readonly (readonly [store: string, fields: readonly string[]])[] = [
  ...[...d1].map(([table, columns]) => [`D1 ${table}`, columns] as const),
  ...[...object].map(([table, columns]) => [`object ${table}`, columns] as const),
  ['record PaymentRecord', fieldsOf('src/consumer/payment-record.ts', 'PaymentRecord')],
  ['record EarlierPayer', fieldsOf('src/consumer/payment-record.ts', 'EarlierPayer')],
  ...(['PaymentState', 'AttemptState', 'RefundState'] as const).map(
    (name) => [`record ${name}`, fieldsOf('src/contracts/decide.ts', name)] as const,
  ),
]

describe('T55: the map of personal data', () => {
  it.each(STORES)('%s has each field on it, once, and none that is not there', (store, fields) => {
    expect(fields.length).toBeGreaterThan(0)
    expect(listed.get(store)?.toSorted()).toEqual(fields.toSorted())
  })

  it('has each kind of key in Redis', () => {
    const kinds = [...readFileSync('src/adapters/redis-payment-lock.ts', 'utf8').matchAll(/`lango:\$\{mode\}:(\w):/g)]
    expect(kinds.length).toBeGreaterThan(3)
    expect(listed.get('Redis k p s m')?.toSorted()).toEqual(kinds.map(([, kind]) => kind as string).toSorted())
    const others = globSync('src/**/*.ts')
      .filter((file) => file !== 'src/adapters/redis-payment-lock.ts')
      .filter((file) => /[`'"]lango:\$?\{/.test(readFileSync(file, 'utf8')))
    expect(others).toEqual([])
  })

  it('has each kind of message', () => {
    const kinds = [...readFileSync('src/contracts/queue.ts', 'utf8').matchAll(/readonly kind: '(\w+)'/g)]
    expect(listed.get('queue callback fulfilment notification')?.toSorted()).toEqual(
      kinds.map(([, kind]) => kind as string).toSorted(),
    )
  })

  it('lists no store that there is not', () => {
    const known = [...STORES.map(([store]) => store), 'Redis k p s m', 'queue callback fulfilment notification']
    expect([...listed.keys()].toSorted()).toEqual(known.toSorted())
  })
})
