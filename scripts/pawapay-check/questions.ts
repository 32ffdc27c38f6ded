import { createHash, createPublicKey, randomUUID } from 'node:crypto'
import { type Answer, at, type Call, type DepositTerms } from './account.ts'

/** What pawaPay's documents leave open, or say in two ways. `expected` is what Lango was built for. */
export interface Question {
  readonly id: string
  readonly asks: string
  readonly expected: string
  /** What an answer as expected looks like. Without one Lango lives with any answer. */
  readonly fits?: RegExp
  readonly ask: (context: Context) => Promise<string>
}

export interface Context {
  readonly call: Call
  /** A provider with a number that is paid at once in the sandbox. */
  readonly payable: { readonly terms: DepositTerms; readonly msisdn: string }
  /** The account refuses requests without a signature: what can only be asked unsigned is then not asked. */
  readonly signedRequestsOnly: boolean
  readonly activeConf: unknown
}

/** Thrown by a question that this account cannot be asked; the message says why. */
export class NotAsked extends Error {}

const said = ({ status, body, text }: Answer): string => {
  const word = at(body, 'status')
  const code = at(body, 'failureReason', 'failureCode') ?? at(body, 'failureCode')
  return [status, word, code].filter((part) => part !== undefined).join(' ') || text.slice(0, 60)
}

/** Starts a deposit without a signature. Money of the sandbox only. */
const deposit = (context: Context, change: Record<string, unknown> = {}): Promise<Answer> => {
  if (context.signedRequestsOnly) throw new NotAsked('the account takes signed requests only')
  const { terms, msisdn } = context.payable
  return context.call('POST', '/v2/deposits', {
    depositId: randomUUID(),
    amount: amountOf(terms),
    currency: terms.currency,
    payer: { type: 'MMO', accountDetails: { phoneNumber: msisdn, provider: terms.provider } },
    ...change,
  })
}

/** The smallest whole amount that the provider takes, well off its edge. */
export const amountOf = ({ minAmount, maxAmount }: Pick<DepositTerms, 'minAmount' | 'maxAmount'>): string =>
  String(Math.min(Math.ceil(Number(minAmount)) + 14, Math.floor(Number(maxAmount))))

/** The longest that is taken, of these. */
const longest = async (lengths: readonly number[], send: (length: number) => Promise<Answer>): Promise<string> => {
  let taken = 0
  for (const length of lengths) {
    const answer = await send(length)
    if (at(answer.body, 'status') !== 'ACCEPTED') return `${taken} taken, ${length} refused: ${said(answer)}`
    taken = length
  }
  return `at least ${taken}`
}

const WRONG_TOKEN = 'not-a-token-of-this-account'

export const QUESTIONS: readonly Question[] = [
  {
    id: 'public_keys_without_token',
    asks: 'Does GET /v2/public-key/http need a token?',
    expected: 'either will do: Lango sends one',
    ask: async ({ call }) => said(await call('GET', '/v2/public-key/http', undefined, { token: null })),
  },
  {
    id: 'public_keys',
    asks: 'Which keys sign the callbacks of this account? (the same under another account: one key an environment)',
    expected: 'P-256, looked up by id',
    ask: async ({ call }) => {
      const { body } = await call('GET', '/v2/public-key/http')
      if (!Array.isArray(body)) return 'no list'
      return body
        .map((entry) => {
          const key = createPublicKey(String(at(entry, 'key')))
          const digest = createHash('sha256')
            .update(key.export({ type: 'spki', format: 'der' }))
            .digest('hex')
          const curve = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType
          return `${String(at(entry, 'id'))} ${curve} sha256:${digest.slice(0, 16)}`
        })
        .join(', ')
    },
  },
  {
    id: 'wrong_token',
    asks: 'What is a wrong token answered?',
    expected: '401 or 403: nothing was done',
    fits: /^40[13]\b/,
    ask: async ({ call }) => said(await call('GET', '/v2/active-conf', undefined, { token: WRONG_TOKEN })),
  },
  {
    id: 'availability_shape',
    asks: 'Are operationTypes of /v2/availability a list or a map?',
    expected: 'either is read',
    fits: /^(list|map)$/,
    ask: async ({ call }) => {
      const { body } = await call('GET', '/v2/availability')
      const types = at(body, 0, 'providers', 0, 'operationTypes')
      return Array.isArray(types) ? 'list' : typeof types === 'object' ? 'map' : 'neither'
    },
  },
  {
    id: 'predict_provider',
    asks: 'Does predict-provider know the number, in any usual form?',
    expected: 'the provider',
    fits: /^the provider$/,
    ask: async ({ call, payable: { terms, msisdn } }) => {
      const { body } = await call('POST', '/v2/predict-provider', {
        phoneNumber: `+${msisdn.replace(/(...)/g, '$1 ')}`,
      })
      const provider = at(body, 'provider')
      return provider === terms.provider ? 'the provider' : String(provider)
    },
  },
  {
    id: 'unknown_deposit',
    asks: 'What is a status query for an unknown id answered?',
    expected: '200 NOT_FOUND',
    fits: /^200 NOT_FOUND$/,
    ask: async ({ call }) => said(await call('GET', `/v2/deposits/${randomUUID()}`)),
  },
  {
    id: 'same_id_twice',
    asks: 'Is the same id sent twice a duplicate?',
    expected: '200 DUPLICATE_IGNORED',
    fits: /^200 DUPLICATE_IGNORED$/,
    ask: async (context) => {
      const depositId = randomUUID()
      await deposit(context, { depositId })
      return said(await deposit(context, { depositId }))
    },
  },
  {
    id: 'trailing_zero',
    asks: 'Is an amount with a trailing zero refused?',
    expected: 'never sent: either will do',
    ask: async (context) => said(await deposit(context, { amount: `${amountOf(context.payable.terms)}.0` })),
  },
  {
    id: 'client_reference_length',
    asks: 'How long may clientReferenceId be?',
    expected: 'at least 64',
    ask: (context) =>
      longest([36, 64, 255, 1024], (length) => deposit(context, { clientReferenceId: 'r'.repeat(length) })),
  },
  {
    id: 'metadata_length',
    asks: 'How long may a metadata value be?',
    expected: 'at least 64',
    ask: (context) =>
      longest([64, 255, 1024, 4096], (length) => deposit(context, { metadata: [{ note: 'm'.repeat(length) }] })),
  },
  {
    id: 'redirect_urls',
    asks: 'Are successfulUrl and failedUrl taken where no redirect is?',
    expected: 'never sent there: either will do',
    ask: async (context) =>
      said(
        await deposit(context, { successfulUrl: 'https://example.com/ok', failedUrl: 'https://example.com/not-ok' }),
      ),
  },
  {
    id: 'unknown_field',
    asks: 'What is a field that it does not know answered?',
    expected: '400 UNSUPPORTED_PARAMETER',
    fits: /^400 UNSUPPORTED_PARAMETER$/,
    ask: async (context) => {
      const answer = await deposit(context, { langoCheck: true })
      return [answer.status, at(answer.body, 'failureReason', 'failureCode')].filter(Boolean).join(' ')
    },
  },
  {
    id: 'rate_limit_headers',
    asks: 'Do answers tell of a rate limit?',
    expected: 'nothing depends on it',
    ask: async ({ call }) => {
      const { headers } = await call('GET', '/v2/active-conf')
      const names = [...headers.keys()].filter((name) => /rate-?limit|retry-after/i.test(name))
      return names.length === 0 ? 'no' : names.map((name) => `${name}: ${headers.get(name)}`).join(', ')
    },
  },
]

/** Open, and not to be settled by a program that sends a few requests. */
export const UNASKED: readonly (readonly [id: string, why: string])[] = [
  ['callback_retries', 'count and spacing show in the log of a Worker that answers 503 for a quarter of an hour'],
  ['retries_signed_anew', 'as before: compare "created" in Signature-Input of two tries'],
  ['payout_bulk_cap', 'moves money out; Lango sends no bulk'],
  ['split_payments', 'not used'],
  ['push_deposit', 'not used'],
  ['wave_test_numbers', 'none are published: ask pawaPay'],
  ['statement_columns', 'order one in the dashboard and import it with npm run lango -- statement'],
  ['fees_and_settlement_times', 'in your contract'],
]
