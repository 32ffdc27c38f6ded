/** Cloudflare's public resolver (RFC 8484 in JSON); by name, since a Worker may not connect to 1.1.1.1 by number. */
const RESOLVER = 'https://cloudflare-dns.com/dns-query'
const TIMEOUT_MS = 5_000

const NO_ERROR = 0
const NO_SUCH_NAME = 3
const TYPES = { A: 1, AAAA: 28 } as const

interface Answer {
  readonly Status: number
  readonly Answer?: readonly { readonly type: number; readonly data: string }[]
}

/** Every address of a name; none when there is no such name. Throws when the resolver does not say. */
export const createResolver =
  (resolver = RESOLVER) =>
  async (name: string): Promise<readonly string[]> => {
    const ask = async (type: keyof typeof TYPES): Promise<readonly string[]> => {
      const response = await fetch(`${resolver}?name=${encodeURIComponent(name)}&type=${type}`, {
        headers: { Accept: 'application/dns-json' },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      if (!response.ok) throw new Error(`the resolver answered ${response.status}`)
      const { Status, Answer = [] } = (await response.json()) as Answer
      if (Status === NO_SUCH_NAME) return []
      if (Status !== NO_ERROR) throw new Error(`the resolver could not tell: ${Status}`)
      // Names on the way (CNAME) are answers of other types.
      return Answer.filter((answer) => answer.type === TYPES[type]).map(({ data }) => data)
    }
    const [v4, v6] = await Promise.all([ask('A'), ask('AAAA')])
    return [...v4, ...v6]
  }

export type Resolve = ReturnType<typeof createResolver>
