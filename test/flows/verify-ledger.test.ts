import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { closePeriod } from '../../scripts/archive/close-period.ts'
import { sqliteSource } from '../../scripts/ledger/sqlite-source.ts'
import { entryStatements } from '../../src/adapters/d1-ledger-entry.ts'
import { createD1LedgerSeals } from '../../src/adapters/d1-ledger-seals.ts'
import { LEDGER_KINDS, type LedgerEntry } from '../../src/domain/ledger-entry.ts'
import { reverseEntry } from '../../src/flows/reverse-entry.ts'
import { sealLedger } from '../../src/flows/seal-ledger.ts'
import { type VerifiedLedger, verifyLedger } from '../../src/flows/verify-ledger.ts'
import { openLedgerDatabase } from './ledger-database.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const T0 = Date.UTC(2026, 5, 1)
const DAY_MS = 86_400_000
const LATER = T0 + 400 * DAY_MS

/** A deposit, a settlement or a fee of some size, on some day: `n` is what makes it itself. */
const entryOf = (n: number): LedgerEntry => {
  const kind = (['deposit', 'deposit', 'settlement', 'fee'] as const)[n % 4] as 'deposit'
  const merchantId = `mer_${n % 3}`
  const debit = { deposit: 'gateway:pawapay:clearing', settlement: 'bank:main:cash', fee: 'gateway:pawapay:fees' }[kind]
  const credit = kind === 'deposit' ? `merchant:${merchantId}:payable` : 'gateway:pawapay:clearing'
  const money = { amountMinor: String(1 + ((n * 7919) % 100_000)), currency: n % 5 === 0 ? 'RWF' : 'ZMW' }
  return {
    id: `${kind}_${n}`,
    kind,
    paymentId: kind === 'deposit' ? `pay_${n}` : null,
    attempt: kind === 'deposit' ? 1 + (n % 3) : null,
    merchantId,
    mode: n % 7 === 0 ? 'live' : 'test',
    gateway: 'pawapay',
    reference: `ref "${n}"\n`,
    occurredAtMs: T0 + (n % 40) * DAY_MS + n,
    createdAtMs: T0 + 41 * DAY_MS + n,
    note: n % 4 === 3 ? `for ${n}, zażółć` : null,
    postings: [
      { direction: 'debit', account: debit, ...money },
      { direction: 'credit', account: credit, ...money },
    ],
  }
}

const open = () => {
  const { sqlite, database } = openLedgerDatabase()
  const seals = createD1LedgerSeals(database)
  const files = new Map<string, string>()
  return {
    sqlite,
    post: async (entry: LedgerEntry) => database.batch([...(await entryStatements(database, entry))]),
    seal: (nowMs = T0 + 42 * DAY_MS) => sealLedger({ ...seals, sha256: async (text) => sha256(text) }, nowMs, 4),
    close: (days: number) =>
      closePeriod({
        database,
        sink: {
          put: async (name, text) => void files.set(name, text),
          get: async (name) => files.get(name) ?? '',
        },
        beforeMs: T0 + days * DAY_MS,
        nowMs: LATER,
        linesPerFile: 3,
        rowsPerBatch: 2,
      }),
    balances: () => sqlite.prepare('SELECT * FROM ledger_balances').all(),
    recount: () => sqlite.prepare('SELECT * FROM ledger_recount').all(),
    /** With what the archives say. */
    verify: (roots: readonly string[] = []): Promise<VerifiedLedger> =>
      verifyLedger(
        sqliteSource(sqlite, (name) => files.get(name) ?? null),
        { sha256, nowMs: LATER, roots },
      ),
    verifyAlone: (): Promise<VerifiedLedger> => verifyLedger(sqliteSource(sqlite), { sha256, nowMs: LATER }),
    files,
  }
}
type Ledger = ReturnType<typeof open>

/** Sealed in batches of four; of forty days the first `closed` have left for archives. */
const filled = async (count: number, closed = 0): Promise<Ledger> => {
  const ledger = open()
  for (let n = 1; n <= count; n += 1) await ledger.post(entryOf(n))
  await ledger.seal()
  if (closed > 0) await ledger.close(closed)
  return ledger
}

/** Whoever tampers has the file in hand: no trigger and no constraint stands in the way. */
const unguarded = ({ sqlite }: Ledger): DatabaseSync => {
  const triggers = sqlite.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all()
  for (const { name } of triggers) sqlite.exec(`DROP TRIGGER ${String(name)}`)
  sqlite.exec('PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON')
  return sqlite
}
const named = ({ findings }: VerifiedLedger): string[] => findings.map(({ row }) => row)

describe('what is written, however it comes', () => {
  it('T51: replayed and shuffled, sealed whenever, archived or not: the same balances, and the chain verifies', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 24 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        fc.integer({ min: 0, max: 40 }),
        async (numbers, noise, closed) => {
          const plain = open()
          for (const n of numbers) await plain.post(entryOf(n))
          await plain.seal()

          const shuffled = open()
          const order = numbers.toSorted((a, b) => ((a * 7) % 31) - ((b * 7) % 31))
          for (const [index, n] of order.entries()) {
            await shuffled.post(entryOf(n))
            const luck = noise[index] ?? 0
            // Again, later and by another: the same entry.
            const again = entryOf(order[luck % (index + 1)] as number)
            if (luck % 3 === 0) await shuffled.post({ ...again, createdAtMs: again.createdAtMs + luck })
            if (luck % 4 === 0) await shuffled.seal()
          }
          expect(shuffled.balances()).toEqual(plain.balances())
          await shuffled.seal()
          expect(shuffled.balances()).toEqual(plain.balances())
          if (closed > 0) await shuffled.close(closed)
          expect(shuffled.balances()).toEqual(plain.balances())
          expect(shuffled.recount()).toEqual(plain.recount())
          for (const found of [await plain.verify(), await shuffled.verify(), await shuffled.verifyAlone()]) {
            expect(found.findings).toEqual([])
            expect(found.passed).toBeGreaterThan(0)
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  it('an entry that an older Worker wrote is digested by the sealer, and a note says so', async () => {
    const ledger = await filled(3)
    ledger.sqlite.exec(`INSERT INTO ledger_entries
      (id, kind, payment_id, attempt, merchant_id, mode, gateway, reference, occurred_at_ms, created_at_ms)
      VALUES ('dep_old', 'deposit', 'p', 1, 'mer_0', 'test', 'pawapay', 'r', ${T0}, ${T0});
      INSERT INTO ledger_postings VALUES ('dep_old', 'debit', 'gateway:pawapay:clearing', 5, 'ZMW'),
        ('dep_old', 'credit', 'merchant:mer_0:payable', 5, 'ZMW')`)
    await ledger.seal()
    const { findings, notes } = await ledger.verify()
    expect(findings).toEqual([])
    expect(notes).toEqual([expect.stringContaining('1 entries came without a digest')])
  })

  it('a correction is another entry, and what it reverses stays', async () => {
    const ledger = await filled(3)
    const before = ledger.balances()
    const entry = entryOf(9)
    await ledger.post(entry)
    await ledger.post(reverseEntry(entry, LATER, 'booked in error'))
    await ledger.post(reverseEntry(entry, LATER + 1, 'and again'))
    await ledger.seal(LATER)
    expect((await ledger.verify()).findings).toEqual([])
    const sums = (rows: readonly Record<string, unknown>[]) =>
      rows
        .map(({ mode, account, currency, debit_minor, credit_minor }) =>
          [mode, account, currency, Number(debit_minor) - Number(credit_minor)].join(' '),
        )
        .filter((text) => !text.endsWith(' 0'))
    expect(sums(ledger.balances())).toEqual(sums(before))
  })

  it('a deposit that leaves takes with it which statement has stated it', async () => {
    const ledger = await filled(8)
    const id = 'a'.repeat(64)
    ledger.sqlite.exec(`INSERT INTO statements VALUES ('${id}', 'pawapay', 'test', 1, 2, 4, 4, 1)`)
    const insert = ledger.sqlite.prepare('INSERT INTO statement_lines VALUES (?, ?, ?, ?)')
    for (const gateway of ['pawapay', 'other'])
      for (const n of [4, 5, 8]) insert.run(gateway, 'test', entryOf(n).reference, id)
    insert.run('pawapay', 'test', 'nobody knows', id)
    await ledger.close(6)
    const left = ledger.sqlite
      .prepare('SELECT gateway, reference FROM statement_lines ORDER BY gateway, reference')
      .all()
    expect(left.map(({ gateway, reference }) => `${gateway} ${String(reference)}`)).toEqual([
      ...[4, 5, 8].map((n) => `other ${entryOf(n).reference}`),
      'pawapay nobody knows',
      `pawapay ${entryOf(8).reference}`,
    ])
  })

  it('a digest and a root are what docs/ledger.md has them by hand', async () => {
    const ledger = open()
    const money = { amountMinor: '1550', currency: 'ZMW' }
    await ledger.post({
      id: 'dep_pay_00000000000000000000000001_1',
      kind: 'deposit',
      paymentId: 'pay_00000000000000000000000001',
      attempt: 1,
      merchantId: 'mer_dev',
      mode: 'test',
      gateway: 'pawapay',
      reference: '8b1f1c5e-0000-4000-8000-000000000001',
      occurredAtMs: 1_763_712_000_000,
      createdAtMs: 1_763_712_001_000,
      note: null,
      postings: [
        { direction: 'debit', account: 'gateway:pawapay:clearing', ...money },
        { direction: 'credit', account: 'merchant:mer_dev:payable', ...money },
      ],
    })
    await ledger.seal(1_763_712_060_000)
    const row = (sql: string) => ledger.sqlite.prepare(sql).get()
    const documented = readFileSync('docs/ledger.md', 'utf8')
    for (const text of [
      row('SELECT digest FROM ledger_entries')?.['digest'],
      row('SELECT root FROM ledger_head')?.['root'],
    ])
      expect(documented).toContain(`\n    ${String(text)}\n`)
  })

  it('knows the kinds that the database knows', () => {
    const { sqlite } = open()
    const kinds = sqlite.prepare('SELECT kind FROM ledger_kinds').all()
    expect(kinds.map(({ kind }) => kind)).toEqual(LEDGER_KINDS.toSorted())
  })
})

/** Each table, and how a finding names the row that its key says. Entries and their postings are named by their number. */
const TABLES = [
  'ledger_entries',
  'ledger_postings',
  'ledger_batches',
  'ledger_totals',
  'ledger_carried',
  'ledger_archived',
  'archives',
] as const
type Table = (typeof TABLES)[number]

interface Picked {
  readonly row: Record<string, string | number | null>
  readonly where: string
}

const quoted = (value: string | number | null): string =>
  typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)

const keyOf: Readonly<Record<Table, readonly string[]>> = {
  ledger_entries: ['number'],
  ledger_postings: ['entry_id', 'direction', 'account', 'currency'],
  ledger_batches: ['sequence'],
  ledger_totals: ['account', 'mode', 'currency', 'day'],
  ledger_carried: ['mode', 'account', 'currency'],
  ledger_archived: ['number'],
  archives: ['name'],
}

const pick = (sqlite: DatabaseSync, table: Table, luck: number): Picked => {
  // What else is archived than entries is not the ledger's.
  const rows = sqlite
    .prepare(`SELECT * FROM ${table} ${table === 'archives' ? "WHERE name LIKE '%-entries-%'" : ''}`)
    .all()
  const row = rows[luck % Math.max(1, rows.length)] as Picked['row'] | undefined
  if (!row) throw new Error(`${table} is empty`)
  return { row, where: keyOf[table].map((key) => `${key} IS ${quoted(row[key] ?? null)}`).join(' AND ') }
}

/** How a finding about this row begins, or about what should be there instead. */
const namesOf = (sqlite: DatabaseSync, table: Table, { row }: Picked): readonly string[] => {
  const text = (...columns: readonly string[]) => columns.map((column) => row[column]).join(' ')
  switch (table) {
    case 'ledger_entries':
      return [`ledger_entries ${row['number']}`]
    case 'ledger_postings': {
      const entry = sqlite.prepare('SELECT number FROM ledger_entries WHERE id = ?').get(String(row['entry_id']))
      return [`ledger_entries ${entry?.['number']}`]
    }
    case 'ledger_batches':
      return [`ledger_batches ${row['sequence']}`]
    case 'ledger_totals':
      return [`ledger_totals ${text('mode', 'account', 'currency', 'day')}`]
    case 'ledger_carried':
      return [`ledger_carried ${text('mode', 'account', 'currency')}`, `ledger_carried ${text('mode', 'currency')}`]
    case 'ledger_archived':
      return [`ledger_archived ${row['number']}`, `ledger_entries ${row['number']}`]
    case 'archives':
      return [`archives ${row['name']}`, 'ledger_archived']
  }
}

const isOf = (names: readonly string[], row: string): boolean =>
  names.some((name) => row === name || row.startsWith(`${name} `))

/** SQL of another value, of one byte's difference. */
const oneByteOff = (value: string | number | null, column: string, luck: number): string => {
  if (typeof value === 'number') return `(${column} | ${1 << (luck % 8)}) - (${column} & ${1 << (luck % 8)})`
  // STRICT holds for whoever tampers, too: a number stays one.
  if (value === null) return column === 'attempt' ? '1' : "'x'"
  const at = luck % Math.max(1, value.length)
  return quoted(value.slice(0, at) + (value[at] === 'a' ? 'b' : 'a') + value.slice(at + 1))
}

/** Not part of what is verified: when a file was noted, and the end of the period that it is of. */
const FREE: readonly string[] = ['before_ms', 'created_at_ms']

describe('what is changed', () => {
  /** Made once, without its guards; each tampering is rolled back. */
  let ledger: Ledger
  let sqlite: DatabaseSync
  beforeAll(async () => {
    ledger = await filled(13, 12)
    sqlite = unguarded(ledger)
  })
  const undone = async (tamper: () => Promise<void>): Promise<void> => {
    sqlite.exec('BEGIN')
    try {
      await tamper()
    } finally {
      sqlite.exec('ROLLBACK')
    }
  }

  it('T51: one byte changed in any column of any row: the row is named', async () => {
    expect((await ledger.verify()).findings).toEqual([])
    const tampering = fc.record({
      table: fc.constantFrom(...TABLES),
      which: fc.nat(),
      column: fc.nat(),
      luck: fc.nat(),
    })
    const property = fc.asyncProperty(tampering, ({ table, which, column, luck }) =>
      undone(async () => {
        const picked = pick(sqlite, table, which)
        const columns = Object.keys(picked.row).filter((name) => table !== 'archives' || !FREE.includes(name))
        const name = columns[column % columns.length] as string
        const to = oneByteOff(picked.row[name] ?? null, name, luck)
        const value =
          sqlite.prepare(`SELECT ${to} AS value FROM ${table} WHERE ${picked.where}`).get()?.['value'] ?? null
        // By the key that it had, or by the one that it has now.
        const now = { ...picked, row: { ...picked.row, [name]: value as string | number | null } }
        const names = [...namesOf(sqlite, table, picked), ...namesOf(sqlite, table, now)]
        try {
          sqlite.exec(`UPDATE ${table} SET ${name} = ${to} WHERE ${picked.where}`)
        } catch (error) {
          // The place of another row: SQLite itself refuses that.
          fc.pre(!/UNIQUE/.test(String(error)))
          throw error
        }
        const found = named(await ledger.verify())
        expect(found.filter((row) => isOf(names, row))).not.toEqual([])
      }),
    )
    await fc.assert(property, { numRuns: 500 })
  })

  it('T51: a row removed: it is named', async () => {
    const removal = fc.record({ table: fc.constantFrom(...TABLES), which: fc.nat() })
    const property = fc.asyncProperty(removal, ({ table, which }) =>
      undone(async () => {
        const picked = pick(sqlite, table, which)
        const names = namesOf(sqlite, table, picked)
        const head = sqlite.prepare('SELECT sequence, root FROM ledger_head').get()
        if (table === 'ledger_entries')
          sqlite.exec(`DELETE FROM ledger_postings WHERE entry_id = ${quoted(picked.row['id'] ?? '')}`)
        sqlite.exec(`DELETE FROM ${table} WHERE ${picked.where}`)
        const last = table === 'ledger_batches' && picked.row['sequence'] === head?.['sequence']
        // That the last batch was there only its root can tell, written down elsewhere.
        const found = named(await ledger.verify(last ? [String(head?.['root'])] : []))
        const expected = last ? [`root ${head?.['root']}`] : names
        expect(found.filter((row) => isOf(expected, row))).not.toEqual([])
      }),
    )
    await fc.assert(property, { numRuns: 200 })
  })

  it('T51: two rows swapped: both are named, and where each belongs', async () => {
    const whole = await filled(13)
    const file = unguarded(whole)
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 13 }), { minLength: 2, maxLength: 2 })
    const property = fc.asyncProperty(numbers, async ([a, b]) => {
      const swap = (from: number | undefined, to: number | undefined) =>
        file.exec(`UPDATE ledger_entries SET number = 99 WHERE number = ${from};
          UPDATE ledger_entries SET number = ${from} WHERE number = ${to};
          UPDATE ledger_entries SET number = ${to} WHERE number = 99`)
      swap(a, b)
      const { findings } = await whole.verify()
      swap(a, b)
      expect(findings.map(({ row }) => row.split(' ')[1]).toSorted()).toEqual([String(a), String(b)].toSorted())
      for (const { problems } of findings) expect(problems.join()).toMatch(/its place is number \d+/)
    })
    await fc.assert(property, { numRuns: 40 })
    expect((await whole.verify()).findings).toEqual([])
  })

  it('T51: an entry changed together with its digest is found by its batch, and alone', async () => {
    const ledger = await filled(13)
    const sqlite = unguarded(ledger)
    sqlite.exec(`UPDATE ledger_postings SET amount_minor = amount_minor + 1 WHERE entry_id = '${entryOf(6).id}'`)
    expect(named(await ledger.verify())).toEqual([`ledger_entries 6 (${entryOf(6).id})`])
    const forged = {
      ...entryOf(6),
      postings: entryOf(6).postings.map((each) => ({ ...each, amountMinor: String(BigInt(each.amountMinor) + 1n) })),
    }
    const other = open()
    await other.post(forged)
    const digest = other.sqlite.prepare('SELECT digest FROM ledger_entries').get()?.['digest']
    sqlite.exec(`UPDATE ledger_entries SET digest = '${String(digest)}' WHERE number = 6`)
    const { findings } = await ledger.verify()
    expect(findings).toEqual([
      { row: `ledger_entries 6 (${entryOf(6).id})`, problems: ['is not what was sealed under its number'] },
    ])
  })

  it('T51: the whole chain made anew is found by a root that was written down', async () => {
    const ledger = await filled(5)
    const { root } = ledger.sqlite.prepare('SELECT root FROM ledger_head').get() as { root: string }
    const forged = open()
    for (let n = 1; n <= 5; n += 1) await forged.post(entryOf(n === 3 ? 30 : n))
    await forged.seal()
    expect((await forged.verify()).findings).toEqual([])
    expect(named(await forged.verify([root]))).toEqual([`root ${root}`])
    expect(named(await ledger.verify([root]))).toEqual([])
  })

  it('T51: a file of an archive that was changed is named, and what it alone held', async () => {
    const ledger = await filled(13, 12)
    const [name] = [...ledger.files.keys()].filter((each) => each.includes('entries'))
    ledger.files.set(name as string, (ledger.files.get(name as string) as string).replace('"debit"', '"debiT"'))
    expect(named(await ledger.verify())).toContain(`archives ${name}`)
    expect((await ledger.verifyAlone()).findings).toEqual([])
    expect((await ledger.verifyAlone()).notes).toEqual([expect.stringContaining('were not read')])
  })

  it('reads one archive after another, and is done with each before the next', async () => {
    const ledger = await filled(30, 30)
    const names = [...ledger.files.keys()].filter((name) => name.includes('entries'))
    expect(names.length).toBeGreaterThan(2)
    const steps: string[] = []
    const source = sqliteSource(ledger.sqlite, (name) => {
      steps.push(name)
      return ledger.files.get(name) ?? null
    })
    const { findings } = await verifyLedger(source, {
      sha256: (text) => {
        if (text.startsWith('["lango-ledger-entry/')) steps.push('entry')
        return sha256(text)
      },
      nowMs: LATER,
    })
    expect(findings).toEqual([])
    for (const name of names) expect(steps[steps.indexOf(name) + 1]).toBe('entry')
  })

  it('T51: an entry that is gone before it was sealed is missed by its order', async () => {
    const ledger = await filled(4)
    await ledger.post(entryOf(5))
    ledger.sqlite.exec(`INSERT INTO orders (payment_id, merchant_id, mode, amount_minor, currency, status, fulfilled_via, fulfilled_at_ms)
      VALUES ('pay_5', 'mer_2', 'test', 1, 'RWF', 'fulfilled', 'qstash', 1)`)
    const sqlite = unguarded(ledger)
    sqlite.exec(
      `DELETE FROM ledger_postings WHERE entry_id = '${entryOf(5).id}'; DELETE FROM ledger_entries WHERE number = 5`,
    )
    expect(named(await ledger.verify())).toEqual(['orders pay_5'])
  })
})

describe('the sealer', () => {
  it('tells what it finds wrong, seals it as it found it, and verify goes on naming it', async () => {
    const ledger = await filled(3)
    for (const n of [4, 5, 6]) await ledger.post(entryOf(n))
    const sqlite = unguarded(ledger)
    sqlite.exec(`UPDATE ledger_entries SET mode = 'live' WHERE number = 4;
      DELETE FROM ledger_postings WHERE entry_id = '${entryOf(5).id}'; DELETE FROM ledger_entries WHERE number = 5;
      DELETE FROM ledger_postings WHERE entry_id = '${entryOf(6).id}' AND direction = 'debit'`)
    expect((await ledger.seal()).alerts).toEqual([
      { code: 'ledger_digest_wrong', number: 4 },
      { code: 'ledger_entry_missing', number: 5 },
      { code: 'ledger_digest_wrong', number: 6 },
      { code: 'ledger_unbalanced', number: 6 },
    ])
    expect(named(await ledger.verify()).map((row) => row.split(' ')[1])).toEqual(['4', '5', '6'])
  })

  it('does not seal past a number that cannot be', async () => {
    const ledger = await filled(3)
    await ledger.post(entryOf(4))
    unguarded(ledger).exec('UPDATE ledger_entries SET number = 1000004 WHERE number = 4')
    expect(await ledger.seal()).toMatchObject({
      batches: 0,
      alerts: [{ code: 'ledger_numbers_jump', number: 1_000_004 }],
    })
  })
})

describe('migration 0004', () => {
  it('keeps entries, postings, balances and what was carried forward of an older database', async () => {
    const { sqlite, database, migrate } = openLedgerDatabase('0003z')
    for (let n = 1; n <= 6; n += 1) {
      sqlite.exec(`INSERT INTO ledger_entries VALUES ('dep_${n}', 'deposit', 'pay_${n}', 1, 'mer_0', 'test', 'pawapay', 'r${n}', ${T0 + n * DAY_MS}, ${T0});
        INSERT INTO ledger_postings VALUES ('dep_${n}', 'debit', 'gateway:pawapay:clearing', ${n}, 'ZMW'), ('dep_${n}', 'credit', 'merchant:mer_0:payable', ${n}, 'ZMW')`)
    }
    sqlite.exec(`INSERT INTO ledger_closed VALUES (${T0 + 3 * DAY_MS}, 1);
      INSERT INTO archives VALUES ('a', '${'0'.repeat(64)}', 2, ${T0 + 3 * DAY_MS}, 1);
      INSERT INTO archived_entries VALUES ('dep_1', 'a'), ('dep_2', 'a');
      DELETE FROM ledger_postings WHERE entry_id IN ('dep_1', 'dep_2'); DELETE FROM ledger_entries WHERE id IN ('dep_1', 'dep_2');
      DELETE FROM archived_entries`)
    const before = sqlite.prepare('SELECT * FROM ledger_balances').all()
    expect(before.length).toBe(2)
    migrate('0004', '9999')
    expect(
      sqlite
        .prepare('SELECT number, id FROM ledger_entries')
        .all()
        .map(({ number, id }) => `${number} ${id}`),
    ).toEqual(['1 dep_3', '2 dep_4', '3 dep_5', '4 dep_6'])
    const seals = createD1LedgerSeals(database)
    await sealLedger({ ...seals, sha256: async (text) => sha256(text) }, T0)
    expect(sqlite.prepare('SELECT * FROM ledger_balances').all()).toEqual(before)
    expect(sqlite.prepare('SELECT * FROM ledger_recount').all()).toEqual(before)
    expect(sqlite.prepare('PRAGMA foreign_key_check').all()).toEqual([])
    const { findings, notes } = await verifyLedger(sqliteSource(sqlite), { sha256, nowMs: T0 })
    expect(findings).toEqual([])
    expect(notes).toEqual([
      expect.stringContaining('archived'),
      expect.stringContaining('4 entries came without a digest'),
    ])
    expect(() => sqlite.exec('DELETE FROM ledger_entries')).toThrow('append-only')
  })
})
