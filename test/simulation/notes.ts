import type { Asked, Capture, Durable, Said, Send, Told } from '../history/history.ts'

/** One line of a shard's story, kept only when a violation is to be told. */
export interface Line {
  readonly atMs: number
  readonly about: string
  readonly text: string
}

/** What is noted while a shard runs. Everything else of its history is read off at the end. */
export interface Notes {
  readonly asked: Asked[]
  readonly told: Told[]
  readonly sends: Send[]
  readonly captures: Capture[]
  readonly said: Said[]
  readonly durable: Durable[]
  readonly lines: Line[]
  /** Adds a line. `about`: a payment's id, a reference, or a part. Free when nobody reads. */
  readonly tell: (atMs: number, about: string, text: () => string) => void
}

export const createNotes = (traced: boolean): Notes => {
  const lines: Line[] = []
  return {
    asked: [],
    told: [],
    sends: [],
    captures: [],
    said: [],
    durable: [],
    lines,
    tell(atMs, about, text) {
      if (traced) lines.push({ atMs, about, text: text() })
    },
  }
}
