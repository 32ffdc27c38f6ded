import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sendEvent } from '../../src/consumer/told.ts'
import type { SendOutcome } from '../../src/contracts/vault.ts'
import { NOW_MS, play, readCallback, reference, response, told, vault } from './core.ts'

const shapes = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../vectors/pawapay/v2-shapes.json'), 'utf8'),
) as Record<string, { depositId?: string }>
/** A recorded answer, about our own deposit when it names one. */
const recorded = (name: string): object => {
  const shape = shapes[name]
  if (!shape) throw new Error(`no recorded ${name}`)
  return shape.depositId ? { ...shape, depositId: reference } : shape
}

const statusAfter = (outcome: SendOutcome) => play('1550', 'ZMW', [sendEvent(1, outcome, NOW_MS)]).state.status

describe('T19: the answer to a deposit is read by its own words and not by its HTTP class', () => {
  it.each<[string, number, string | object, object, string]>([
    ['accepted with 200', 200, recorded('initiation_200_accepted'), { kind: 'accepted' }, 'pending'],
    ['accepted with 201', 201, recorded('initiation_200_accepted'), { kind: 'accepted' }, 'pending'],
    ['accepted with 202', 202, recorded('initiation_200_accepted'), { kind: 'accepted' }, 'pending'],
    ['nothing with 202', 202, '', { kind: 'unknown', reason: 'unreadable' }, 'unknown'],
    ['nothing with 200', 200, '', { kind: 'unknown', reason: 'unreadable' }, 'unknown'],
    [
      'a bad number with 200',
      200,
      recorded('initiation_200_rejected'),
      { kind: 'rejected', code: 'INVALID_PHONE_NUMBER' },
      'failed',
    ],
    [
      'an amount out of bounds with 200',
      200,
      recorded('initiation_200_rejected_bounds'),
      { kind: 'rejected', code: 'AMOUNT_OUT_OF_BOUNDS' },
      'failed',
    ],
    ['a refusal with 400', 400, recorded('initiation_400'), { kind: 'rejected', code: 'INVALID_INPUT' }, 'failed'],
    [
      'a wrong token with 401',
      401,
      recorded('initiation_401'),
      { kind: 'rejected', code: 'AUTHENTICATION_ERROR' },
      'failed',
    ],
    [
      'a duplicate with 200',
      200,
      recorded('initiation_200_duplicate'),
      { kind: 'unknown', reason: 'duplicate' },
      'unknown',
    ],
    [
      'an error with 500',
      500,
      recorded('initiation_500_no_status'),
      { kind: 'unknown', reason: 'http_500' },
      'unknown',
    ],
    [
      'a refusal with 500',
      500,
      recorded('initiation_200_rejected'),
      { kind: 'unknown', reason: 'http_500' },
      'unknown',
    ],
  ])('%s', (_, status, body, outcome, payment) => {
    const read = vault.readDeposit('pawapay', response(body, status), reference)
    expect(read).toMatchObject(outcome)
    expect(statusAfter(read)).toBe(payment)
  })

  it('an accepted deposit is not a paid one, whatever the status code', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.constantFrom(...Object.keys(shapes)), (status, name) => {
        const shape = shapes[name]
        fc.pre(typeof shape === 'object')
        const read = vault.readDeposit('pawapay', response(recorded(name), status))
        expect(statusAfter(read)).not.toBe('succeeded')
        if (status >= 500) expect(read.kind).toBe('unknown')
      }),
      { numRuns: 500 },
    )
  })
})

const KNOWN = ['COMPLETED', 'FAILED', 'ACCEPTED', 'PROCESSING', 'SUBMITTED', 'ENQUEUED', 'IN_RECONCILIATION']
/** Words that somebody's gateway uses for success, misspelt ones, other cases of ours, and anything at all. */
const strange = fc
  .oneof(
    fc.constantFrom(
      'SUCCES',
      'SUCCESS',
      'SUCCESSFUL',
      'PAID',
      'OK',
      'completed',
      'Completed',
      'COMPLETED ',
      '',
      'failed',
    ),
    fc
      .constantFrom(...KNOWN)
      .chain((word) => fc.nat(word.length - 1).map((at) => word.slice(0, at) + word.slice(at + 1))),
    fc.constantFrom(...KNOWN).map((word) => word.toLowerCase()),
    fc.string({ maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 10 }),
  )
  .filter((word) => !KNOWN.includes(word))

describe('T30: a status that is not on the list', () => {
  it('in a callback is unrecognised, leaves the payment pending and tells people', () => {
    fc.assert(
      fc.property(strange, (word) => {
        const verdict = readCallback({ depositId: reference, status: word, amount: '15.50', currency: 'ZMW' })
        expect(verdict.outcome).toBe('unrecognised')
        const { state, effects } = play('1550', 'ZMW', [
          sendEvent(1, { kind: 'accepted' }, NOW_MS),
          told(verdict.outcome, { amountMinor: verdict.amountMinor, currency: verdict.currency }),
        ])
        expect([state.status, state.fulfilment.status]).toEqual(['pending', 'none'])
        expect(effects).toContain('alert unrecognised_status')
      }),
      { numRuns: 1_000 },
    )
  })

  it('in a status answer is neither paid nor failed', () => {
    fc.assert(
      fc.property(strange, (word) => {
        const data = { depositId: reference, status: word, amount: '15.50', currency: 'ZMW' }
        const read = vault.readDepositStatus('pawapay', response({ status: 'FOUND', data }), 'ZMW', reference)
        expect(read).not.toMatchObject({ outcome: 'succeeded' })
        expect(read).not.toMatchObject({ outcome: 'failed' })
        expect(vault.readDepositStatus('pawapay', response({ status: word }), 'ZMW', reference)).toMatchObject({
          kind: 'unknown',
        })
      }),
      { numRuns: 500 },
    )
  })

  it('in the answer to a deposit is unknown', () => {
    fc.assert(
      fc.property(strange, (word) => {
        const read = vault.readDeposit('pawapay', response({ depositId: reference, status: word }), reference)
        expect(read.kind).toBe('unknown')
      }),
      { numRuns: 300 },
    )
  })

  it('and the ones that are on it mean what they say', () => {
    const outcomeOf = (status: string) => readCallback({ depositId: reference, status }).outcome
    expect(Object.fromEntries(KNOWN.map((word) => [word, outcomeOf(word)]))).toEqual({
      COMPLETED: 'succeeded',
      FAILED: 'failed',
      ACCEPTED: 'pending',
      PROCESSING: 'pending',
      SUBMITTED: 'pending',
      ENQUEUED: 'pending',
      IN_RECONCILIATION: 'pending',
    })
  })
})
