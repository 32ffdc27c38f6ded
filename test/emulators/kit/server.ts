import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request, exactly as it came: the emulators judge raw headers and raw bytes. */
export interface Arrived {
  readonly method: string
  /** Path and query as sent, nothing decoded, `//` kept. */
  readonly target: string
  /** `target` up to the first `?`. */
  readonly path: string
  readonly query: URLSearchParams
  /** Lower-case names; repeated lines joined as Node does. */
  readonly headers: Readonly<Record<string, string>>
  /** In order, with original spelling and duplicates. */
  readonly rawHeaders: readonly (readonly [string, string])[]
  readonly body: Buffer
  /** Wall clock, ms. */
  readonly atMs: number
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Sends the body slowly, in pieces of `chunkBytes`, one every `everyMs`. */
  readonly drip?: { readonly chunkBytes: number; readonly everyMs: number }
  /** Announces the whole body, sends this much of it and closes the socket. */
  readonly cutAfterBytes?: number
}

/** `drop` closes the socket without a byte: what a client sees when the answer is lost. */
export type Handled = Reply | 'drop'

export interface Listening {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

export class PortTakenError extends Error {
  override readonly name = 'PortTakenError'
}

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

const read = async (request: IncomingMessage, limitBytes: number): Promise<Buffer | 'too_large'> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > limitBytes) return 'too_large'
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

const arrive = (request: IncomingMessage, body: Buffer): Arrived => {
  const target = request.url ?? '/'
  const cut = target.indexOf('?')
  const rawHeaders: [string, string][] = []
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    rawHeaders.push([request.rawHeaders[i] as string, request.rawHeaders[i + 1] as string])
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  }
  return {
    method: request.method ?? 'GET',
    target,
    path: cut < 0 ? target : target.slice(0, cut),
    query: new URLSearchParams(cut < 0 ? '' : target.slice(cut + 1)),
    headers,
    rawHeaders,
    body,
    atMs: Date.now(),
  }
}

const write = (response: ServerResponse, handled: Handled): void => {
  if (handled === 'drop') {
    response.socket?.destroy()
    return
  }
  if (handled.drip) {
    drip(response, handled, handled.drip)
  } else if (handled.cutAfterBytes !== undefined) {
    cut(response, handled, handled.cutAfterBytes)
  } else {
    response.writeHead(handled.status, handled.headers)
    response.end(handled.body)
  }
}

const begin = (response: ServerResponse, reply: Reply): Buffer => {
  const body = Buffer.from(reply.body ?? '')
  response.writeHead(reply.status, { ...reply.headers, 'content-length': String(body.length) })
  return body
}

const cut = (response: ServerResponse, reply: Reply, afterBytes: number): void => {
  response.write(begin(response, reply).subarray(0, afterBytes), () => response.socket?.destroy())
}

const drip = (response: ServerResponse, reply: Reply, pace: { chunkBytes: number; everyMs: number }): void => {
  const body = begin(response, reply)
  response.flushHeaders()
  let at = 0
  const timer = setInterval(() => {
    if (response.destroyed) return clearInterval(timer)
    response.write(body.subarray(at, at + pace.chunkBytes))
    at += pace.chunkBytes
    if (at < body.length) return
    clearInterval(timer)
    response.end()
  }, pace.everyMs)
}

/**
 * Serves on the loopback interface only. Port 0 picks a free one. A taken port rejects with one clear line that names
 * the environment variable to change.
 */
export const serve = async (options: {
  readonly name: string
  readonly port: number
  readonly portVariable: string
  readonly bodyBytesMax?: number
  readonly handle: (arrived: Arrived) => Promise<Handled> | Handled
}): Promise<Listening> => {
  const server = createServer((request, response) => {
    void (async () => {
      try {
        const body = await read(request, options.bodyBytesMax ?? 10 * 1024 * 1024)
        if (body === 'too_large') return write(response, json(413, { error: 'request body too large' }))
        write(response, await options.handle(arrive(request, body)))
      } catch (error) {
        if (response.headersSent || response.destroyed) return
        write(
          response,
          json(500, { error: `${options.name}: ${error instanceof Error ? error.message : String(error)}` }),
        )
      }
    })()
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new PortTakenError(
              `${options.name}: port ${options.port} is taken. Stop what uses it, or set ${options.portVariable} to another port.`,
            )
          : error,
      )
    })
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
