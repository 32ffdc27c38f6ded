import type { Capture, Said, Send } from './history.ts'

/** What one gateway of a running stack has seen, taken and said, by its own books. */
export interface GatewayLog {
  /** Requests to charge that reached it, also those whose connection it then dropped. */
  sends(): Send[]
  captures(): Capture[]
  /** Its word as it left it. */
  said(): Said[]
}

export type Json = Readonly<Record<string, unknown>>

export const parse = (text: string | undefined): Json | null => {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' ? (value as Json | null) : null
  } catch {
    return null
  }
}
