import { DurableObject } from 'cloudflare:workers'

/**
 * What any Worker that takes payments cannot do without: one Redis command, one durable object write, one gateway call.
 * No validation, no signature, no state machine. It says what the platform costs, and so what the product adds.
 */
interface Env {
  readonly REDIS_URL: string
  readonly REDIS_TOKEN: string
  readonly GATEWAY_URL: string
  readonly ROWS: DurableObjectNamespace<Row>
}

export class Row extends DurableObject<Env> {
  /** The answer leaves once the write is durable (output gate). */
  write(reference: string): void {
    this.ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS payment (reference TEXT) STRICT')
    this.ctx.storage.sql.exec('INSERT INTO payment (reference) VALUES (?)', reference)
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const order = await request.json<Record<string, string>>()
    const reference = crypto.randomUUID()
    const locked = await fetch(env.REDIS_URL, {
      method: 'POST',
      headers: { authorization: `Bearer ${env.REDIS_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(['SET', `baseline:${order['invoice']}`, reference, 'NX', 'PX', '60000']),
    })
    const { result } = await locked.json<{ result: string | null }>()
    if (result !== 'OK') return new Response(null, { status: 409 })
    await env.ROWS.get(env.ROWS.idFromName(String(order['invoice']))).write(reference)
    const called = await fetch(`${env.GATEWAY_URL}/v2/deposits`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        depositId: reference,
        amount: order['amount'],
        currency: order['currency'],
        payer: { type: 'MMO', accountDetails: { phoneNumber: order['phoneNumber'], provider: 'MTN_MOMO_ZMB' } },
      }),
    })
    const { status } = await called.json<{ status: string }>()
    return Response.json({ status, attempts: [{ reference }] }, { status: called.ok ? 201 : 502 })
  },
}
