import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type PawapayOptions, startPawapay } from './server.ts'

export const TOKEN = 'test-token'

export interface ReceivedCallback {
  readonly method: string
  readonly target: string
  readonly rawHeaders: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  // biome-ignore lint/suspicious/noExplicitAny: looked into field by field
  readonly json: any
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: looked into field by field
  readonly body: any
}

/** A merchant: takes callbacks, and asks the simulator with a good token. */
export const startMerchant = async (options: Partial<PawapayOptions> = {}) => {
  const received: ReceivedCallback[] = []
  let answerStatus: (n: number) => number = () => 200
  const endpoint = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      received.push({
        method: request.method ?? '',
        target: request.url ?? '',
        rawHeaders: request.rawHeaders,
        headers: request.headers as Record<string, string>,
        body,
        json: body.startsWith('{"') ? JSON.parse(body) : undefined,
      })
      response.writeHead(answerStatus(received.length)).end()
    })
  })
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
  const authority = `127.0.0.1:${(endpoint.address() as AddressInfo).port}`
  const pawapay = await startPawapay({
    port: 0,
    token: TOKEN,
    callbackBase: `http://${authority}/webhooks/pawapay`,
    ...options,
  })

  const call = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(pawapay.url + path, {
      ...init,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        ...(init.headers as Record<string, string>),
      },
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    let body: unknown
    try {
      body = isJson ? JSON.parse(text) : undefined
    } catch {
      body = undefined
    }
    return { status: response.status, headers: response.headers, text, body }
  }
  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
    call(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers })

  const status = async (depositId: string) => (await call(`/v2/deposits/${depositId}`)).body

  return {
    pawapay,
    received,
    authority,
    call,
    post,
    status,
    /** An initiation whose answer may be lost. */
    pay: async (over: Record<string, unknown> = {}): Promise<{ depositId: string; answer: Answer | Error }> => {
      const request = depositRequest(over)
      const answer = await post('/v2/deposits', request).catch((error: Error) => error)
      return { depositId: request['depositId'] as string, answer }
    },
    /** How often money was taken for this deposit. */
    captured: (depositId: string) => pawapay.captures().filter((capture) => capture.reference === depositId).length,
    statusOf: async (depositId: string): Promise<string> => {
      const answer = await status(depositId)
      return answer.data?.status ?? answer.status
    },
    /** Id and status of every callback, as they arrived. */
    seen: () => received.map(({ json }) => [json.depositId, json.status]),
    deposit: (over: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
      post('/v2/deposits', depositRequest(over), headers),
    answerWith: (status: (n: number) => number) => {
      answerStatus = status
    },
    close: async () => {
      await pawapay.close()
      endpoint.closeAllConnections()
      await new Promise((resolve) => endpoint.close(resolve))
    },
  }
}

export type Merchant = Awaited<ReturnType<typeof startMerchant>>

/** A request that is right; `phoneNumber` and `provider` go where they belong. */
export const depositRequest = ({
  phoneNumber = '260763456789',
  provider = 'MTN_MOMO_ZMB',
  ...over
}: Record<string, unknown> = {}): Record<string, unknown> => ({
  depositId: crypto.randomUUID(),
  amount: '15.5',
  currency: 'ZMW',
  payer: { type: 'MMO', accountDetails: { phoneNumber, provider } },
  ...over,
})
