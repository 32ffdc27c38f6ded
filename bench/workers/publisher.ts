import { Client } from '@upstash/qstash'

/** What any Worker that takes callbacks cannot do without: it reads the body and publishes it. Nothing is verified. */
interface Env {
  readonly QSTASH_URL: string
  readonly QSTASH_TOKEN: string
  readonly DESTINATION: string
}

let client: Client | undefined

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    client ??= new Client({
      baseUrl: env.QSTASH_URL,
      token: env.QSTASH_TOKEN,
      retry: false,
      devMode: false,
      enableTelemetry: false,
    })
    const body = await request.text()
    await client.publish({
      url: request.headers.get('x-destination') ?? env.DESTINATION,
      body,
      headers: { 'content-type': 'application/json' },
      deduplicationId: crypto.randomUUID(),
      retries: 3,
      flowControl: { key: 'publisher', parallelism: 10 },
    })
    return new Response(null, { status: 200 })
  },
}
