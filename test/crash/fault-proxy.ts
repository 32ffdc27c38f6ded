import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What becomes of a request. Delivered means that the target has read it and acted; whether its answer arrives is another matter. */
export type Fault =
  /** Nobody listens. In force until another fault or none is set, whatever `times` says. */
  | { readonly kind: 'refuse' }
  /** RST once the request was read; not delivered. */
  | { readonly kind: 'reset_before' }
  /** Delivered, then RST in place of the answer. */
  | { readonly kind: 'reset_after' }
  /** Delivered, then FIN in place of the answer. */
  | { readonly kind: 'close_after' }
  /** Delivered; the head of the answer and this much of its body, then FIN. */
  | { readonly kind: 'cut_body'; readonly bytes: number }
  /** Delivered; the body of the answer in pieces. */
  | { readonly kind: 'slow_drip'; readonly chunkBytes: number; readonly everyMs: number }
  /** Delivered this much later, then answered as usual. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Delivered, never answered; the connection stays open. */
  | { readonly kind: 'hang' }

export interface Passing {
  readonly method: string
  readonly path: string
}

export interface FaultProxy {
  /** An http origin, to be used in place of the target's. */
  readonly url: string
  /** For the next `times` requests, or until changed. `only`: which requests it strikes; the others pass. */
  set(fault: Fault | null, times?: number, only?: (request: Passing) => boolean): void
  /** Requests by what became of them: `passed`, or the kind of the fault. Refused connections are not seen by anybody. */
  seen(): Readonly<Record<string, number>>
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly rawHeaders: string[]
  readonly body: Buffer
}

const read = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Head and body as they came: a signature covers them. */
const deliver = (target: URL, incoming: IncomingMessage, body: Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request({
      host: target.hostname,
      port: target.port,
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers: incoming.rawHeaders,
      setHost: false,
      agent: false,
    })
    outgoing.once('error', reject)
    outgoing.once('response', (response) => {
      read(response).then(
        (bytes) => resolve({ status: response.statusCode ?? 502, rawHeaders: response.rawHeaders, body: bytes }),
        reject,
      )
    })
    outgoing.end(body)
  })

/** Of one hop only: the proxy writes its own. */
const HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length']

const head = (response: ServerResponse, { status, rawHeaders, body }: Answer): void => {
  const kept: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2)
    if (!HOP.includes(name.toLowerCase())) kept.push(name, value)
  }
  response.writeHead(status, [...kept, 'content-length', String(body.length)])
}

const answerWith = async (response: ServerResponse, answer: Answer, fault: Fault | null): Promise<void> => {
  switch (fault?.kind) {
    case 'reset_after':
      response.socket?.resetAndDestroy()
      return
    case 'close_after':
      response.socket?.destroy()
      return
    case 'hang':
      return
    case 'cut_body':
      head(response, answer)
      response.write(answer.body.subarray(0, fault.bytes), () => response.socket?.destroy())
      return
    case 'slow_drip':
      head(response, answer)
      for (let at = 0; at < answer.body.length && !response.destroyed; at += fault.chunkBytes) {
        response.write(answer.body.subarray(at, at + fault.chunkBytes))
        await sleep(fault.everyMs)
      }
      response.end()
      return
    default:
      head(response, answer)
      response.end(answer.body)
  }
}

/** Stands between a Worker and a server on this machine, and breaks connections for real. Loopback only. */
export const startFaultProxy = async ({ target }: { readonly target: string }): Promise<FaultProxy> => {
  const origin = new URL(target)
  const counts: Record<string, number> = {}
  let fault: Fault | null = null
  let left = Infinity
  let strikes: (request: Passing) => boolean = () => true

  const take = (passing: Passing): Fault | null => {
    if (!fault || left <= 0 || !strikes(passing)) return null
    left -= 1
    return fault
  }

  const server = createServer((incoming, response) => {
    void (async () => {
      const body = await read(incoming)
      const path = (incoming.url ?? '/').split('?')[0] ?? '/'
      const struck = take({ method: incoming.method ?? 'GET', path })
      const name = struck?.kind ?? 'passed'
      counts[name] = (counts[name] ?? 0) + 1
      if (struck?.kind === 'reset_before') {
        response.socket?.resetAndDestroy()
        return
      }
      if (struck?.kind === 'delay') await sleep(struck.ms)
      await answerWith(response, await deliver(origin, incoming, body), struck)
    })().catch(() => response.socket?.destroy())
  })
  server.keepAliveTimeout = 60_000
  const listen = (port: number) => server.listen(port, '127.0.0.1')
  await new Promise<void>((resolve) => listen(0).once('listening', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    set(next, times = Infinity, only = () => true) {
      fault = next
      left = times
      strikes = only
      if (next?.kind === 'refuse') {
        server.close()
        server.closeAllConnections()
      } else if (!server.listening) {
        listen(port)
      }
    },
    seen: () => ({ ...counts }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
