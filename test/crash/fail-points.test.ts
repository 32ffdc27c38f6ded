import { globSync, readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { createBundler } from '../../scripts/stack/bundle.ts'
import { FAIL_POINTS, type FailPoint } from '../../src/domain/fail-point.ts'
import { eventually, freshKey, useStack } from '../e2e/fixture.ts'
import { json, serve } from '../emulators/kit/server.ts'
import type { Answer } from '../history/recorder.ts'
import { type Ambush, startFailPoints } from './fail-points.ts'
import { recording } from './recording.ts'
import { scanForSecrets } from './secrets.ts'

const points = await startFailPoints()
const lango = useStack({ failPoints: points.url })
afterAll(() => points.close())

const recorded = recording(lango)

interface Under {
  readonly body: Record<string, unknown>
  readonly key: string
  readonly answer: Promise<Answer>
}

const start = (): Under => {
  const body = recorded.request()
  const key = freshKey()
  return { body, key, answer: recorded.recorder.pay(body, { 'idempotency-key': key, prefer: 'wait=30' }) }
}

/** Each payment walks past the points where somebody stands already, and stops at the next. */
const stopOneAtEach = async (ambush: Ambush, at: readonly FailPoint[]): Promise<Under[]> => {
  const started: Under[] = []
  for (const point of at) {
    started.push(start())
    await ambush.stopped(point)
  }
  return started
}

const again = async ({ body, key }: Under): Promise<Answer> => recorded.recorder.pay(body, { 'idempotency-key': key })

it('T05 T06 T61: killed anywhere between the lock and the answer, a payment is made once', async () => {
  const at: readonly FailPoint[] = [
    'edge_locked',
    'object_decided',
    'object_durable',
    'vault_fetching',
    'vault_fetched',
    'object_sent',
    'object_recorded',
    'edge_begun',
  ]
  const ambush = points.ambush(at)
  const started = await stopOneAtEach(ambush, at)
  const killed = await ambush.kill(lango.stack)
  expect(killed.at).toEqual(at)
  expect(killed.after).not.toBe(killed.before)
  expect((await Promise.all(started.map(({ answer }) => answer))).map(({ status }) => status)).toEqual(at.map(() => 0))

  const repeated = await Promise.all(started.map(again))
  for (const [i, { status, body }] of repeated.entries()) {
    expect([200, 201, 202], `${at[i]}: ${JSON.stringify(body)}`).toContain(status)
    expect(body.attempts, at[i]).toHaveLength(1)
  }
  // Killed before anything was written, the repetition makes the payment; killed before the send, nobody sends a second time.
  const sends = await Promise.all(repeated.map(({ body }) => recorded.sendsOf(body.id)))
  expect(Object.fromEntries(at.map((point, i) => [point, sends[i]]))).toEqual({
    edge_locked: 1,
    object_decided: 1,
    object_durable: 0,
    vault_fetching: 0,
    vault_fetched: 1,
    object_sent: 1,
    object_recorded: 1,
    edge_begun: 1,
  })
  await recorded.expectGreen()
})

it('T06 T41: killed anywhere between the callback and the mark, the effect is made once', async () => {
  const at: readonly FailPoint[] = [
    'callback_verified',
    'callback_published',
    'delivery_verified',
    'delivery_applied',
    'delivery_posted',
    'delivery_marked',
  ]
  const ambush = points.ambush(at)
  const started = await stopOneAtEach(ambush, at)
  const answers = await Promise.all(started.map(({ answer }) => answer))
  const killed = await ambush.kill(lango.stack)
  expect(killed.at).toEqual(at)
  expect(killed.after).not.toBe(killed.before)

  // What was not acknowledged comes again: from the gateway after 5 s, from the queue after its pause.
  await lango.stack.pawapay.advance(10_000)
  await eventually(async () => {
    await lango.stack.qstash.advance(120_000)
    const payments = await Promise.all(answers.map(({ body }) => recorded.recorder.get(body.id)))
    return payments.every(({ body }) => body.fulfilment?.status === 'fulfilled')
  })
  await recorded.expectGreen()
})

it('T06 T40: killed while it asks, or while it hands over what it found, the object asks and hands over again', async () => {
  const at: readonly FailPoint[] = ['object_polling', 'object_polled', 'outbox_publishing', 'outbox_published']
  lango.stack.pawapay.persona({ next: at.length, withholdCallbacks: true })
  const started = at.map(start)
  const answers = await Promise.all(started.map(({ answer }) => answer))
  await eventually(() => {
    const captured = new Set(lango.stack.pawapay.captures().map(({ reference }) => reference))
    return answers.every(({ body }) => captured.has(body.attempts[0].reference))
  })
  const ambush = points.ambush(at)
  const working: Promise<unknown>[] = []
  for (const [i, point] of at.entries()) {
    const payment = await lango.stack.payment(answers[i]?.body.id)
    working.push(payment.runDueAlarms(Date.now() + 60_000).catch(() => 'killed'))
    await ambush.stopped(point)
  }
  const killed = await ambush.kill(lango.stack)
  expect(killed.at).toEqual(at)
  expect(killed.after).not.toBe(killed.before)
  expect(await Promise.all(working)).toEqual(at.map(() => 'killed'))
  await recorded.expectGreen()
  // The charge is known at the gateway before the object has asked about it.
  for (const { body } of answers)
    await expect
      .poll(async () => (await recorded.recorder.get(body.id)).body.status, { timeout: 5_000 })
      .toBe('succeeded')
})

it('T46: killed between telling a shop and writing that down, the shop is told again under the same id', async () => {
  const told: string[] = []
  const shop = await serve({
    name: 'a shop',
    port: 0,
    portVariable: 'none',
    handle: ({ headers }) => {
      told.push(headers['webhook-id'] ?? 'none')
      return json(200, { applied: true })
    },
  })
  const response = await fetch(`${lango.stack.edgeUrl}/v1/webhook-endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${lango.stack.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url: `${shop.url}/hook`, events: ['payment.succeeded'] }),
  })
  expect(response.status).toBe(201)
  const ambush = points.ambush(['notification_sent'])
  await start().answer
  await ambush.stopped('notification_sent')
  const killed = await ambush.kill(lango.stack)
  expect(killed.after).not.toBe(killed.before)
  // The dead one's lease runs for 45 s more, which nobody waits for here.
  await lango.stack.database.prepare('UPDATE webhook_deliveries SET lease_until_ms = 0').run()
  await eventually(async () => {
    await lango.stack.qstash.advance(120_000)
    return told.length > 1
  })
  expect(told).toEqual([told[0], told[0]])
  await shop.close()
})

it('T05: every fail-point was struck', () => {
  expect(Object.keys(points.reached()).toSorted()).toEqual([...FAIL_POINTS].toSorted())
})

it('T55: no full number, token or key in a log, a message or Redis', async () => {
  expect(await scanForSecrets(lango.stack, lango.logs, recorded.recorder.payments())).toEqual([])
  const planted = ['paid by 0764000001', `Bearer ${lango.stack.secretKey}`]
  expect(await scanForSecrets(lango.stack, planted)).toEqual(['log: a phone number', 'log: the secret apiKey'])
})

it('a fail-point is a comment: in the source once, in an armed bundle a call, in any other nothing', async () => {
  const sources = globSync('src/**/*.ts').filter((file) => !file.endsWith('fail-point.ts'))
  const marked = sources.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^\s*\/\/ .*failPoint\('(\w+)'\).*$/gm)].map(([, name]) => name),
  )
  expect(marked.toSorted()).toEqual([...FAIL_POINTS].toSorted())

  const entries = ['src/edge/worker.ts', 'src/consumer/worker.ts', 'src/vault/worker.ts']
  const bundle = async (entry: string, failPoints?: string): Promise<string> => {
    const bundler = await createBundler(entry, () => {}, failPoints)
    const [code] = bundler.modules()
    await bundler.dispose()
    // The source map quotes the comments; what runs is before it.
    return String(code?.contents).split('//# sourceMappingURL')[0] ?? ''
  }
  const armed = (await Promise.all(entries.map((entry) => bundle(entry, 'http://127.0.0.1:9')))).join('\n')
  const deployed = (await Promise.all(entries.map((entry) => bundle(entry)))).join('\n')
  for (const name of FAIL_POINTS) {
    expect(armed).toContain(`failPoint("${name}")`)
    expect(deployed).not.toContain(name)
  }
  expect(deployed).not.toMatch(/failPoint|LANGO_FAIL_POINTS/)
})
