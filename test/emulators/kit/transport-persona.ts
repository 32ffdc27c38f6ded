import type { Latency } from './random.ts'

/** What can happen to a call on its way, whatever the gateway. Times are milliseconds. */
export interface TransportPersona {
  readonly latencyMs: Latency
  readonly dropBeforeProcessing: boolean
  readonly dropAfterProcessing: boolean
  readonly status5xx: 'before' | 'after' | false
  readonly status5xxCode: number
  readonly hang: { readonly ms: number } | null
  readonly slowDrip: { readonly chunkBytes: number; readonly everyMs: number } | boolean
  readonly truncatedJson: boolean
  readonly cutBody: boolean
  /** The call is processed, and answered with this instead. `location` goes into its header. */
  readonly answerInstead: {
    readonly status: number
    readonly contentType?: string
    readonly body?: string
    readonly location?: string
  } | null
  /** Texts of the answer, each replaced wherever it stands. */
  readonly replaceInAnswer: Readonly<Record<string, string>>
  /** The answer is padded with that many blanks, which mean nothing in JSON. */
  readonly padAnswerBytes: number
}

export const NO_FAULTS: TransportPersona = {
  latencyMs: 0,
  dropBeforeProcessing: false,
  dropAfterProcessing: false,
  status5xx: false,
  status5xxCode: 500,
  hang: null,
  slowDrip: false,
  truncatedJson: false,
  cutBody: false,
  answerInstead: null,
  replaceInAnswer: {},
  padAnswerBytes: 0,
}
