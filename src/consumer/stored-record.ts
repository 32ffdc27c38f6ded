import { STATE_VERSIONS } from '../contracts/decide.ts'
import { erasedPayer } from './payer.ts'
import type { PaymentRecord, Question } from './payment-record.ts'

/** The version that is written. Fields are only ever added to a record; what older code cannot leave unread is a new version. */
export const RECORD_VERSION = 1

/** Kept by a version of the code that this one does not know: read, it would be guessed at. Whoever asks is told to ask again. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord'
}

/** A record of before there were questions: one hint could wait, and nobody wrote down whether the id had been given away. */
interface Earlier {
  readonly askAgain?: { readonly atMs: number; readonly n: number } | null
  readonly questions?: readonly Question[]
  readonly told?: boolean
}

const questionsOf = (questions: Earlier['questions'], askAgain: Earlier['askAgain']): readonly Question[] =>
  questions ?? (askAgain ? [{ ...askAgain, tries: 0 }] : [])

/**
 * A record as this code means it, from whichever version wrote it. Fields that it does not know stay where they are. The
 * reducer reads its own state. Throws `UnreadableRecord`.
 */
export const readRecord = (version: number, text: string): PaymentRecord => {
  const { askAgain, ...stored } = JSON.parse(text) as PaymentRecord & Earlier
  const stateVersion = stored.state?.v
  if (version !== RECORD_VERSION || !STATE_VERSIONS.includes(stateVersion))
    throw new UnreadableRecord(`record version ${version}, state version ${stateVersion}`)
  const { earlierPayers, erasedAtMs } = stored
  return {
    ...stored,
    questions: questionsOf(stored.questions, askAgain),
    told: stored.told ?? true,
    // Code of before there were any erases the rest of the record, and leaves them.
    ...(earlierPayers && erasedAtMs ? { earlierPayers: earlierPayers.map(erasedPayer) } : {}),
  }
}
