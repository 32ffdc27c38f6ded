import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    gatewayUrl: string
    closedUrl: string
  }
}

const LIMIT = 64 * 1024
const ACTIVE_CONF = 'test/vectors/pawapay/active-conf-excerpt-RWA.json'

/** Just enough of pawaPay to be asked: the simulator proper runs in the end-to-end tests. */
const asPawapay = (path: string): object | undefined => {
  if (path === '/v2/deposits') return { status: 'ACCEPTED' }
  if (path === '/v2/predict-provider') return { country: 'ZMB', provider: 'MTN_MOMO_ZMB', phoneNumber: '260763456789' }
  if (path === '/v2/public-key/http') return []
  if (path.startsWith('/v2/active-conf')) return JSON.parse(readFileSync(ACTIVE_CONF, 'utf8')) as object
  if (path === '/v2/deposits/00000000-0000-4000-8000-000000000000') return { status: 'NOT_FOUND' }
  if (!path.startsWith('/v2/deposits/')) return undefined
  return {
    status: 'FOUND',
    data: { depositId: path.split('/').at(-1), status: 'COMPLETED', amount: '15.50', currency: 'ZMW' },
  }
}

/** A gateway that misbehaves as its path says, on a real socket: what a fetch throws cannot be faked faithfully. */
const misbehaving = () => {
  const seen: { method: string; path: string; headers: string[]; body: string }[] = []
  return createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', (): unknown => {
      const path = request.url ?? ''
      if (path === '/_seen') return response.end(JSON.stringify(seen))
      seen.push({
        method: request.method ?? '',
        path,
        headers: request.rawHeaders,
        body: Buffer.concat(chunks).toString(),
      })
      const answer = asPawapay(path)
      if (answer) return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
      const html = '<html><body>502 Bad Gateway</body></html>'
      switch (path) {
        case '/ok':
          response.writeHead(200, { 'content-type': 'application/json' })
          return response.end('{"status":"ACCEPTED"}')
        case '/created':
          return response.writeHead(201).end()
        case '/html':
          response.writeHead(502, { 'content-type': 'text/html' })
          return response.end(html)
        case '/redirect':
          return response.writeHead(302, { location: '/ok' }).end()
        case '/limit':
          return response.end('x'.repeat(LIMIT))
        case '/over':
          return response.end('x'.repeat(LIMIT + 1))
        case '/endless': {
          const timer = setInterval(() => response.write('x'.repeat(LIMIT)), 5)
          response.on('close', () => clearInterval(timer))
          return undefined
        }
        case '/bomb':
          response.writeHead(200, { 'content-encoding': 'gzip' })
          return response.end(gzipSync('x'.repeat(50 * LIMIT)))
        case '/not-utf8':
          return response.end(Buffer.from([0x7b, 0xff, 0x7d]))
        case '/silent':
          return undefined
        case '/drips': {
          const timer = setInterval(() => response.write(' '), 20)
          response.on('close', () => clearInterval(timer))
          return undefined
        }
        case '/drop':
          return request.socket.destroy()
        case '/reset':
          return request.socket.resetAndDestroy()
        case '/cut':
          response.writeHead(200, { 'content-length': '100' })
          response.write('{"status":')
          return setTimeout(() => request.socket.destroy(), 20)
        case '/garbage':
          request.socket.write('SSH-2.0-OpenSSH\r\n')
          return request.socket.end()
      }
      return response.writeHead(404).end()
    })
  })
}

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  )

/** A port that nothing listens on: taken, then given back. */
const closedPort = async (): Promise<string> => {
  const server = createTcpServer()
  const url = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  await new Promise<void>((resolve) => connect(Number(new URL(url).port), '127.0.0.1').on('error', () => resolve()))
  return url
}

export default async (project: TestProject) => {
  const server = misbehaving()
  project.provide('gatewayUrl', await listen(server))
  project.provide('closedUrl', await closedPort())
  return () => {
    server.closeAllConnections()
    server.close()
  }
}
