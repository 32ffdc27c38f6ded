import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Arrived, type Listening, serve } from '../emulators/kit/server.ts'
import { eventually, json, order, useStack } from './fixture.ts'

const lango = useStack()

let shop: Listening
let answer: 'applied' | 'drop' = 'applied'
const arrived: Arrived[] = []
let listener: ChildProcess
let said = ''
const secret = (): string => /whsec_\S+/.exec(said)?.[0] ?? ''

const listen = async (...args: string[]): Promise<ChildProcess> => {
  said = ''
  const child = spawn(process.execPath, ['scripts/listen.ts', '--url', lango.stack.edgeUrl, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LANGO_STATE_DIR: lango.stack.stateDir, LANGO_KEY: lango.stack.secretKey },
  })
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  return child
}
const endpoints = async (): Promise<readonly { id: string }[]> =>
  (
    await json(
      await fetch(`${lango.stack.edgeUrl}/v1/webhook-endpoints`, {
        headers: { authorization: `Bearer ${lango.stack.secretKey}` },
      }),
    )
  ).body.webhookEndpoints

beforeAll(async () => {
  shop = await serve({
    name: 'a shop',
    port: 0,
    portVariable: 'none',
    handle: (request) => {
      arrived.push(request)
      return answer === 'drop'
        ? 'drop'
        : { status: 200, headers: { 'content-type': 'application/json' }, body: '{"applied":true}' }
    },
  })
  listener = await listen('--forward', `${shop.url}/hooks`, '--events', 'payment.succeeded')
  await eventually(() => said.includes('Listening.'))
})
afterAll(async () => {
  listener?.kill('SIGKILL')
  await shop?.close()
})

const paid = async (): Promise<string> => {
  const { body } = await lango.pay(order())
  await lango.until(body.id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
  return body.id
}
/** What came of this payment, verified by the published library with the secret that was printed. */
const of = (payment: string) =>
  arrived.filter(({ body, headers }) => {
    const event = new Webhook(secret()).verify(body.toString(), { ...headers }) as { data: { id: string } }
    return event.data.id === payment
  })

it('passes events on, signed, prints them, and sends one again when asked', async () => {
  const payment = await paid()
  await eventually(() => of(payment).length === 1)
  expect(of(payment)[0]).toMatchObject({ method: 'POST', target: '/hooks' })
  await eventually(() => new RegExp(`payment\\.succeeded {2}${payment} {2}15\\.50 ZMW .*→ 200 applied`).test(said))
  listener.stdin?.write('\n')
  await eventually(() => of(payment).length === 2)
  const id = of(payment)[0]?.headers['webhook-id']
  listener.stdin?.write(`${id}\n`)
  await eventually(() => of(payment).length === 3)
  expect(new Set(of(payment).map(({ headers }) => headers['webhook-id']))).toEqual(new Set([id]))
  listener.stdin?.write('evt_none\n')
  await eventually(() => said.includes('Not found'))
})

it('hands on that the shop is away: what it missed comes again', async () => {
  answer = 'drop'
  const payment = await paid()
  await eventually(() => said.includes('no answer'))
  answer = 'applied'
  await lango.stack.qstash.advance(60_000)
  await eventually(() => of(payment).length >= 2)
})

it('leaves no endpoint behind, keeps its secret, and clears up after one that was killed', async () => {
  const before = secret()
  const gone = once(listener, 'exit')
  listener.kill('SIGINT')
  await gone
  expect(await endpoints()).toEqual([])
  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    listener = await listen('--forward', `${shop.url}/hooks`)
    await eventually(() => said.includes('Listening.'))
    expect([secret(), (await endpoints()).length]).toEqual([before, 1])
    const ended = once(listener, 'exit')
    listener.kill(signal)
    await ended
  }
  expect(await endpoints()).toEqual([])
})

it('says what is wrong', async () => {
  for (const forward of ['not a url', 'localhost:3000/hooks']) {
    const nowhere = await listen('--forward', forward)
    await once(nowhere, 'exit')
    expect([nowhere.exitCode, said]).toEqual([1, expect.stringContaining(`${forward} is not a URL with http://`)])
  }
  const mistyped = await listen('--forward', `${shop.url}/hooks`, '--events', 'payment.succeded')
  await once(mistyped, 'exit')
  expect([mistyped.exitCode, said]).toEqual([1, expect.stringContaining('Send an event type: payment.succeeded')])
})
