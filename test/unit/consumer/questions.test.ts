import { describe, expect, it } from 'vitest'
import {
  askedAt,
  dueQuestions,
  exhausted,
  isAnsweredBy,
  withoutQuestion,
  withQuestion,
} from '../../../src/consumer/questions.ts'

const HOUR = 3_600_000
const open = { status: 'pending', failureCode: null } as const

describe('questions that wait for the gateway', () => {
  it('is added once per attempt, beside those about other attempts', () => {
    const two = withQuestion(withQuestion([], 1, 500), 2, 700)
    expect(two).toEqual([
      { n: 1, atMs: 500, tries: 0 },
      { n: 2, atMs: 700, tries: 0 },
    ])
    expect(withQuestion(two, 1, 900)).toHaveLength(2)
  })

  it('T34: another hint brings a waiting question forward, never back, and forgets no try', () => {
    const waiting = [{ n: 1, atMs: 500, tries: 3 }]
    expect(withQuestion(waiting, 1, 900)).toEqual([{ n: 1, atMs: 500, tries: 3 }])
    expect(withQuestion(waiting, 1, 100)).toEqual([{ n: 1, atMs: 100, tries: 3 }])
  })

  it('I2: is answered by what the gateway has found, asked for since the latest news', () => {
    const found = { kind: 'found', outcome: 'failed' } as const
    expect(isAnsweredBy(found, 0, 0, undefined)).toBe(true)
    expect(isAnsweredBy(found, 3, 3, open)).toBe(true)
    expect(isAnsweredBy(found, 3, 4, open)).toBe(false)
    // The gateway's index lags; the news was about something that it has.
    expect(isAnsweredBy({ kind: 'not_found' }, 3, 3, open)).toBe(false)
    expect(isAnsweredBy({ kind: 'unknown', reason: 'timeout' }, 3, 3, open)).toBe(false)
  })

  it.each([
    ['pending', false],
    ['unrecognised', false],
    ['failed', false],
    ['expired', false],
    ['succeeded', true],
  ] as const)('T39: "%s" answers a question about a capture that stands: %s', (outcome, answered) => {
    const found = { kind: 'found', outcome } as const
    expect(isAnsweredBy(found, 3, 3, { status: 'succeeded', failureCode: null })).toBe(answered)
    expect(isAnsweredBy(found, 3, 4, { status: 'succeeded', failureCode: null })).toBe(false)
    // Taken back by that word, or by one before it: there is nothing more to ask.
    expect(isAnsweredBy(found, 3, 3, { status: 'succeeded', failureCode: 'X' })).toBe(true)
    expect(isAnsweredBy(found, 3, 3, open)).toBe(true)
  })

  it('goes with its answer; the others stay', () => {
    const two = withQuestion(withQuestion([], 1, 500), 2, 700)
    expect(withoutQuestion(two, 1)).toEqual([{ n: 2, atMs: 700, tries: 0 }])
  })

  it('T22: is asked again after 10 s, 20 s, 40 s … and never more seldom than daily', () => {
    const pauses: number[] = []
    let questions = withQuestion([], 1, 0)
    for (let i = 0; i < 16; i += 1) {
      questions = askedAt(questions, 1, 1_000)
      pauses.push((questions[0]?.atMs ?? 0) - 1_000)
      expect(questions[0]?.tries).toBe(i + 1)
    }
    expect(pauses.slice(0, 4)).toEqual([10_000, 20_000, 40_000, 80_000])
    expect(pauses.at(-1)).toBe(24 * HOUR)
    expect(askedAt(questions, 2, 5_000)).toEqual(questions)
  })

  it('is given up after forty tries', () => {
    expect(exhausted({ n: 1, atMs: 0, tries: 39 })).toBe(false)
    expect(exhausted({ n: 1, atMs: 0, tries: 40 })).toBe(true)
  })

  it('is due at its very time', () => {
    const questions = [
      { n: 1, atMs: 500, tries: 0 },
      { n: 2, atMs: 501, tries: 0 },
    ]
    expect(dueQuestions({ questions }, 500)).toEqual([{ n: 1, atMs: 500, tries: 0 }])
    expect(dueQuestions({ questions }, 499)).toEqual([])
  })
})
