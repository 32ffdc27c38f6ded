import { type Request, Response } from 'miniflare'
import { SHOPS_CONTROL, type ShopAnswer, type ShopRequest } from './shop-requests.ts'

/** Addresses by the first word of a name; a public one if it is none of these. */
const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  inside: ['10.1.2.3'],
  half: ['41.72.96.1', '169.254.169.254'],
  nat64: ['64:ff9b::a00:1'],
  none: [],
}

/** Every shop there is under `*.shops.co.zm`, and the public resolver. Undefined: not theirs. */
export const createShops = () => {
  const answers = new Map<string, ShopAnswer[]>()
  const requests: ShopRequest[] = []

  const resolve = (url: URL): Response => {
    const [word = ''] = (url.searchParams.get('name') ?? '').split(/[.-]/)
    if (word === 'broken') return new Response('', { status: 500 })
    const wanted = url.searchParams.get('type')
    const found = (ADDRESSES[word] ?? ['41.72.96.1']).filter((data) => data.includes(':') === (wanted === 'AAAA'))
    const alias = { name: 'a', type: 5, data: 'elsewhere.co.zm.' }
    const Answer = [alias, ...found.map((data) => ({ name: 'a', type: wanted === 'A' ? 1 : 28, data }))]
    return Response.json(word === 'none' ? { Status: 3 } : { Status: 0, Answer })
  }

  return async (request: Request): Promise<Response | undefined> => {
    const url = new URL(request.url)
    if (url.origin === SHOPS_CONTROL) {
      const host = url.searchParams.get('host') ?? ''
      if (request.method === 'GET') return Response.json(requests.filter((each) => new URL(each.url).host === host))
      answers.set(host, (await request.json()) as ShopAnswer[])
      return new Response()
    }
    if (url.host === 'cloudflare-dns.com') return resolve(url)
    if (!url.host.endsWith('.shops.co.zm')) return undefined
    requests.push({ url: request.url, headers: Object.fromEntries(request.headers), body: await request.text() })
    const list = answers.get(url.host) ?? [{ status: 204 }]
    const { status, headers = {}, body = null, delayMs = 0 } = (list.length > 1 ? list.shift() : list[0]) as ShopAnswer
    if (delayMs > 0) await new Promise((resolved) => setTimeout(resolved, delayMs))
    return new Response(body, { status, headers: { ...headers } })
  }
}
