import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedCallback {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly rawHeaders: readonly (readonly [string, string])[]
  readonly body: string
}

export interface Shop {
  readonly url: string
  readonly authority: string
  readonly received: ReceivedCallback[]
  /** What callbacks are answered with; 200 until then. */
  answerWith(status: number): void
  close(): Promise<void>
}

/** Where callbacks arrive, in tests of simulators. */
export const startShop = async (): Promise<Shop> => {
  const received: ReceivedCallback[] = []
  let status = 200
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const rawHeaders: [string, string][] = []
      for (let i = 0; i + 1 < request.rawHeaders.length; i += 2)
        rawHeaders.push([request.rawHeaders[i] as string, request.rawHeaders[i + 1] as string])
      received.push({
        method: request.method ?? '',
        target: request.url ?? '',
        headers: request.headers as Record<string, string>,
        rawHeaders,
        body: Buffer.concat(chunks).toString('utf8'),
      })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `http://${authority}`,
    authority,
    received,
    answerWith: (next) => {
      status = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field, whatever their shape
  readonly body: any
}

/** One call with a bearer key: a POST when there is a body. */
export const call = async (url: string, key: string, body?: object): Promise<Answer> => {
  const response = await fetch(url, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return { status: response.status, body: await response.json() }
}
