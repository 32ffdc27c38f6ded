import { createLango, type Lango, type LangoOptions } from '../../../packages/sdk/src/index.ts'

export interface Sent {
  readonly method: string
  readonly path: string
  readonly key: string | null
  readonly body: unknown
}

export type Said = Response | 'lost' | 'hangs'

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })

export const problem = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}) =>
  json(status, { code, title: 'No', detail: 'Because.', status, instance: 'req_1', ...more }, headers)

export const payment = (over: Record<string, unknown> = {}) => ({
  id: 'pay_00000000000000000000000001',
  status: 'pending',
  invoice: 'INV-1',
  attempts: [{ n: 1 }],
  updatedAt: '2026-11-21T00:00:00Z',
  ...over,
})

export const request = {
  sessionId: 's',
  invoice: 'INV-1',
  amount: '10.00',
  currency: 'ZMW',
  phoneNumber: '260763456789',
} as const

/** A server that says these things in turn, the last one for ever, and a clock that only sleeping moves. */
export const against = (says: readonly (() => Said)[], options: Partial<LangoOptions> = {}) => {
  const sent: Sent[] = []
  const slept: number[] = []
  let nowMs = 1_800_000_000_000
  const lango: Lango = createLango({
    apiKey: 'sk_test_1',
    baseUrl: 'https://pay.example.com/',
    nowMs: () => nowMs,
    random: () => 1,
    sleep: async (ms) => {
      slept.push(ms)
      nowMs += ms
    },
    fetch: async (input, init) => {
      const url = new URL(String(input))
      const headers = new Headers(init?.headers)
      sent.push({
        method: String(init?.method),
        path: url.pathname + url.search,
        key: headers.get('idempotency-key'),
        body: init?.body === undefined ? undefined : JSON.parse(String(init.body)),
      })
      const said = says[Math.min(sent.length, says.length) - 1]?.() ?? 'lost'
      if (said === 'lost') throw new TypeError('fetch failed')
      if (said !== 'hangs') return said
      return new Promise<Response>((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      })
    },
    ...options,
  })
  return { lango, sent, slept }
}
