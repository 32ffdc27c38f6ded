import type { PersonalStore } from '../contracts/erasure.ts'
import type { PaymentId } from '../domain/ids.ts'
import { ERASED } from '../domain/payment.ts'

/** Events have ids that begin with their payment's. As a range, which walks the index that ids have anyway. */
const eventsOf = (id: PaymentId): readonly [from: string, to: string] => {
  const stem = `evt_${id.slice('pay_'.length)}`
  return [`${stem}_`, `${stem}\``]
}

/** Who paid late may have been erased before somebody else tried, whose session it then is. */
const NOT_ERASED = `id >= ? AND id < ?
  AND (json_extract(body, '$.data.phoneNumber') <> '${ERASED}' OR json_extract(body, '$.data.sessionId') <> '${ERASED}')`

/** What a shop was told, and may be told again: the payment as it was, without its customer. */
const events = (database: D1Database): PersonalStore => ({
  name: 'events',
  async count(id) {
    const row = await database
      .prepare(`SELECT count(*) AS n FROM events WHERE ${NOT_ERASED}`)
      .bind(...eventsOf(id))
      .first<{ n: number }>()
    return row?.n ?? 0
  },
  async erase(id) {
    const { meta } = await database
      .prepare(
        `UPDATE events SET body = json_remove(
           json_set(body, '$.data.phoneNumber', '${ERASED}', '$.data.sessionId', '${ERASED}'),
           '$.data.metadata', '$.data.returnUrl')
         WHERE ${NOT_ERASED}`,
      )
      .bind(...eventsOf(id))
      .run()
    return meta.changes
  },
})

/** Where else than in the payment and the search index something of a customer is kept: see docs/data.md. */
export const createD1PersonalStores = (database: D1Database): readonly PersonalStore[] => [events(database)]
