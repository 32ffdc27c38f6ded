import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type ClosePeriod, closePeriod } from '../../scripts/archive/close-period.ts'
import { directorySink, sha256 } from '../../scripts/archive/sink.ts'
import { order, sleep, useStack } from './fixture.ts'

const lango = useStack()
const directory = mkdtempSync(path.join(tmpdir(), 'lango-archive-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const rows = async (sql: string) => (await lango.stack.database.prepare(sql).all<Record<string, unknown>>()).results
const counts = async () =>
  (
    await rows(`SELECT (SELECT count(*) FROM ledger_entries) AS entries, (SELECT count(*) FROM ledger_postings) AS postings,
      (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM payments) AS payments,
      (SELECT count(*) FROM payment_transactions) AS transactions, (SELECT count(*) FROM archived_entries) AS leaving`)
  )[0]
/** By the sums that are kept, and counted again from every row. */
const balances = async () => {
  const kept = await rows('SELECT * FROM ledger_balances')
  expect(await rows('SELECT * FROM ledger_recount')).toEqual(kept)
  return kept
}
const list = async (query: string): Promise<string[]> => {
  const answer = await fetch(`${lango.stack.edgeUrl}/v1/payments${query}`, {
    headers: { authorization: `Bearer ${lango.stack.secretKey}` },
  })
  const { payments } = (await answer.json()) as { payments: { id: string }[] }
  return payments.map(({ id }) => id)
}
const paid = async (count: number): Promise<{ id: string; invoice: string }[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const { body } = await lango.pay(order())
      return lango.until(body.id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
    }),
  )
const close = (over: Partial<ClosePeriod> = {}) => {
  const nowMs = Date.now()
  const { database } = lango.stack
  return closePeriod({ database, sink: directorySink(directory), beforeMs: nowMs, nowMs, ageMsMin: 0, ...over })
}
const linesOf = (name: string) =>
  readFileSync(path.join(directory, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('closing a period', () => {
  it('moves what is over into files, keeps every balance, and loses no payment', async () => {
    const old = await paid(7)
    const before = { balances: await balances(), list: await list('?phoneSuffix=6789') }
    expect(before.list).toHaveLength(7)
    await sleep(5)
    const closed = await close({ linesPerFile: 3, rowsPerBatch: 2 })
    expect(closed.lines).toEqual({ entries: 7, payments: 7, transactions: 7 })

    expect(await counts()).toEqual({ entries: 0, postings: 0, orders: 0, payments: 0, transactions: 0, leaving: 0 })
    expect(await balances()).toEqual(before.balances)
    expect(await rows('SELECT * FROM ledger_imbalance')).toEqual([])
    // What left is all there, in files whose digests D1 keeps.
    const archives = await rows('SELECT name, sha256, lines FROM archives')
    expect(archives.map(({ name }) => name).toSorted()).toEqual(closed.files.toSorted())
    for (const { name, sha256: digest, lines } of archives) {
      expect(sha256(readFileSync(path.join(directory, String(name)), 'utf8'))).toBe(digest)
      expect(linesOf(String(name))).toHaveLength(Number(lines))
    }
    const told = closed.files.flatMap(linesOf)
    // Nothing of a customer is in a file, which nobody could erase.
    expect(JSON.stringify(told)).not.toMatch(/phone|6789"|••••/)
    const ids = old.map(({ id }) => id).toSorted()
    for (const line of told) if (line.entry) expect(line.postings).toHaveLength(2)
    expect(told.flatMap(({ entry }) => entry?.payment_id ?? []).toSorted()).toEqual(ids)
    expect(told.flatMap((line) => line.order?.payment_id ?? []).toSorted()).toEqual(ids)
    expect(told.flatMap(({ payment }) => payment?.payment_id ?? []).toSorted()).toEqual(ids)
    expect(told.flatMap(({ transaction }) => transaction?.payment_id ?? []).toSorted()).toEqual(ids)

    // By its id and by its invoice a payment is found as ever: its object knows. Lists have let go of it.
    for (const { id, invoice } of old) {
      expect((await lango.get(id)).body).toMatchObject({ id, status: 'succeeded', fulfilment: { status: 'fulfilled' } })
      expect(await list(`?invoice=${invoice}`)).toEqual([id])
    }
    expect(await list('?phoneSuffix=6789')).toEqual([])
  })

  it('goes on: what is paid afterwards is posted, listed and added to what was carried forward', async () => {
    const [before] = await rows("SELECT debit_minor FROM ledger_balances WHERE account = 'gateway:pawapay:clearing'")
    const [payment] = await paid(1)
    expect(await list('?status=succeeded')).toEqual([payment?.id])
    const [now] = await rows("SELECT debit_minor FROM ledger_balances WHERE account = 'gateway:pawapay:clearing'")
    expect(Number(now?.['debit_minor']) - Number(before?.['debit_minor'])).toBe(1550)
  })

  it('leaves a payment that is open, however old', async () => {
    lango.stack.pawapay.persona({ settleMs: 600_000 })
    const { body } = await lango.pay(order())
    lango.stack.pawapay.reset()
    await (await lango.stack.payment(body.id)).runDueAlarms(Date.now() + 10_500)
    await sleep(5)
    await close()
    expect(await list('?status=pending')).toEqual([body.id])
  })

  it('an old payment is not posted a second time: its period is closed', async () => {
    const [{ id } = { id: '' }] = await paid(1)
    const [entry] = await rows(`SELECT * FROM ledger_entries WHERE payment_id = '${id}'`)
    await sleep(5)
    await close()
    const before = await balances()
    const columns = Object.keys(entry ?? {})
    const again = lango.stack.database
      .prepare(`INSERT INTO ledger_entries (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
      .bind(...Object.values(entry ?? {}))
      .run()
    await expect(again).rejects.toThrow('the period of this entry is closed')
    expect(await balances()).toEqual(before)
  })
})

describe('what must not happen', () => {
  it.each([
    ['of an entry', 'DELETE FROM ledger_entries'],
    ['of a posting', 'DELETE FROM ledger_postings'],
    ['of a closed period', 'DELETE FROM ledger_closed'],
    ['by a change of a closed period', 'UPDATE ledger_closed SET before_ms = 0'],
  ])('a removal %s by hand', async (_, sql) => {
    await paid(1)
    await expect(lango.stack.database.prepare(sql).run()).rejects.toThrow('append-only')
  })

  it('a removal of an entry whose period is open, though an archive is said to hold it', async () => {
    const [{ id } = { id: '' }] = await paid(1)
    const { database } = lango.stack
    const [archive] = await rows('SELECT name FROM archives LIMIT 1')
    const entry = `dep_${id}_1`
    const removal = database.batch([
      database
        .prepare('INSERT INTO archived_entries (entry_id, archive) VALUES (?, ?)')
        .bind(entry, archive?.['name'] ?? ''),
      database.prepare('DELETE FROM ledger_postings WHERE entry_id = ?').bind(entry),
      database.prepare('DELETE FROM ledger_entries WHERE id = ?').bind(entry),
    ])
    await expect(removal).rejects.toThrow('append-only')
    expect(await rows(`SELECT * FROM ledger_postings WHERE entry_id = '${entry}'`)).toHaveLength(2)
  })

  it('an archive that is not what was written removes nothing', async () => {
    await paid(2)
    const before = await counts()
    const honest = directorySink(directory)
    const sink = { ...honest, get: async (name: string) => (await honest.get(name)).replace('1550', '1551') }
    await sleep(5)
    await expect(close({ sink })).rejects.toThrow('nothing of it was removed')
    expect(await counts()).toEqual(before)
  })

  it('a crash between two batches: the next run finishes, and the balances were right in between', async () => {
    await paid(4)
    const before = { balances: await balances(), counts: await counts() }
    const { database } = lango.stack
    let batches = 0
    const dying: typeof database = {
      prepare: (sql) => database.prepare(sql),
      batch: async (statements) => {
        // The first seals what is to go.
        if (++batches === 3) throw new Error('killed')
        return database.batch(statements)
      },
    }
    await sleep(5)
    await expect(close({ database: dying, rowsPerBatch: 2 })).rejects.toThrow('killed')
    expect(Number((await counts())?.['entries'])).toBe(Number(before.counts?.['entries']) - 2)
    expect(await balances()).toEqual(before.balances)
    await close({ rowsPerBatch: 2 })
    expect(await counts()).toMatchObject({ entries: 0, postings: 0, orders: 0, leaving: 0 })
    expect(await balances()).toEqual(before.balances)
    expect(await rows('SELECT * FROM ledger_imbalance')).toEqual([])
  })

  it('a period that is too young is not closed', async () => {
    const nowMs = Date.now()
    const { database } = lango.stack
    const sink = directorySink(directory)
    await expect(closePeriod({ database, sink, beforeMs: nowMs - 80 * 86_400_000, nowMs })).rejects.toThrow('too young')
  })
})
