import type { PaymentRecord, Question } from './payment-record.ts'

const RETRY_MS_MIN = 10_000
const RETRY_MS_MAX = 24 * 3_600_000
/** Four weeks of asking. */
const TRIES_MAX = 40

type Questions = readonly Question[]

/** Adds a question, or brings a waiting one forward; more hints never push it away. */
export const withQuestion = (questions: Questions, n: number, atMs: number): Questions => {
  const waiting = questions.find((question) => question.n === n)
  const others = questions.filter((question) => question.n !== n)
  return [...others, { n, atMs: Math.min(atMs, waiting?.atMs ?? atMs), tries: waiting?.tries ?? 0 }]
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

export const exhausted = (question: Question): boolean => question.tries >= TRIES_MAX

export const dueQuestions = ({ questions }: Pick<PaymentRecord, 'questions'>, nowMs: number): Questions =>
  questions.filter(({ atMs }) => atMs <= nowMs)
