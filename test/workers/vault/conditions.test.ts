import { describe, expect, it } from 'vitest'
import { readConditions } from '../../../src/vault/conditions.ts'

const answer = (body: unknown, over: object = {}) =>
  readConditions({
    kind: 'response',
    status: 200,
    contentType: 'application/json',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    truncated: false,
    ...over,
  })

const conf = (deposit: object | undefined, provider: object = {}) => ({
  companyName: 'Duka',
  countries: [
    {
      country: 'RWA',
      providers: [
        {
          provider: 'MTN_MOMO_RWA',
          nameDisplayedToCustomer: 'pawaPay',
          currencies: [{ currency: 'RWF', operationTypes: { DEPOSIT: deposit, PAYOUT: {} } }],
          ...provider,
        },
      ],
    },
  ],
})
const one = (deposit: object, provider: object = {}) => {
  const outcome = answer(conf(deposit, provider))
  return outcome.kind === 'found' ? outcome.conditions[0] : undefined
}

describe('the active configuration of one country', () => {
  it('is read as far as customers need it', () => {
    expect(
      answer(
        conf({
          minAmount: '5',
          maxAmount: '2000000',
          status: 'CLOSED',
          pinPromptInstructions: {
            channels: [
              { type: 'APP', quickLink: 'momo://x' },
              {
                type: 'USSD',
                quickLink: '*182*7*1#',
                instructions: { en: [{ text: 'Dial *182#' }, { text: 7 }], fr: [{ text: 'Composez *182#' }], rw: [] },
              },
            ],
          },
        }),
      ),
    ).toEqual({
      kind: 'found',
      conditions: [
        {
          provider: 'MTN_MOMO_RWA',
          currency: 'RWF',
          state: 'closed',
          minAmount: '5',
          maxAmount: '2000000',
          shownAs: 'pawaPay',
          instructions: { ussd: '*182*7*1#', steps: { en: ['Dial *182#'], fr: ['Composez *182#'] } },
        },
      ],
    })
  })

  it.each([
    ['*182*7*1#', '*182*7*1#'],
    ['tel*182*1*3%23', '*182*1*3#'],
    ['tel:%2A182%23', '*182#'],
    ['https://evil.example', null],
    ['*182#;ext=1', null],
    ['', null],
    [7, null],
  ])('a quick link %s is dialled as %s', (quickLink, ussd) => {
    const authTokenInstructions = { channels: [{ type: 'USSD', quickLink }] }
    expect(one({ authTokenInstructions })?.instructions?.ussd).toBe(ussd)
  })

  it.each([
    ['OPERATIONAL', 'operational'],
    ['DELAYED', 'delayed'],
    ['CLOSED', 'closed'],
    ['SOMETHING_NEW', 'operational'],
    [undefined, 'operational'],
  ])('%s is %s', (status, state) => {
    expect(one({ status })?.state).toBe(state)
  })

  it('leaves out what is odd, and keeps the rest', () => {
    expect(one({ minAmount: 'a lot', maxAmount: 7 }, { nameDisplayedToCustomer: 'x'.repeat(61) })).toMatchObject({
      minAmount: null,
      maxAmount: null,
      shownAs: null,
      instructions: null,
    })
    expect(answer(conf(undefined))).toEqual({ kind: 'found', conditions: [] })
    expect(answer(conf({}, { provider: 7 }))).toEqual({ kind: 'found', conditions: [] })
    for (const odd of [null, 7, [], { countries: 7 }, { countries: [null, { providers: [7] }] }])
      expect(answer(odd)).toEqual({ kind: 'found', conditions: [] })
  })

  it('learns nothing from what is no answer', () => {
    expect(answer('<html>')).toEqual({ kind: 'unknown', reason: 'unreadable' })
    expect(answer('{}', { status: 503 })).toEqual({ kind: 'unknown', reason: 'http_503' })
    expect(answer('{}', { truncated: true })).toEqual({ kind: 'unknown', reason: 'http_200' })
    expect(readConditions({ kind: 'no_response', reason: 'timeout' })).toEqual({
      kind: 'unknown',
      reason: 'no_response',
    })
  })
})
