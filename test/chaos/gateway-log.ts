import type { Stack } from '../../scripts/stack/stack.ts'
import type { AtGateway, Manner } from './gateway-manners.ts'
import type { Beside, GatewayName } from './gateways.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Item[] : T[K] }
type Seen = Mutable<AtGateway> & { msisdn?: string }

const DEPOSIT = '/v2/deposits/'

const field = (body: string, name: string): string | undefined => new RegExp(`"${name}":"\\+?([^"]*)"`).exec(body)?.[1]

/** As MTN, Wave and Flutterwave have them. */
const REFERENCES = ['externalId', 'client_reference', 'tx_ref'] as const
const NUMBERS = ['partyId', 'restrict_payer_mobile', 'phone_number'] as const

const createBook = () => {
  const found = new Map<string, Seen>()
  const of = (reference: string): Seen => {
    const known = found.get(reference)
    if (known) return known
    const fresh: Seen = { posts: [], queries: [], callbacks: [], captures: [] }
    found.set(reference, fresh)
    return fresh
  }
  return { found, of }
}

/** What the gateway did, by reference. */
const atPawapay = (pawapay: Stack['pawapay']): ReadonlyMap<string, Seen> => {
  const { found, of } = createBook()
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

/** The same of the others. A question names our reference last, or the session that Wave made of it. */
const atKit = (gateway: Beside['mtn' | 'wave' | 'flutterwave']): ReadonlyMap<string, Seen> => {
  const { found, of } = createBook()
  const sessions = new Map(gateway.charges().map(({ id, request }) => [`cos-${id}`, request.reference]))
  for (const request of gateway.requests()) {
    const reference = REFERENCES.map((name) => field(request.body, name)).find((found) => found !== undefined)
    const msisdn = NUMBERS.map((name) => field(request.body, name)).find((found) => found !== undefined)
    if (request.method === 'POST' && reference && msisdn) {
      of(reference).posts.push(request)
      of(reference).msisdn = msisdn
      continue
    }
    const [, named = ''] = /[/=]([^/=]+?)(?:\/expire)?$/.exec(request.target) ?? []
    of(sessions.get(named) ?? named).queries.push(request)
  }
  for (const callback of gateway.callbacks()) of(callback.reference).callbacks.push(callback)
  for (const capture of gateway.captures()) of(capture.reference).captures.push(capture)
  return found
}

/** How many deposits each manner truly showed on. `mannerOf`: of a customer's number. */
export const mannersShown = (
  { pawapay }: Pick<Stack, 'pawapay'>,
  beside: Pick<Beside, 'mtn' | 'wave' | 'flutterwave'> | undefined,
  mannerOf: ReadonlyMap<string, Manner>,
): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  const count = (at: GatewayName, found: ReadonlyMap<string, Seen>) => {
    for (const seen of found.values()) {
      const manner = mannerOf.get(seen.msisdn ?? '')
      if ((manner?.at ?? 'pawapay') === at && manner?.shows?.(seen))
        counts.set(manner.name, (counts.get(manner.name) ?? 0) + 1)
    }
  }
  count('pawapay', atPawapay(pawapay))
  if (beside) {
    count('mtn', atKit(beside.mtn))
    count('wave', atKit(beside.wave))
    count('flutterwave', atKit(beside.flutterwave))
  }
  return counts
}
