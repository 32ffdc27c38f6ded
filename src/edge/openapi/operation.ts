import type * as v from 'valibot'
import type { ProblemCode } from '../problem-catalogue.ts'
import type { AnswerName } from './answers.ts'

export interface HeaderParameter {
  readonly name: string
  readonly required: boolean
  readonly description: string
  readonly schema: Readonly<Record<string, unknown>>
}

export interface Answer {
  readonly description: string
  /** Of a JSON body; absent: there is none, or it is of another type. */
  readonly body?: AnswerName
  readonly mediaType?: 'text/html' | 'text/javascript'
  readonly headers?: Readonly<Record<string, string>>
}

/** One route as the API description tells it. A test holds this list against the routes of the app. */
export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** In OpenAPI's form: `/v1/payments/{id}`. */
  readonly path: string
  /** Unique; SDKs name functions by it. */
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Which keys open it. */
  readonly keys: 'none' | 'secret' | 'any'
  readonly pathParameters?: Readonly<Record<string, string>>
  readonly query?: v.ObjectSchema<v.ObjectEntries, undefined>
  readonly headers?: readonly HeaderParameter[]
  readonly request?: {
    /** Of the schemas that may be sent, one of which is. */
    readonly names: readonly [string, ...string[]]
    readonly required: boolean
    readonly mediaType?: 'application/x-www-form-urlencoded'
  }
  readonly answers: Readonly<Record<number, Answer>>
  /** Beyond what every operation of its kind may answer. */
  readonly problems?: readonly ProblemCode[]
}
