import type { AttemptState } from '../contracts/decide.ts'
import type { StatusOutcome } from '../contracts/vault.ts'
import type { PaymentRecord, Question } from './payment-record.ts'

const RETRY_MS_MIN = 10_000
const RETRY_MS_MAX = 24 * 3_600_000
/** Four weeks of asking. */
const TRIES_MAX = 40

const READER_PAUSE_MS = 10_000
const READER_PATIENCE = 20

type Questions = readonly Question[]

/** Adds a question, or brings a waiting one forward; more hints never push it away. */
export const withQuestion = (questions: Questions, n: number, atMs: number): Questions => {
  const waiting = questions.find((question) => question.n === n)
  const others = questions.filter((question) => question.n !== n)
  if (!waiting) return [...others, { n, atMs, tries: 0 }]
  return [...others, { ...waiting, atMs: Math.min(atMs, waiting.atMs) }]
}

export const withoutQuestion = (questions: Questions, n: number): Questions =>
  questions.filter((question) => question.n !== n)

/** A query is under way: should its isolate die with it, it is made again after the pause. */
export const askedAt = (questions: Questions, n: number, nowMs: number): Questions =>
  questions.map((question) =>
    question.n === n
      ? {
          ...question,
          atMs: nowMs + Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** question.tries),
          tries: question.tries + 1,
        }
      : question,
  )

/**
 * Whether the gateway's word answers a question, given how much news the object had had when it asked and has had by now. A
 * word from before the latest news is none; nor is "not found", since the news was about something that the gateway has. A
 * capture that still stands, after that word as well, is confirmed by a success alone: the news may have contradicted it, and a
 * failure that took nothing back was asked for too early, as the clocks have it.
 */
export const isAnsweredBy = (
  status: StatusOutcome,
  newsWhenAsked: number,
  news: number,
  attempt: Pick<AttemptState, 'status' | 'failureCode'> | undefined,
): boolean => {
  if (status.kind !== 'found' || newsWhenAsked !== news) return false
  const stands = attempt?.status === 'succeeded' && attempt.failureCode === null
  return !stands || status.outcome === 'succeeded'
}

export const exhausted = (question: Question): boolean => question.tries >= TRIES_MAX

export const dueQuestions = ({ questions }: Pick<PaymentRecord, 'questions'>, nowMs: number): Questions =>
  questions.filter(({ atMs }) => atMs <= nowMs)

/**
 * Whoever reads an open payment may cause a question once in ten seconds, and more seldom the older it is: after an hour
 * every three minutes. A shop that reads its open payments again and again must not be a lever against the gateway.
 */
export const readerPauseMs = (ageMs: number): number => Math.max(READER_PAUSE_MS, ageMs / READER_PATIENCE)
