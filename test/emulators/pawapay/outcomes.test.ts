import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Merchant, startMerchant } from './fixture.ts'
import { outcomeFor } from './outcomes.ts'
import { depositLimits } from './providers.ts'

const rows = readFileSync(new URL('../../vectors/pawapay/sandbox-test-msisdns.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(',') as [string, string, 'DEPOSIT' | 'PAYOUT', string, string, string])

let merchant: Merchant
beforeAll(async () => {
  merchant = await startMerchant()
})
afterAll(() => merchant.close())

it('all 285 sandbox numbers have their documented outcome', () => {
  expect(rows).toHaveLength(285)
  for (const [, , operation, msisdn, , outcome] of rows) {
    const expected =
      outcome === 'COMPLETED'
        ? { kind: 'completed' }
        : outcome === 'STUCK/no callback'
          ? { kind: 'stuck' }
          : { kind: 'failed', failureCode: outcome.replace('FAILED/', '') }
    expect(outcomeFor(operation, msisdn), `${operation} ${msisdn}`).toEqual(expected)
  }
})

it('every deposit number is accepted by its provider, and ends as documented', async () => {
  const deposits = rows.filter(([, , operation]) => operation === 'DEPOSIT')
  const ids = await Promise.all(
    deposits.map(async ([, provider, , phoneNumber]) => {
      const [limits] = depositLimits(provider)
      const depositId = crypto.randomUUID()
      const { body } = await merchant.deposit({
        depositId,
        provider,
        phoneNumber,
        amount: limits?.minAmount,
        currency: limits?.currency,
        ...(provider === 'ORANGE_BFA' ? { preAuthorisationCode: '367025' } : {}),
      })
      expect(body, `${provider} ${phoneNumber}`).toMatchObject({ status: 'ACCEPTED' })
      return depositId
    }),
  )
  await merchant.pawapay.advance(400)
  for (const [i, [country, , , phoneNumber, , outcome]] of deposits.entries()) {
    const { data } = await merchant.status(ids[i] as string)
    expect(data.country).toBe(country)
    const [kind, failureCode] = outcome.split('/')
    expect(data.status, phoneNumber).toBe(kind === 'STUCK' ? 'PROCESSING' : kind)
    expect(data.failureReason?.failureCode, phoneNumber).toBe(kind === 'FAILED' ? failureCode : undefined)
    const callbacks = merchant.received.filter(({ json }) => json.depositId === ids[i])
    expect(callbacks.map(({ json }) => json.status)).toEqual(kind === 'STUCK' ? [] : [kind])
    const captured = merchant.pawapay.captures().filter((capture) => capture.reference === ids[i])
    expect(captured).toHaveLength(kind === 'COMPLETED' ? 1 : 0)
  }
})

it('any other valid number succeeds; a status goes through ACCEPTED and PROCESSING', async () => {
  merchant.pawapay.persona({ settleMs: 10_000 })
  const depositId = crypto.randomUUID()
  await merchant.deposit({ depositId, phoneNumber: '260769999999' })
  expect((await merchant.status(depositId)).data.status).toBe('ACCEPTED')
  await merchant.pawapay.advance(200)
  expect((await merchant.status(depositId)).data.status).toBe('PROCESSING')
  await merchant.pawapay.advance(10_000)
  expect((await merchant.status(depositId)).data.status).toBe('COMPLETED')
  merchant.pawapay.persona({ settleMs: null })
})

it('a stuck one stays so for a day and ends when it is told to', async () => {
  const depositId = crypto.randomUUID()
  await merchant.deposit({ depositId, phoneNumber: '260763456129' })
  await merchant.pawapay.advance(24 * 3_600_000)
  expect((await merchant.status(depositId)).data.status).toBe('PROCESSING')

  const resend = await merchant.post(`/v2/deposits/resend-callback/${depositId}`, {})
  expect(resend.body).toMatchObject({ status: 'REJECTED', failureReason: { failureCode: 'INVALID_STATE' } })
  const failed = { depositId, outcome: 'FAILED', failureCode: 'PAYER_LIMIT_REACHED' }
  expect((await merchant.post('/_sim/settle', failed)).body).toEqual({ depositId, status: 'FAILED' })
  expect((await merchant.post('/_sim/settle', { depositId, outcome: 'COMPLETED' })).status).toBe(200)
  expect((await merchant.post('/_sim/settle', { depositId, outcome: 'COMPLETED' })).status).toBe(200)
  expect((await merchant.post('/_sim/settle', { depositId, outcome: 'FAILED' })).status).toBe(409)
  await merchant.pawapay.advance(0)
  const seen = merchant.received.filter(({ json }) => json.depositId === depositId).map(({ json }) => json.status)
  expect(seen.toSorted()).toEqual(['COMPLETED', 'FAILED'])
  expect(merchant.pawapay.captures().filter(({ reference }) => reference === depositId)).toHaveLength(1)
  expect((await merchant.status(depositId)).data).not.toHaveProperty('failureReason')
})
