import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Stack, startStack } from '../stack/stack.ts'
import { at, type Call, createCall, type DepositTerms, depositTerms } from './account.ts'
import { isAsExpected, type SandboxNumber, sandboxNumbers } from './numbers.ts'
import { type Paid, payThrough } from './pay.ts'
import { type Context, NotAsked, QUESTIONS, UNASKED } from './questions.ts'

export interface CheckOptions {
  readonly origin: string
  readonly token: string
  readonly keyId: string
  /** PKCS#8 PEM. */
  readonly signingKey: string
  /** ISO 3166 alpha-3. */
  readonly countries: readonly string[]
  /** Where the account's callbacks go, if a deployment is up: the edge's scheme and authority. */
  readonly publicOrigin?: string
  readonly patienceMs?: number
}

export interface Found {
  readonly id: string
  readonly asks: string
  readonly expected: string
  readonly answer: string
  /** `as expected`, `differs`, `told` (nothing depends on it), `not asked`. */
  readonly verdict: 'as expected' | 'differs' | 'told' | 'not asked'
}

const AT_ONCE = 16
/** The product against this gateway: what npm start runs, with the account's own credentials in the vault. */
const withStack = async <Value>(
  options: CheckOptions,
  encoding: 'der' | 'raw',
  work: (stack: Stack) => Promise<Value>,
): Promise<Value> => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'lango-check-'))
  const stack = await startStack({
    ports: { edge: 0, consumer: 0, redis: 0, qstash: 0, pawapay: 0 },
    stateDir,
    redis: 'embedded',
    vars: {
      vault: {
        PAWAPAY_ORIGIN: options.origin,
        PAWAPAY_SIGNATURE_ENCODING: encoding,
      },
    },
    account: { token: options.token, keyId: options.keyId, signingKey: options.signingKey },
  })
  try {
    return await work(stack)
  } finally {
    await stack.close()
    rmSync(stateDir, { recursive: true, force: true })
  }
}

const termsFor = (all: readonly DepositTerms[], { provider }: SandboxNumber): DepositTerms | undefined =>
  all.find((terms) => terms.provider === provider)

const payAll = async (
  options: CheckOptions,
  terms: readonly DepositTerms[],
  numbers: readonly SandboxNumber[],
  tell: (paid: Paid) => void,
): Promise<readonly Paid[]> =>
  withStack(options, 'der', async (stack) => {
    const waiting = [...numbers]
    const all: Paid[] = []
    const work = async (): Promise<void> => {
      for (let number = waiting.shift(); number; number = waiting.shift()) {
        const own = termsFor(terms, number)
        const paid = own
          ? await payThrough(stack, number, own, options.patienceMs)
          : { ...number, seen: 'not on this account', ms: 0 }
        all.push(paid)
        tell(paid)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    return all
  })

const askAll = async (context: Context, tell: (found: Found) => void): Promise<void> => {
  for (const { id, asks, expected, fits, ask } of QUESTIONS) {
    let answer: string
    let verdict: Found['verdict']
    try {
      answer = await ask(context)
      verdict = !fits ? 'told' : fits.test(answer) ? 'as expected' : 'differs'
    } catch (error) {
      answer = (error as Error).message
      verdict = error instanceof NotAsked ? 'not asked' : 'differs'
    }
    tell({ id, asks, expected, answer, verdict })
  }
  for (const [id, why] of UNASKED)
    tell({ id, asks: id.replaceAll('_', ' '), expected: '', answer: why, verdict: 'not asked' })
}

/** Whether the account's callback address is ours, and whether somebody there refuses what is not signed. */
const askCallback = async (terms: readonly DepositTerms[], publicOrigin: string | undefined): Promise<Found> => {
  const id = 'callback_address'
  const asks = 'Do callbacks of deposits reach the deployment?'
  if (!publicOrigin)
    return {
      id,
      asks,
      expected: '',
      answer: 'say where it is: --public-origin https://pay.example.com',
      verdict: 'not asked',
    }
  const expected = `${publicOrigin}/webhooks/pawapay/deposits`
  const others = [...new Set(terms.map(({ callbackUrl }) => callbackUrl ?? 'none'))].filter((url) => url !== expected)
  if (others.length > 0)
    return { id, asks, expected, answer: `the dashboard says ${others.join(', ')}`, verdict: 'differs' }
  const response = await fetch(expected, { method: 'POST', body: '{}', redirect: 'manual' }).catch(
    (error: Error) => error,
  )
  if (response instanceof Error)
    return { id, asks, expected, answer: `no answer: ${response.message}`, verdict: 'differs' }
  const isThere = response.status === 401 || response.status === 200
  return {
    id,
    asks,
    expected,
    answer: isThere ? expected : `answered ${response.status}, not 401`,
    verdict: isThere ? 'as expected' : 'differs',
  }
}

/** Whether a signature of r and s side by side, as RFC 9421 has it, is taken as well. */
const askRaw = async (options: CheckOptions, terms: DepositTerms, number: SandboxNumber): Promise<Found> => {
  const { seen } = await withStack(options, 'raw', (stack) => payThrough(stack, number, terms, options.patienceMs))
  return {
    id: 'raw_signatures',
    asks: 'Are request signatures taken as r‖s (RFC 9421), too?',
    expected: 'Lango sends DER: either will do',
    answer: seen === number.outcome ? 'taken' : `not taken: ${seen}`,
    verdict: 'told',
  }
}

export interface CheckResult {
  readonly numbers: readonly Paid[]
  readonly found: readonly Found[]
  /** What is not as Lango was built for. */
  readonly differs: readonly string[]
}

/** Rejects when the account cannot be asked at all: a wrong origin, a wrong token. */
export const checkPawapay = async (
  options: CheckOptions,
  tell: { readonly paid: (paid: Paid) => void; readonly found: (found: Found) => void },
  makeCall: (origin: string, token: string) => Call = createCall,
): Promise<CheckResult> => {
  const call = makeCall(options.origin, options.token)
  const conf = await call('GET', '/v2/active-conf')
  if (conf.status !== 200)
    throw new Error(
      `GET ${options.origin}/v2/active-conf was answered ${conf.status}: is this the token of that environment?`,
    )
  const terms = depositTerms(conf.body)
  const numbers = sandboxNumbers(options.countries).filter((number) => termsFor(terms, number))
  const first = numbers.find(({ outcome }) => outcome === 'COMPLETED')
  const own = first && termsFor(terms, first)
  if (!first || !own)
    throw new Error(`The account has no provider with a sandbox number in ${options.countries.join(', ')}.`)

  const found: Found[] = []
  const note = (each: Found): void => {
    found.push(each)
    tell.found(each)
  }
  const paid = await payAll(options, terms, numbers, tell.paid)
  const signedRequestsOnly = at(conf.body, 'signatureConfiguration', 'signedRequestsOnly') === true
  await askAll({ call, payable: { terms: own, msisdn: first.msisdn }, signedRequestsOnly, activeConf: conf.body }, note)
  note(await askRaw(options, own, first))
  note(await askCallback(terms, options.publicOrigin))
  return {
    numbers: paid,
    found,
    differs: [
      ...paid
        .filter(({ outcome, seen }) => !isAsExpected(outcome, seen))
        .map(({ msisdn, outcome, seen }) => `${msisdn}: ${seen}, expected ${outcome}`),
      ...found
        .filter(({ verdict }) => verdict === 'differs')
        .map(({ id, answer, expected }) => `${id}: ${answer}, expected ${expected}`),
    ],
  }
}
