import { afterAll, expect, it } from 'vitest'
import { eventually, freshKey, useStack } from '../e2e/fixture.ts'
import type { Answer } from '../history/recorder.ts'
import { type Fault, type FaultProxy, type Passing, startFaultProxy } from './fault-proxy.ts'
import { killWorkerd } from './processes.ts'
import { recording } from './recording.ts'
import { scanForSecrets } from './secrets.ts'

const proxies: Partial<Record<'gateway' | 'redis' | 'queue', FaultProxy>> = {}
const before = (server: 'gateway' | 'redis' | 'queue') => async (target: string) => {
  const proxy = await startFaultProxy({ target })
  proxies[server] = proxy
  return proxy.url
}
const lango = useStack({ via: { pawapay: before('gateway'), redis: before('redis'), qstash: before('queue') } })
const recorded = recording(lango)
afterAll(async () => {
  for (const proxy of Object.values(proxies)) await proxy.close()
})

const the = (server: 'gateway' | 'redis' | 'queue'): FaultProxy => {
  const proxy = proxies[server]
  if (!proxy) throw new Error(`no proxy before the ${server}`)
  return proxy
}

const isDeposit = ({ method, path }: Passing): boolean => method === 'POST' && path === '/v2/deposits'

interface Struck {
  readonly first: Answer
  readonly again: Answer
}

/** What each payment comes to, once everything is at rest. */
const expected: { readonly why: string; readonly id: string; readonly captures: number; readonly sends: number }[] = []

/** One payment whose initiation meets this fault, and the same request once more. */
const strike = async (fault: Fault): Promise<Struck> => {
  const body = recorded.request()
  const headers = { 'idempotency-key': freshKey(), prefer: 'wait=1' }
  the('gateway').set(fault, 1, isDeposit)
  const first = await recorded.recorder.pay(body, headers)
  the('gateway').set(null)
  const again = await recorded.recorder.pay(body, headers)
  expect(again.body.id).toBe(first.body.id)
  expect(again.headers.get('idempotent-replayed')).toBe('true')
  expect(again.body.attempts).toHaveLength(1)
  return { first, again }
}

/** The customer is told 201 or 202, never an error. Whether money is taken depends on whether the request was delivered. */
const FAULTS: readonly (readonly [Fault, { readonly delivered: boolean; readonly status: string }])[] = [
  [{ kind: 'refuse' }, { delivered: false, status: 'unknown' }],
  [{ kind: 'reset_before' }, { delivered: false, status: 'unknown' }],
  [{ kind: 'reset_after' }, { delivered: true, status: 'unknown' }],
  [{ kind: 'close_after' }, { delivered: true, status: 'unknown' }],
  [
    { kind: 'cut_body', bytes: 20 },
    { delivered: true, status: 'unknown' },
  ],
  [
    { kind: 'slow_drip', chunkBytes: 40, everyMs: 60 },
    { delivered: true, status: 'pending' },
  ],
  [
    { kind: 'delay', ms: 1_500 },
    { delivered: true, status: 'pending' },
  ],
]

it.each(FAULTS)('T16: %o between Worker and gateway', async (fault, { delivered, status }) => {
  const { first } = await strike(fault)
  expect([201, 202]).toContain(first.status)
  expect(first.body.status).toBe(status)
  if (fault.kind !== 'refuse') expect(the('gateway').seen()).toHaveProperty(fault.kind)
  const times = delivered ? 1 : 0
  expected.push({ why: fault.kind, id: first.body.id, captures: times, sends: times })
})

it('T17: the gateway hangs and captures: the callback completes the payment while the call is still open', async () => {
  lango.stack.pawapay.persona({ next: 1, settleMs: 2_500 })
  const { first } = await strike({ kind: 'hang' })
  expect(first.status).toBe(202)
  expect(first.body.status).toBe('pending')
  const payment = await lango.until(first.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
  expect(payment.fulfilment.deliveredVia).toBe('qstash')
  expected.push({ why: 'hang', id: first.body.id, captures: 1, sends: 1 })
})

it('T61: the caller hangs up while the gateway is slow: the call goes on, and its outcome is recorded as given', async () => {
  const body = recorded.request()
  const headers = { 'idempotency-key': freshKey() }
  the('gateway').set({ kind: 'delay', ms: 1_500 }, 1, isDeposit)
  const gone = fetch(`${lango.stack.edgeUrl}/v1/payments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${lango.stack.secretKey}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(700),
  })
  await expect(gone).rejects.toThrow()
  the('gateway').set(null)
  const { body: payment } = await recorded.recorder.pay(body, headers)
  const events = await eventually(async () => {
    const history = await (await lango.stack.payment(payment.id)).history()
    const names = history.map(({ event }) => event)
    return names.includes('accepted') && names
  })
  expect(events).not.toContain('unknown')
  expected.push({ why: 'caller gone', id: payment.id, captures: 1, sends: 1 })
})

it('T08: the lock is lost before its holder has begun: a second request comes in, one attempt is sent', async () => {
  const body = recorded.request()
  const headers = { 'idempotency-key': freshKey() }
  // The first request's claim is on its way back for as long as the second one takes.
  the('redis').set({ kind: 'slow_drip', chunkBytes: 4, everyMs: 40 }, 1)
  const slow = recorded.recorder.pay(body, headers)
  await eventually(() => (the('redis').seen()['slow_drip'] ?? 0) > 0)
  await fetch(`${lango.stack.redis.url}/_sim/reset`, { method: 'POST', body: JSON.stringify({ flush: true }) })
  const fast = await recorded.recorder.pay(body, headers)
  const late = await slow
  expect([200, 201, 202]).toContain(fast.status)
  expect(late.body.id).toBe(fast.body.id)
  expected.push({ why: 'lock lost', id: fast.body.id, captures: 1, sends: 1 })
})

it('T09 T11: Redis executes and its answer is lost, is reset, drips or hangs: nobody is charged twice', async () => {
  const faults: readonly Fault[] = [
    { kind: 'reset_after' },
    { kind: 'close_after' },
    { kind: 'cut_body', bytes: 5 },
    { kind: 'hang' },
    { kind: 'reset_before' },
  ]
  for (const fault of faults) {
    const body = recorded.request()
    const headers = { 'idempotency-key': freshKey() }
    the('redis').set(fault, 1)
    const [one, two] = await Promise.all([recorded.recorder.pay(body, headers), recorded.recorder.pay(body, headers)])
    the('redis').set(null)
    expect([201, 202], fault.kind).toContain(one.status)
    expect([201, 202], fault.kind).toContain(two.status)
    expect(two.body.id).toBe(one.body.id)
    expected.push({ why: `Redis ${fault.kind}`, id: one.body.id, captures: 1, sends: 1 })
  }
  expect(the('redis').seen()).toMatchObject({ reset_after: 1, close_after: 1, cut_body: 1, hang: 1, reset_before: 1 })
})

it('T40: the queue takes a message and its answer is lost: the callback counts once', async () => {
  the('queue').set({ kind: 'reset_after' }, 2, ({ path }) => path.startsWith('/v2/publish'))
  const answers = await Promise.all([1, 2].map(() => recorded.recorder.pay(recorded.request())))
  await eventually(() => the('queue').seen()['reset_after'] === 2)
  the('queue').set(null)
  for (const { body } of answers) expected.push({ why: 'queue', id: body.id, captures: 1, sends: 1 })
})

it('T08 T62: redis-server is killed and comes back empty while one payment is asked for forty times', async ({
  skip,
}) => {
  const { server } = lango.stack.redis.control
  if (!server) return skip('redis-server is not on PATH: the embedded engine runs')
  const body = recorded.request()
  const headers = { 'idempotency-key': freshKey() }
  const asking = Array.from({ length: 20 }, () => recorded.recorder.pay(body, headers))
  await server.stop()
  asking.push(...Array.from({ length: 10 }, () => recorded.recorder.pay(body, headers)))
  await server.start()
  asking.push(
    ...Array.from({ length: 10 }, () => recorded.recorder.pay(body, { ...headers, 'idempotency-key': freshKey() })),
  )
  const answers = await Promise.all(asking)
  expect(answers.filter(({ status }) => ![200, 201, 202].includes(status))).toEqual([])
  expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
  const id: string = answers[0]?.body.id
  expected.push({ why: 'redis-server killed', id, captures: 1, sends: 1 })
})

it('T06: the process is killed while twenty payments are being made', async () => {
  const requests = Array.from({ length: 20 }, () => ({ body: recorded.request(), key: freshKey() }))
  const pay = () =>
    Promise.all(requests.map(({ body, key }) => recorded.recorder.pay(body, { 'idempotency-key': key })))
  const deposits = () => lango.stack.pawapay.requests().filter(isDeposit).length
  const before = deposits()
  // Long enough that none is answered before the kill; what arrives is counted at once.
  lango.stack.pawapay.persona({ latencyMs: 1_000 })
  const asking = pay()
  await eventually(() => deposits() > before + 5)
  const { before: killed, after } = await killWorkerd(lango.stack)
  lango.stack.pawapay.persona({ latencyMs: 0 })
  expect(after).not.toBe(killed)
  const lost = (await asking).filter(({ status }) => status === 0).length
  expect(lost).toBeGreaterThan(0)
  const answers = await pay()
  expect(answers.filter(({ status }) => ![200, 201, 202].includes(status))).toEqual([])
})

it('T16 T17 T08: at rest each came to what it should, gateway, ledger, objects and answers agree, no secret is anywhere', async () => {
  const { ended, sends, captures } = await recorded.expectGreen()
  const seen = expected.map(({ why, id }) => {
    const attempts = ended.find(({ paymentId }) => paymentId === id)?.attempts.map(({ reference }) => reference) ?? []
    const count = (facts: readonly { readonly reference: string }[]) =>
      facts.filter(({ reference }) => attempts.includes(reference)).length
    return { why, id, captures: count(captures), sends: count(sends) }
  })
  expect(seen).toEqual(expected)
  expect(await scanForSecrets(lango.stack, lango.logs, recorded.recorder.payments())).toEqual([])
})
