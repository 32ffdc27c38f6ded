/**
 * A shop's endpoint for Lango's webhooks, whole: verifies what comes, fulfils each payment once, and says that it did.
 * docs/webhooks.md explains it; test/e2e/webhooks.test.ts runs it against real deliveries.
 */
import type { DatabaseSync } from 'node:sqlite'
import { Hono } from 'hono'
import { Webhook } from 'standardwebhooks'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS webhooks_seen (id TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS shop_orders (
  invoice TEXT PRIMARY KEY, amount TEXT NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'open', payment_id TEXT) STRICT;
`

interface Event {
  readonly type: string
  readonly timestamp: string
  readonly data: { readonly id: string; readonly invoice?: string; readonly amount: string; readonly currency: string }
}

/**
 * `secret`: the `whsec_…` that Lango answered with when the endpoint was made. `database`: the shop's own, with a row in
 * `shop_orders` for each order from before its customer is sent to pay: an event opens no order and sets no price.
 */
export const createReceiver = (secret: string, database: DatabaseSync) => {
  const webhook = new Webhook(secret)
  database.exec(SCHEMA)
  const seen = database.prepare('INSERT INTO webhooks_seen (id) VALUES (?) ON CONFLICT (id) DO NOTHING')
  const pay = database.prepare(
    "UPDATE shop_orders SET status = 'paid', payment_id = ? WHERE invoice = ? AND amount = ? AND currency = ?",
  )
  const fail = database.prepare("UPDATE shop_orders SET status = 'failed' WHERE invoice = ? AND status = 'open'")

  /** What the shop does with an event. Runs inside the transaction that notes its id: both happen, or neither. */
  const apply = ({ type, data }: Event): void => {
    const invoice = data.invoice ?? ''
    switch (type) {
      case 'payment.succeeded':
        // Money that is not the order's price is for a person to look at: the order stays as it was.
        if (pay.run(data.id, invoice, data.amount, data.currency).changes === 0)
          console.error(`${data.id}: ${data.amount} ${data.currency} is not what ${invoice || 'any order'} costs`)
        break
      case 'payment.failed':
        fail.run(invoice)
        break
      // Others are news for people, or of a kind that does not concern orders. They are taken all the same.
    }
  }

  return new Hono().post('/hooks/lango', async (c) => {
    // The bytes as they came: a body that was parsed and written again has another signature.
    const body = await c.req.text()
    const headers = Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, c.req.header(name) ?? '']),
    )
    let event: Event
    try {
      event = webhook.verify(body, headers) as Event
    } catch {
      return c.json({ error: 'not authentic' }, 400)
    }
    database.exec('BEGIN IMMEDIATE')
    try {
      // Every delivery of an event has the same id: one that was seen has been applied.
      if (seen.run(headers['webhook-id'] ?? '').changes > 0) apply(event)
      database.exec('COMMIT')
    } catch (error) {
      database.exec('ROLLBACK')
      console.error(error)
      return c.json({ error: 'try again' }, 500)
    }
    // Not merely received: done. Without this the event stays "unconfirmed" in GET /v1/events.
    return c.json({ applied: true })
  })
}
