import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { GatewayRequest } from '../../../src/contracts/vault-core.ts'
import { createTransport } from '../../../src/vault/transport.ts'

const { TEST_GATEWAY_URL: gateway, TEST_CLOSED_URL: closed } = env as unknown as Record<string, string>

const get = (url: string): GatewayRequest => ({ method: 'GET', url, headers: [], body: null })
const exchange = (url: string, timeoutMs = 2_000, origin = new URL(url).origin) =>
  createTransport([origin], (to, init) => fetch(to, init))(get(url), timeoutMs)

interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: readonly string[]
  readonly body: string
}
const seen = async (): Promise<Seen[]> => (await fetch(`${gateway}/_seen`)).json()
const lines = (headers: readonly string[]): [string, string][] =>
  headers.flatMap((name, i) => (i % 2 ? [] : [[name.toLowerCase(), headers[i + 1] ?? ''] as [string, string]]))

describe('what comes back', () => {
  it.each([
    ['/ok', { status: 200, contentType: 'application/json', body: '{"status":"ACCEPTED"}', truncated: false }],
    ['/created', { status: 201, contentType: '', body: '', truncated: false }],
    ['/html', { status: 502, contentType: 'text/html', body: '<html><body>502 Bad Gateway</body></html>' }],
    ['/redirect', { status: 302, body: '' }],
    ['/missing', { status: 404 }],
    ['/not-utf8', { status: 200, body: '{\ufffd}' }],
  ])('T18: %s is an answer as it is, no redirect followed', async (path, expected) => {
    expect(await exchange(`${gateway}${path}`)).toMatchObject({ kind: 'response', ...expected })
  })

  it.each([
    ['/limit', false],
    ['/over', true],
    ['/endless', true],
    ['/bomb', true],
  ])('%s: at most 64 KiB are read, and it says whether there was more', async (path, truncated) => {
    const answer = await exchange(`${gateway}${path}`)
    if (answer.kind !== 'response') throw new Error(answer.kind)
    expect(answer.truncated).toBe(truncated)
    expect(answer.body).toHaveLength(64 * 1024)
  })
})

describe('T16: nothing comes back, whatever the cause', () => {
  it.each(['/drop', '/reset', '/cut', '/garbage'])('%s: network', async (path) => {
    expect(await exchange(`${gateway}${path}`)).toEqual({ kind: 'no_response', reason: 'network' })
  })

  it('nobody listens: network', async () => {
    expect(await exchange(closed as string)).toEqual({ kind: 'no_response', reason: 'network' })
  })

  it.each(['/silent', '/drips'])('%s: timeout, at the deadline', async (path) => {
    const from = Date.now()
    expect(await exchange(`${gateway}${path}`, 300)).toEqual({ kind: 'no_response', reason: 'timeout' })
    expect(Date.now() - from).toBeLessThan(1_500)
  })
})

describe('what goes out', () => {
  it('is the request as the core made it: method, headers, bytes', async () => {
    const body = '{"depositId":"1","name":"Châu"}'
    const request: GatewayRequest = {
      method: 'POST',
      url: `${gateway}/ok?as=built`,
      headers: [
        ['content-type', 'application/json; charset=UTF-8'],
        ['content-digest', 'sha-512=:abc=:'],
        ['signature', 'sig-pp=:abc=:'],
        ['authorization', 'Bearer gateway-token'],
      ],
      body,
    }
    await createTransport([gateway as string], (to, init) => fetch(to, init))(request, 2_000)
    const arrived = (await seen()).find(({ path }) => path === '/ok?as=built')
    expect(arrived).toMatchObject({ method: 'POST', body })
    const headers = lines(arrived?.headers ?? [])
    for (const header of request.headers) expect(headers).toContainEqual(header)
    const added = headers.map(([name]) => name).filter((name) => !request.headers.some(([own]) => own === name))
    // What HTTP itself needs, and what workerd adds on this machine; nothing that is ours.
    expect(added.toSorted()).toEqual(
      ['accept-encoding', 'cf-worker', 'connection', 'content-length', 'host'].filter((name) => added.includes(name)),
    )
  })

  it.each(['https://evil.example/v2/deposits', 'http://127.0.0.1:1/', 'http://user:secret@127.0.0.1:1/', 'not a url'])(
    'never to another origin: %s',
    async (url) => {
      let called = 0
      const fetcher = async () => {
        called += 1
        return new Response()
      }
      expect(await createTransport([gateway as string], fetcher)(get(url), 1_000)).toEqual({ kind: 'foreign' })
      expect(called).toBe(0)
    },
  )
})
