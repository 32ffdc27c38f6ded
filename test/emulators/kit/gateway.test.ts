/** What the frame does for every simulated gateway, with a vendor of one route. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Gateway, type GatewayPersona, startGateway, USUAL } from './gateway.ts'
import { json } from './server.ts'
import { call } from './shop.ts'

let gateway: Gateway<GatewayPersona>
beforeEach(async () => {
  gateway = await startGateway(
    {
      name: 'plain',
      portVariable: 'NONE',
      usual: USUAL,
      retryMs: [],
      route: ({ charges }, { path }) => {
        const reference = path.slice(1)
        const request = { reference, amountMinor: '100', currency: 'ZMW', msisdn: '260763456789', provider: 'mtn' }
        return {
          kind: 'create',
          msisdn: request.msisdn,
          answer: (_, sticky) => {
            charges.take(request, sticky)
            return json(200, { reference, word: 'taken' })
          },
        }
      },
      callback: () => null,
    },
    { port: 0, callbackUrl: 'http://127.0.0.1:9/', clock: 'stopped' },
  )
})
afterEach(() => gateway.close())

const pay = async (reference: string) => {
  const response = await fetch(`${gateway.url}/${reference}`, { method: 'POST', redirect: 'manual' })
  return { status: response.status, text: await response.text(), location: response.headers.get('location') }
}

const control = (path: string, body?: object) => call(`${gateway.url}/_sim/${path}`, '', body)

it('loses the answer before or after the charge', async () => {
  await control('persona', { dropBeforeProcessing: true, next: 1 })
  await expect(pay('before')).rejects.toThrow()
  await control('persona', { dropAfterProcessing: true, next: 1 })
  await expect(pay('after')).rejects.toThrow()
  await control('clock', { advanceMs: 300 })
  expect((await control('captures')).body).toMatchObject([{ reference: 'after' }])
  expect((await control('requests')).body).toMatchObject([{ status: 0 }, { status: 0 }])
})

it('answers something else, replaces texts, pads', async () => {
  gateway.persona({ answerInstead: { status: 302, location: 'http://elsewhere.example/' }, next: 1 })
  expect(await pay('a')).toEqual({ status: 302, text: '', location: 'http://elsewhere.example/' })
  gateway.persona({ replaceInAnswer: { taken: 'took' }, next: 1 })
  expect((await pay('b')).text).toBe('{"reference":"b","word":"took"}')
  gateway.persona({ padAnswerBytes: 70_000, next: 1 })
  expect((await pay('c')).text).toHaveLength(70_000 + '{"reference":"c","word":"taken"}'.length)
  gateway.persona({ status5xx: 'before', status5xxCode: 502, next: 1 })
  expect(await pay('d')).toMatchObject({ status: 502, text: expect.stringContaining('<html>') })
  expect(gateway.charges()).toHaveLength(3)
})

it('refuses a setting that there is not, and forgets all at reset', async () => {
  expect(await control('persona', { mood: 'bad' })).toMatchObject({ status: 400 })
  gateway.persona({ outcome: 'stuck' })
  await pay('a')
  await control('reset', {})
  expect([gateway.charges(), gateway.requests(), (await control('persona')).body.outcome]).toEqual([
    [],
    [],
    'succeeded',
  ])
})
