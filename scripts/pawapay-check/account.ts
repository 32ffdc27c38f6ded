import { setTimeout as sleep } from 'node:timers/promises'

/** An answer of pawaPay's, as it came. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Null when the text is no JSON. */
  readonly body: Record<string, unknown> | readonly unknown[] | null
}

/** One call, with the account's token unless told otherwise. Rejects when there is no answer. */
export type Call = (
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  options?: { readonly token?: string | null },
) => Promise<Answer>

const TIMEOUT_MS = 20_000
const PAUSE_MS = 100

export const createCall =
  (origin: string, token: string): Call =>
  async (method, path, body, options = {}) => {
    // Its rate limits are not published.
    await sleep(PAUSE_MS)
    const sent = options.token === undefined ? token : options.token
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        ...(sent === null ? {} : { authorization: `Bearer ${sent}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    let parsed: Answer['body'] = null
    try {
      parsed = JSON.parse(text) as Answer['body']
    } catch {
      // Whoever looks into it sees that there is nothing.
    }
    return { status: response.status, headers: response.headers, text, body: parsed }
  }

/** A way into JSON whose shape is in question: undefined wherever it is not as asked for. */
export const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string | number, unknown>)[name] : undefined,
    value,
  )

/** What a deposit may look like at one provider (`GET /v2/active-conf`). */
export interface DepositTerms {
  readonly country: string
  readonly provider: string
  readonly currency: string
  readonly minAmount: string
  readonly maxAmount: string
  readonly decimals: string
  readonly authType: string
  readonly callbackUrl: string | null
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const depositTerms = (activeConf: unknown): readonly DepositTerms[] =>
  list(at(activeConf, 'countries')).flatMap((country) =>
    list(at(country, 'providers')).flatMap((provider) =>
      list(at(provider, 'currencies')).flatMap((currency) => {
        const terms = at(currency, 'operationTypes', 'DEPOSIT')
        if (terms === undefined) return []
        return {
          country: String(at(country, 'country')),
          provider: String(at(provider, 'provider')),
          currency: String(at(currency, 'currency')),
          minAmount: String(at(terms, 'minAmount')),
          maxAmount: String(at(terms, 'maxAmount')),
          decimals: String(at(terms, 'decimalsInAmount')),
          authType: String(at(terms, 'authType')),
          callbackUrl: (at(terms, 'callbackUrl') as string | undefined) ?? null,
        }
      }),
    ),
  )
