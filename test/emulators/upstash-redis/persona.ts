import { type Command, nameOf } from './resp.ts'

/**
 * How the server misbehaves, set by `POST /_sim/persona` (fields given replace, others stay) and cleared by
 * `POST /_sim/reset`. A count is used up request by request; `true` lasts. `/_sim` and refused tokens are never affected.
 */
export interface Persona {
  /** Executes, then closes the socket: the answer is lost. */
  readonly dropAfterExecute?: number | boolean
  /** Closes the socket without executing. */
  readonly dropBeforeExecute?: number | boolean
  /** Executes twice, answers with the second reply: what a client sees whose lost request was sent again. */
  readonly duplicate?: number | boolean
  /** Answers 500 without executing. */
  readonly error500?: number | boolean
  /** Waits, then executes: a write that lands after the client gave up. */
  readonly delayMs?: number
  /** Executes, then waits. */
  readonly delayReplyMs?: number
  /**
   * Reads (GET, MGET, HGETALL, PTTL, …; not EVAL, which Upstash runs on the leader, and not in a transaction) miss this
   * many of the latest writes, except those that the request's `upstash-sync-token` covers. A write is a command, or a
   * whole transaction, that changed a key; scripts are judged by the keys they declare.
   */
  readonly staleReads?: number
  /** A failover, at once: undoes the last n writes. Not a lasting setting. */
  readonly loseLastWrites?: number
  /** Every request's socket is closed unanswered. */
  readonly down?: boolean
  /** Limits drops, duplicates, delays and 500s to requests that hold one of these commands. */
  readonly commands?: readonly string[]
}

const COUNTED = ['dropAfterExecute', 'dropBeforeExecute', 'duplicate', 'error500'] as const
const NUMBERS = ['delayMs', 'delayReplyMs', 'staleReads', 'loseLastWrites'] as const
type Counted = (typeof COUNTED)[number]

const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0

/** A persona, or a sentence saying what is wrong: a misspelt fault must not pass for a test that found nothing. */
export const parsePersona = (value: unknown): Persona | string => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'expected an object'
  for (const [name, setting] of Object.entries(value)) {
    const counted = (COUNTED as readonly string[]).includes(name)
    const valid =
      (counted && (isCount(setting) || typeof setting === 'boolean')) ||
      ((NUMBERS as readonly string[]).includes(name) && isCount(setting)) ||
      (name === 'down' && typeof setting === 'boolean') ||
      (name === 'commands' && Array.isArray(setting) && setting.every((item) => typeof item === 'string'))
    if (!valid) return `persona: bad field ${JSON.stringify(name)}`
  }
  return value as Persona
}

export const createPersona = () => {
  let current: Persona = {}
  return {
    get: (): Persona => current,
    merge: (change: Persona): void => {
      const { loseLastWrites: _atOnce, ...lasting } = change
      current = { ...current, ...lasting }
    },
    reset: (): void => {
      current = {}
    },
    applies: (commands: readonly Command[]): boolean => {
      const only = current.commands?.map((name) => name.toLowerCase())
      return !only || commands.some((command) => only.includes(nameOf(command)))
    },
    /** Uses up one of a counted fault. */
    take: (fault: Counted): boolean => {
      const left = current[fault] ?? false
      if (typeof left === 'boolean') return left
      if (left === 0) return false
      current = { ...current, [fault]: left - 1 }
      return true
    },
  }
}

export type PersonaState = ReturnType<typeof createPersona>
