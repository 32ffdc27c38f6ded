import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import {
  fulfilOnce,
  type MaybePaid,
  memoryOnceStore,
  type OnceStore,
  sqliteOnceStore,
} from '../../../packages/sdk/src/index.ts'
import { payment } from './server.ts'

const paid = payment({ status: 'succeeded' })
const told = (type: string, n = 1): MaybePaid =>
  ({ id: `evt_1_succeeded_${n}`, type, timestamp: '2026-11-21T00:00:00Z', data: paid }) as unknown as MaybePaid

describe.each<[string, () => OnceStore]>([
  ['memory', memoryOnceStore],
  ['SQLite', () => sqliteOnceStore(new DatabaseSync(':memory:'))],
])('fulfilOnce with %s', (_, open) => {
  it('runs once, whatever tells of it and how often', async () => {
    const store = open()
    const ran: string[] = []
    const run = (news: MaybePaid) => fulfilOnce(store, news, ({ id }) => void ran.push(id))
    expect(await run(told('payment.succeeded'))).toBe('fulfilled')
    expect(await run(told('payment.succeeded'))).toBe('already_fulfilled')
    expect(await run(told('payment.succeeded', 2))).toBe('already_fulfilled')
    expect(await run(paid as unknown as MaybePaid)).toBe('already_fulfilled')
    expect(ran).toEqual([paid.id])
  })

  it.each(['payment.failed', 'payment.unknown', 'payment.late_success', 'payment.review', 'something.new'])(
    'takes no %s for money',
    async (type) => {
      expect(
        await fulfilOnce(open(), told(type), () => {
          throw new Error('ran')
        }),
      ).toBe('not_paid')
    },
  )

  it('a hundred at once are one', async () => {
    const store = open()
    let ran = 0
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        fulfilOnce(store, told('payment.succeeded'), async () => {
          await new Promise((resolve) => setTimeout(resolve, 1))
          ran += 1
        }),
      ),
    )
    expect([ran, answers.filter((answer) => answer === 'fulfilled').length]).toEqual([1, 1])
  })

  it('one that failed is tried again', async () => {
    const store = open()
    const fails = fulfilOnce(store, told('payment.succeeded'), () => Promise.reject(new Error('no parcels today')))
    const second = fulfilOnce(store, told('payment.succeeded'), () => {})
    await expect(fails).rejects.toThrow('no parcels today')
    expect(await second).toBe('fulfilled')
  })
})

it('the note and what the shop writes are one transaction', async () => {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE parcels (payment TEXT)')
  const store = sqliteOnceStore(database)
  const parcels = () => database.prepare('SELECT count(*) AS n FROM parcels').get()?.['n']
  const pack = (fail: boolean) =>
    fulfilOnce(store, told('payment.succeeded'), async ({ id }) => {
      database.prepare('INSERT INTO parcels VALUES (?)').run(id)
      if (fail) throw new Error('crash')
    })
  await expect(pack(true)).rejects.toThrow('crash')
  expect(parcels()).toBe(0)
  await pack(false)
  await pack(false)
  expect(parcels()).toBe(1)
})

it('a piece of work that does not await is over before anything else can write', async () => {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE notes (text TEXT)')
  const store = sqliteOnceStore(database)
  const failing = fulfilOnce(store, told('payment.succeeded'), () => {
    // Runs as soon as anything is awaited.
    queueMicrotask(() => database.exec("INSERT INTO notes VALUES ('of another request')"))
    throw new Error('crash')
  })
  await expect(failing).rejects.toThrow('crash')
  expect(database.prepare('SELECT count(*) AS n FROM notes').get()?.['n']).toBe(1)
})

it('a commit that fails leaves nothing behind: the same news fulfils later, and others go on', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lango-once-'))
  try {
    const file = path.join(directory, 'shop.sqlite')
    const [shop, report] = [new DatabaseSync(file), new DatabaseSync(file)]
    shop.exec("CREATE TABLE parcels (payment TEXT); INSERT INTO parcels VALUES ('of before'), ('of before')")
    const store = sqliteOnceStore(shop)
    const pack = () =>
      fulfilOnce(store, told('payment.succeeded'), ({ id }) => {
        shop.prepare('INSERT INTO parcels VALUES (?)').run(id)
      })
    // Another process is in the middle of reading: without a write-ahead log nobody can commit meanwhile.
    const reading = report.prepare('SELECT * FROM parcels').iterate()
    reading.next()
    await expect(pack()).rejects.toThrow('locked')
    expect(shop.isTransaction).toBe(false)
    reading.return?.()
    expect([await pack(), await pack()]).toEqual(['fulfilled', 'already_fulfilled'])
    expect(report.prepare('SELECT count(*) AS n FROM parcels').get()?.['n']).toBe(3)
    shop.close()
    report.close()
  } finally {
    rmSync(directory, { recursive: true })
  }
})

it('waits for whatever can be awaited, and takes its failure for one', async () => {
  const store = sqliteOnceStore(new DatabaseSync(':memory:'))
  const query = {
    // biome-ignore lint/suspicious/noThenProperty: what query builders answer with
    then: (_: unknown, fail: (error: Error) => void) => void setTimeout(fail, 1, new Error('no such table')),
  }
  const run = () => fulfilOnce(store, told('payment.succeeded'), () => query as unknown as Promise<void>)
  await expect(run()).rejects.toThrow('no such table')
  expect(await fulfilOnce(store, told('payment.succeeded'), () => {})).toBe('fulfilled')
})
