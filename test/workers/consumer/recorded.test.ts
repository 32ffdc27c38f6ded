import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { PaymentObject } from '../../../src/consumer/payment-object.ts'
import type { PaymentRecord } from '../../../src/consumer/payment-record.ts'
import type { MerchantId, PaymentId } from '../../../src/domain/ids.ts'
import objects1 from '../../vectors/states/objects-1.json' with { type: 'json' }
import objects2 from '../../vectors/states/objects-2.json' with { type: 'json' }
import { again, order, stubOf, vault, verdictOn } from './kit.ts'

type Row = Record<string, string | number>
const TABLES = ['payment', 'idempotency_keys', 'history'] as const
const recorded = [objects1, objects2].flatMap(({ commit, paymentId, objects }) =>
  objects.map((object) => ({
    ...object,
    title: `${commit}: ${object.name}`,
    id: paymentId as PaymentId,
    record: JSON.parse(object.payment[0]?.record ?? '') as PaymentRecord,
  })),
)

/** The storage as it was recorded, under the code of today. */
const asRecorded = <Value>(
  object: (typeof recorded)[number],
  work: (object: PaymentObject, storage: DurableObjectStorage) => Promise<Value>,
): Promise<Value> =>
  runInDurableObject(stubOf(object.id), async (_, state) => {
    const { sql } = state.storage
    const tables = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray()
    for (const { name } of tables.filter((table) => !/^(sqlite)?_/.test(table.name))) sql.exec(`DROP TABLE ${name}`)
    for (const table of object.schema) sql.exec(table)
    for (const table of TABLES) {
      for (const row of object[table] as readonly Row[]) {
        const columns = Object.keys(row)
        sql.exec(
          `INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`,
          ...Object.values(row),
        )
      }
    }
    return work(new PaymentObject(state, env), state.storage)
  })

it.each(recorded)('T53: an object of $title goes on, and charges nobody again', async (object) => {
  const { record, id } = object
  const before = record.state.status
  const open = record.state.attempts.findLast(({ status }) => status === 'pending' || status === 'unknown')
  const [keyHash, fingerprint] = [object.idempotency_keys.at(-1)?.key_hash ?? '', record.fingerprint]
  const input = order({
    paymentId: id,
    merchantId: 'mer_1' as MerchantId,
    natural: record.natural,
    amountMinor: '1050',
  })
  const sentBefore = (await vault.calls(id)).sends.length
  await asRecorded(object, async (payment, storage) => {
    expect(JSON.parse((await payment.get())?.text ?? '')).toMatchObject({ id, status: before, amount: '10.50' })
    expect(await payment.history()).toHaveLength(object.history.length)
    // The same key, and another one.
    for (const repeated of [
      { ...input, keyHash, fingerprint },
      { ...again(input), fingerprint },
    ])
      expect(await payment.begin(repeated)).toMatchObject({ kind: 'existing', refused: false })
    await payment.runDueAlarms(Date.now() + 60_000)
    if (open) {
      const verdict = verdictOn(input, { attempt: open.n, reference: open.reference, amountMinor: '1050' })
      expect(await payment.apply(verdict, 'qstash')).toMatchObject({ kind: 'applied', due: { attempt: open.n } })
    }
    await payment.markFulfilled('qstash')
    expect(await payment.state()).toMatchObject({ status: 'succeeded', fulfilment: { status: 'fulfilled' } })
    expect(storage.sql.exec('SELECT version FROM payment').one()).toEqual({ version: 1 })
  })
  expect((await vault.calls(id)).sends).toHaveLength(sentBefore)
})
