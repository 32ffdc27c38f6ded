import { Client, Receiver } from '@upstash/qstash'
import { onTestFinished } from 'vitest'
import { type Arrived, type Handled, json, serve } from '../kit/server.ts'
import { type Qstash, type QstashOptions, startQstash } from './server.ts'

export interface Destination {
  readonly url: string
  readonly received: Arrived[]
  answer: (arrived: Arrived) => Handled | Promise<Handled>
}

export const startDestination = async (): Promise<Destination> => {
  const received: Arrived[] = []
  const destination: { answer: Destination['answer'] } = { answer: () => json(200, { ok: true }) }
  const listening = await serve({
    name: 'destination',
    port: 0,
    portVariable: '',
    handle: (arrived) => {
      received.push(arrived)
      return destination.answer(arrived)
    },
  })
  onTestFinished(() => listening.close())
  return Object.assign(destination, { url: listening.url, received })
}

export const clientOf = (qstash: Qstash): Client =>
  new Client({ baseUrl: qstash.url, token: qstash.token, retry: false, devMode: false })

export const receiverOf = (keys: { currentSigningKey: string; nextSigningKey: string }): Receiver =>
  new Receiver({ ...keys, devMode: false })

/** What the Receiver is given by a Worker: signature, raw body, own URL. */
export const proofOf = (arrived: Arrived, destination: Destination) => ({
  signature: arrived.headers['upstash-signature'] ?? '',
  body: arrived.body.toString(),
  url: `${destination.url}${arrived.target}`,
})

export const setUp = async (options: Partial<QstashOptions> = {}) => {
  const destination = await startDestination()
  const qstash = await startQstash({ port: 0, ...options })
  onTestFinished(() => qstash.close())
  const sim = async (what: string, body?: unknown): Promise<unknown> => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    return (await fetch(`${qstash.url}/_sim/${what}`, init)).json()
  }
  /** A call to the API with the right token. */
  const api = (target: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${qstash.url}${target}`, {
      ...init,
      headers: { authorization: `Bearer ${qstash.token}`, ...(init.headers as Record<string, string>) },
    })
  return { qstash, destination, client: clientOf(qstash), receiver: receiverOf(qstash), sim, api }
}

export const statesOf = async (client: Client, messageId: string): Promise<string[]> =>
  (await client.logs({ messageIds: [messageId] })).logs.map((log) => log.state).toReversed()
