import type { Stack } from '../../scripts/stack/stack.ts'
import type { AtGateway, Manner } from './gateway-manners.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Item[] : T[K] }
type Seen = Mutable<AtGateway>

const DEPOSIT = '/v2/deposits/'

const field = (body: string, name: string): string | undefined => new RegExp(`"${name}":"([^"]*)"`).exec(body)?.[1]

/** What the gateway did, by reference. */
const byReference = ({ pawapay }: Pick<Stack, 'pawapay'>) => {
  const found = new Map<string, Seen & { msisdn?: string }>()
  const of = (reference: string) => {
    const known = found.get(reference)
    if (known) return known
    const fresh: Seen & { msisdn?: string } = { posts: [], queries: [], callbacks: [], captures: [] }
    found.set(reference, fresh)
    return fresh
  }
  for (const request of pawapay.requests()) {
    if (request.method === 'GET' && request.path.startsWith(DEPOSIT)) {
      of(request.path.slice(DEPOSIT.length)).queries.push(request)
    } else if (request.method === 'POST' && request.path === '/v2/deposits') {
      const reference = field(request.body, 'depositId')
      const msisdn = field(request.body, 'phoneNumber')
      if (!reference) continue
      of(reference).posts.push(request)
      if (msisdn) of(reference).msisdn = msisdn
    }
  }
  for (const callback of pawapay.callbacks()) of(callback.reference).callbacks.push(callback)
  for (const capture of pawapay.captures()) of(capture.reference).captures.push(capture)
  return found
}

/** How many deposits each manner truly showed on. `mannerOf`: of a customer's number. */
export const mannersShown = (
  stack: Pick<Stack, 'pawapay'>,
  mannerOf: ReadonlyMap<string, Manner>,
): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const seen of byReference(stack).values()) {
    const manner = mannerOf.get(seen.msisdn ?? '')
    if (manner?.shows?.(seen)) counts.set(manner.name, (counts.get(manner.name) ?? 0) + 1)
  }
  return counts
}
