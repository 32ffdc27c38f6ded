import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createD1LedgerBalances, MERCHANT_BALANCES } from '../../../src/adapters/d1-ledger-balances.ts'
import { entryStatements } from '../../../src/adapters/d1-ledger-entry.ts'
import { createD1LedgerSeals } from '../../../src/adapters/d1-ledger-seals.ts'
import { sha256Hex } from '../../../src/adapters/sha256.ts'
import { runTasks } from '../../../src/consumer/cron.ts'
import { ledgerTasks } from '../../../src/consumer/ledger-tasks.ts'
import type { MerchantId } from '../../../src/domain/ids.ts'
import type { LedgerEntry } from '../../../src/domain/ledger-entry.ts'
import { type SealPorts, sealLedger } from '../../../src/flows/seal-ledger.ts'
import { database, forEdge, MERCHANT } from './kit.ts'

const T0 = Date.UTC(2026, 5, 1)
const DAY_MS = 86_400_000
const seals = createD1LedgerSeals(database)
const ports: SealPorts = { ...seals, sha256: sha256Hex }

let counter = 0
const unique = Math.random().toString(36).slice(2, 8)

const deposit = (over: Partial<LedgerEntry> = {}, amountMinor = '1550'): LedgerEntry => {
  const id = `dep_seal_${unique}_${++counter}`
  const merchantId = over.merchantId ?? MERCHANT
  return {
    id,
    kind: 'deposit',
    paymentId: `pay_${id}`,
    attempt: 1,
    merchantId,
    mode: 'test',
    gateway: 'pawapay',
    reference: id,
    occurredAtMs: T0,
    createdAtMs: T0,
    note: null,
    postings: [
      { direction: 'debit', account: `gateway:${over.gateway ?? 'pawapay'}:clearing`, amountMinor, currency: 'ZMW' },
      { direction: 'credit', account: `merchant:${merchantId}:payable`, amountMinor, currency: 'ZMW' },
    ],
    ...over,
  }
}
const post = async (...entries: readonly LedgerEntry[]): Promise<void> => {
  for (const entry of entries) await database.batch([...(await entryStatements(database, entry))])
}
const rows = async <Row = Record<string, unknown>>(sql: string): Promise<Row[]> =>
  (await database.prepare(sql).all<Row>()).results
const chain = () =>
  rows<{ sequence: number; first_number: number; last_number: number; previous_root: string; root: string }>(
    'SELECT sequence, first_number, last_number, previous_root, root FROM ledger_batches ORDER BY sequence',
  )
const expectOneChain = async (): Promise<void> => {
  let [last, root] = [0, '0'.repeat(64)]
  for (const [index, batch] of (await chain()).entries()) {
    expect(batch).toMatchObject({ sequence: index + 1, first_number: last + 1, previous_root: root })
    last = batch.last_number
    root = batch.root
  }
  expect(await rows('SELECT * FROM ledger_balances')).toEqual(await rows('SELECT * FROM ledger_recount'))
}
const sealAll = () => sealLedger(ports, T0)

beforeAll(async () => void (await sealAll()))
afterEach(() => vi.restoreAllMocks())

describe('sealing', () => {
  it('seals what is there, in order, and nothing twice', async () => {
    await post(deposit(), deposit(), deposit())
    const before = await chain()
    expect(await sealAll()).toMatchObject({ batches: 1, entries: 3, alerts: [] })
    expect(await sealAll()).toEqual({ batches: 0, entries: 0, last: null, alerts: [] })
    expect(await chain()).toHaveLength(before.length + 1)
    expect(await seals.unsealed()).toEqual({ entries: 0, oldestAtMs: null })
    await expectOneChain()
  })

  it('as many batches as it takes', async () => {
    await post(...Array.from({ length: 7 }, () => deposit()))
    expect(await sealLedger(ports, T0, 3)).toMatchObject({ batches: 3, entries: 7 })
    await expectOneChain()
  })

  it('a clock that went back does not put a batch before the one that it follows', async () => {
    await post(deposit())
    await sealLedger(ports, T0 + 5_000)
    await post(deposit())
    expect((await sealLedger(ports, T0)).last?.sealedAtMs).toBe(T0 + 5_000)
  })

  it('T50: sealers that overlap make one chain, and each entry is in it once', async () => {
    await post(...Array.from({ length: 12 }, () => deposit()))
    const before = await seals.head()
    const sealed = await Promise.all(Array.from({ length: 5 }, (_, i) => sealLedger(ports, T0 + 10_000 + i, 4)))
    expect(sealed.reduce((sum, { entries }) => sum + entries, 0)).toBe(12)
    expect((await seals.head()).lastNumber).toBe(before.lastNumber + 12)
    expect((await seals.head()).sequence).toBe(before.sequence + 3)
    await expectOneChain()
  })

  it('T50: of two that saw the same head, the second leaves nothing, not even its sums', async () => {
    await post(deposit())
    const head = await seals.head()
    const stale: SealPorts = { ...ports, head: async () => head }
    expect((await sealLedger(stale, T0 + 20_000)).batches).toBe(1)
    expect(await sealLedger(stale, T0 + 30_000)).toMatchObject({ batches: 0 })
    await expectOneChain()
  })

  it.each(['head', 'entriesAfter', 'write', 'after write'] as const)(
    'T50: a sealer that ends at "%s" leaves a chain that the next one goes on with',
    async (where) => {
      await post(deposit(), deposit())
      const before = await seals.head()
      const crash = async (): Promise<never> => {
        throw new Error('crash')
      }
      const dying: SealPorts =
        where === 'after write'
          ? { ...ports, write: async (batch, totals) => ports.write(batch, totals).then(crash) }
          : { ...ports, [where]: crash }
      await expect(sealLedger(dying, T0)).rejects.toThrow('crash')
      await sealAll()
      expect(await seals.head()).toMatchObject({
        sequence: before.sequence + 1,
        lastNumber: before.lastNumber + 2,
      })
      await expectOneChain()
    },
  )

  it('T50: what it found, and each root, is told although it ends before all is sealed', async () => {
    await post(deposit(), deposit(), deposit(), deposit())
    const told: string[] = []
    let batches = 0
    const dying: SealPorts = {
      ...ports,
      head: async () => (batches++ < 2 ? ports.head() : Promise.reject(new Error('D1 is away'))),
      entriesAfter: async (...asked) =>
        (await ports.entriesAfter(...asked)).map((entry, i) =>
          i === 0 && batches === 1 ? { ...entry, digest: 'f'.repeat(64) } : entry,
        ),
      alert: ({ code }) => void told.push(code),
      sealed: ({ root }) => void told.push(root),
    }
    await expect(sealLedger(dying, T0, 2)).rejects.toThrow('D1 is away')
    const [first, second] = (await chain()).slice(-2).map(({ root }) => root)
    expect(told).toEqual(['ledger_digest_wrong', first, second])
  })

  it('T50: an answer that is lost after the write is no second batch', async () => {
    await post(deposit())
    const deaf: Parameters<typeof createD1LedgerSeals>[0] = {
      prepare: (sql) => database.prepare(sql),
      batch: async (statements) => {
        await database.batch(statements as D1PreparedStatement[])
        throw new Error('the connection was lost')
      },
    }
    const before = await seals.head()
    expect(await sealLedger({ ...createD1LedgerSeals(deaf), sha256: sha256Hex }, T0)).toMatchObject({ batches: 1 })
    expect((await seals.head()).sequence).toBe(before.sequence + 1)
    await expectOneChain()
  })

  it('seals what an older Worker wrote, which gave neither number nor digest', async () => {
    const entry = deposit()
    await database.batch([
      database
        .prepare(
          `INSERT INTO ledger_entries
             (id, kind, payment_id, attempt, merchant_id, mode, gateway, reference, occurred_at_ms, created_at_ms)
           VALUES (?, 'deposit', 'p', 1, ?, 'test', 'pawapay', ?, 1, 1) ON CONFLICT (id) DO NOTHING`,
        )
        .bind(entry.id, MERCHANT, entry.id),
      ...entry.postings.map(({ direction, account }) =>
        database
          .prepare(
            `INSERT INTO ledger_postings (entry_id, direction, account, amount_minor, currency)
             VALUES (?, ?, ?, 5, 'ZMW') ON CONFLICT (entry_id, direction, account, currency) DO NOTHING`,
          )
          .bind(entry.id, direction, account),
      ),
    ])
    expect(await sealAll()).toMatchObject({ batches: 1, entries: 1, alerts: [] })
    await expectOneChain()
  })
})

describe('what the database refuses', () => {
  it('T51: an entry that is posted again, at another time, with other sides, or by several at once, stays one', async () => {
    const entry = deposit()
    await post(entry)
    await Promise.all([
      post(entry),
      post({ ...entry, createdAtMs: T0 + 99 }),
      post(deposit({ id: entry.id, merchantId: 'mer_else' }, '99')),
    ])
    expect(await rows(`SELECT account FROM ledger_postings WHERE entry_id = '${entry.id}'`)).toHaveLength(2)
    await sealAll()
    await post({ ...entry, createdAtMs: T0 + 100 })
    await expectOneChain()
  })

  it('T51: numbers without a gap, however many write at once', async () => {
    const { lastNumber } = await seals.head()
    await Promise.all(Array.from({ length: 10 }, () => post(deposit())))
    const numbers = await rows<{ number: number }>(
      `SELECT number FROM ledger_entries WHERE number > ${lastNumber} ORDER BY number`,
    )
    expect(numbers.map(({ number }) => number)).toEqual(Array.from({ length: 10 }, (_, i) => lastNumber + 1 + i))
    await sealAll()
  })

  it.each([
    [
      'a number that is not the next',
      "INSERT INTO ledger_entries (number, id, kind, mode, gateway, reference, occurred_at_ms, created_at_ms) VALUES (99999, 'x', 'deposit', 'test', 'g', 'r', 1, 1)",
      'another number is the next',
    ],
    [
      'a kind that is not in the chart',
      "INSERT INTO ledger_entries (id, kind, mode, gateway, reference, occurred_at_ms, created_at_ms) VALUES ('x', 'gift', 'test', 'g', 'r', 1, 1)",
      'FOREIGN KEY',
    ],
    [
      'a posting to a sealed entry',
      "INSERT INTO ledger_postings SELECT id, 'debit', 'gateway:x:clearing', 1, 'ZMW' FROM ledger_entries WHERE number = 1",
      'the entry is sealed',
    ],
    [
      'another batch beside the head',
      'INSERT INTO ledger_batches SELECT sequence, first_number, last_number, entries, previous_root, root, sealed_at_ms, digests FROM ledger_batches ORDER BY sequence DESC LIMIT 1',
      'another batch is the next',
    ],
    ['a change of a batch', 'UPDATE ledger_batches SET sealed_at_ms = 0', 'append-only'],
    ['a removal of a batch', 'DELETE FROM ledger_batches', 'append-only'],
  ])('%s', async (_, sql, why) => {
    await post(deposit())
    await sealAll()
    await expect(database.prepare(sql).run()).rejects.toThrow(why)
    await expectOneChain()
  })
})

describe('the cron', () => {
  const told: Record<string, unknown>[] = []
  const run = async (nowMs: number, clearingDays = 7) => {
    told.length = 0
    vi.spyOn(console, 'log').mockImplementation((line) => void told.push(JSON.parse(String(line))))
    await runTasks(ledgerTasks({ database, clearingDays }), nowMs)
    vi.restoreAllMocks()
    return told
  }
  const alerts = (code: string) => told.filter((record) => record['event'] === 'alert' && record['code'] === code)
  const HOUR = T0 + 100 * DAY_MS

  it('seals, and puts the root into the log', async () => {
    await post(deposit({ createdAtMs: HOUR }))
    await run(HOUR + 60_000)
    const { root, lastNumber } = await seals.head()
    expect(told).toContainEqual(expect.objectContaining({ event: 'ledger_sealed', root, last: lastNumber }))
    expect(alerts('ledger_unsealed')).toEqual([])
  })

  it('says when nothing is sealed for more than five minutes, and not before', async () => {
    const stuck = ledgerTasks({ database, clearingDays: 7 }).filter(({ name }) => name !== 'ledger_seal')
    await post(deposit({ createdAtMs: HOUR }))
    for (const [ageMs, count] of [
      [300_000, 0],
      [300_001, 1],
    ] as const) {
      told.length = 0
      vi.spyOn(console, 'log').mockImplementation((line) => void told.push(JSON.parse(String(line))))
      await runTasks(stuck, HOUR + ageMs)
      vi.restoreAllMocks()
      expect(alerts('ledger_unsealed')).toHaveLength(count)
    }
    await sealAll()
  })

  it('says which clearing account has not drained in the days that it has, sealed or not', async () => {
    const gateway = `drain${unique}`
    const account = `gateway:${gateway}:clearing`
    const own = () => alerts('clearing_not_drained').filter((record) => record['account'] === account)
    const settle = (amountMinor: string, occurredAtMs = HOUR): LedgerEntry =>
      deposit({
        kind: 'settlement',
        gateway,
        occurredAtMs,
        postings: [
          { direction: 'debit', account: 'bank:main:cash', amountMinor, currency: 'ZMW' },
          { direction: 'credit', account, amountMinor, currency: 'ZMW' },
        ],
      })
    await post(
      deposit({ gateway, occurredAtMs: HOUR - 9 * DAY_MS }, '100'),
      deposit({ gateway, occurredAtMs: HOUR - 8 * DAY_MS }, '50'),
      deposit({ gateway, occurredAtMs: HOUR - 7 * DAY_MS }, '30'),
    )
    await run(HOUR, 9)
    expect(own()).toEqual([])
    const since = (days: number) => new Date(HOUR - days * DAY_MS).toISOString().slice(0, 10)
    await run(HOUR, 7)
    expect(own()).toMatchObject([{ since: since(9), amountMinor: '150', currency: 'ZMW', mode: 'test' }])
    await post(settle('120'))
    const stuck = ledgerTasks({ database, clearingDays: 7 }).filter(({ name }) => name === 'ledger_clearing')
    told.length = 0
    vi.spyOn(console, 'log').mockImplementation((line) => void told.push(JSON.parse(String(line))))
    await runTasks(stuck, HOUR)
    vi.restoreAllMocks()
    expect(own()).toMatchObject([{ since: since(8), amountMinor: '30' }])
    await sealAll()
    await post(settle('30'))
    await run(HOUR)
    expect(own()).toEqual([])
    await run(HOUR, 6)
    expect(own()).toMatchObject([{ since: since(7), amountMinor: '30' }])

    const overdrawn = async (nowMs: number) => {
      told.length = 0
      vi.spyOn(console, 'log').mockImplementation((line) => void told.push(JSON.parse(String(line))))
      await runTasks(stuck, nowMs)
      vi.restoreAllMocks()
      return alerts('clearing_overdrawn').filter((record) => record['account'] === account)
    }
    await post(settle('45', HOUR - 8 * DAY_MS))
    expect(await overdrawn(HOUR + 7 * DAY_MS)).toEqual([])
    expect(await overdrawn(HOUR + 8 * DAY_MS)).toMatchObject([
      { since: since(0), amountMinor: '15', currency: 'ZMW', mode: 'test' },
    ])
    expect(own()).toEqual([])
  })
})

describe('balances', () => {
  it('are of one merchant and one mode, with what is sealed and what is not, and exact', async () => {
    const merchantId = `mer_bal_${unique}` as MerchantId
    const balances = () => forEdge().ledgerBalances(merchantId, 'test')
    expect(await balances()).toEqual([])
    const account = `merchant:${merchantId}:payable`
    await post(deposit({ merchantId }, '9007199254740993'))
    expect(await balances()).toEqual([{ account, currency: 'ZMW', debitMinor: '0', creditMinor: '9007199254740993' }])
    await sealAll()
    await post(deposit({ merchantId }, '7'), deposit({ merchantId, mode: 'live' }, '5'), deposit({}, '3'))
    const sum = { account, currency: 'ZMW', debitMinor: '0', creditMinor: '9007199254741000' }
    expect(await balances()).toEqual([sum])
    await sealAll()
    expect(await balances()).toEqual([sum])
    expect((await createD1LedgerBalances(database).all('test')).find((each) => each.account === account)).toEqual(sum)
  })

  it('an entry costs five rows written, however many there are, and a batch what it has days and accounts', async () => {
    const results = await database.batch([...(await entryStatements(database, deposit()))])
    const written = results.map(({ meta }) => meta.rows_written)
    // The entry and its two unique keys; each posting.
    expect(written).toEqual([3, 1, 1])
    expect(results.reduce((sum, { meta }) => sum + meta.rows_read, 0)).toBeLessThan(40)
    await post(deposit(), deposit({ merchantId: 'mer_cost' }))
    const meter = { written: 0 }
    const counting: Parameters<typeof createD1LedgerSeals>[0] = {
      prepare: (sql) => database.prepare(sql),
      batch: async (statements) => {
        const done = await database.batch(statements as D1PreparedStatement[])
        for (const { meta } of done) meter.written += meta.rows_written
      },
    }
    await sealLedger({ ...createD1LedgerSeals(counting), sha256: sha256Hex }, T0)
    // The batch and its time in an index; the clearing account and two merchants', on one day.
    expect(meter.written).toBe(2 + 3)
  })

  it('walk the sums by their key, and of entries only what is unsealed', async () => {
    const plan = await database
      .prepare(`EXPLAIN QUERY PLAN ${MERCHANT_BALANCES}`)
      .bind('a', 'b', 'test')
      .all<{ detail: string }>()
    const steps = plan.results.map(({ detail }) => detail)
    expect(steps).toContainEqual(
      expect.stringMatching(/SEARCH ledger_totals USING PRIMARY KEY \(account=\? AND mode=\?\)/),
    )
    expect(steps).toContainEqual(expect.stringMatching(/SEARCH e USING INTEGER PRIMARY KEY \(rowid>\?\)/))
    expect(steps).toContainEqual(expect.stringMatching(/SEARCH p USING PRIMARY KEY \(entry_id=\?/))
    expect(steps.filter((step) => /SCAN (ledger|e|p)\b/.test(step))).toEqual([])
  })
})
