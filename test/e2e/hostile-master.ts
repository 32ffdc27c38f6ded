import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Form } from '../scan/forms.ts'
import { type Place, place, search } from '../scan/forms.ts'
import type { Fixture } from './fixture.ts'

/** What the planted module answered to an order (test/workers/hostile/dependency.ts). */
export interface Obeyed {
  readonly ok: boolean
  // biome-ignore lint/suspicious/noExplicitAny: what was stolen has any shape
  readonly value?: any
  readonly error?: string
}

export interface Loot {
  readonly texts: readonly string[]
  /** Base64. */
  readonly bytes: readonly string[]
  readonly importableEnv: readonly string[]
}

const ANSWER_TIMEOUT_MS = 20_000

/** Where a planted module sends what it stole, and the one who gives it orders through requests that the edge serves. */
export const startMaster = async () => {
  const waiting = new Map<number, (obeyed: Obeyed) => void>()
  /** Whatever else came: nothing of ours has any business here. */
  const strays: string[] = []
  let orders = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      response.end()
      if (request.url !== '/loot') return strays.push(`${request.method} ${request.url} ${body}`)
      const { id, ...obeyed } = JSON.parse(body) as Obeyed & { readonly id: number }
      waiting.get(id)?.(obeyed)
      return waiting.delete(id)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url,
    strays: (): readonly string[] => strays,
    async order(fixture: Fixture, name: string, args: unknown = {}): Promise<Obeyed> {
      orders += 1
      const id = orders
      const answer = new Promise<Obeyed>((resolve, reject) => {
        waiting.set(id, resolve)
        setTimeout(() => reject(new Error(`no answer to the order "${name}"`)), ANSWER_TIMEOUT_MS).unref()
      })
      const header = Buffer.from(JSON.stringify({ id, master: url, name, args })).toString('base64')
      const response = await fetch(`${fixture.stack.edgeUrl}/`, { headers: { 'x-orders': header } })
      await response.body?.cancel()
      return answer
    },
    close(): void {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The stolen goods as places to search. Bytes both ways round: as they were, and as somebody may have written them down. */
const placesOf = ({ texts, bytes }: Loot): Place[] => [
  ...texts.map((text) => place('loot', text)),
  ...bytes.map((text) => ({ where: 'loot', bytes: Buffer.from(text, 'base64') })),
]

/** Which of these the loot holds, by name. */
export const stolen = (loot: Loot, forms: readonly Form[]): string[] => search(placesOf(loot), forms)
