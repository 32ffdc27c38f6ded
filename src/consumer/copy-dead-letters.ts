import type { DeadLetters } from '../adapters/d1-dead-letters.ts'
import type { Sweeps } from '../adapters/d1-sweeps.ts'
import type { ListDlq } from '../adapters/qstash-dlq.ts'
import type { NewDeadLetter } from '../contracts/dead-letters.ts'
import type { CronTask } from './cron.ts'
import { letterOfEntry } from './dead-letter.ts'
import { log } from './log.ts'

const NAME = 'dead_letters'
/** The page that QStash did not list, and when. */
const NOT_LISTED = 'dead_letters_not_listed'
/** The run before, or the one before that. */
const AGAIN_MS = 12 * 60_000
const PAGES_MAX = 10
const HOUR_MS = 3_600_000
/** QStash keeps its dead letters for three days on its smallest plan. */
const NEAR_EXPIRY_MS = 2 * 24 * HOUR_MS
/** No full pass for so long: letters may pass away that nobody has copied. */
const UNSWEPT_MS = 24 * HOUR_MS
const FORGOTTEN_MS = 90 * 24 * HOUR_MS

export interface DeadLetterPorts {
  readonly list: ListDlq
  readonly letters: DeadLetters
  readonly sweeps: Sweeps
  readonly consumerOrigin: string
}

const tellPeople = (letter: NewDeadLetter, nowMs: number): void => {
  const { messageId: message, kind, paymentId: payment, responseStatus: status, body, diedAtMs } = letter
  const told = { kind, message, payment, status, ...(nowMs - diedAtMs > NEAR_EXPIRY_MS ? { nearExpiry: true } : {}) }
  if (body === null) log({ event: 'alert', code: 'dead_letter_without_body', ...told })
  else log({ event: 'alert', code: 'dead_letter', ...told })
}

/**
 * Keeps what has not been heard of before, or was without its body until now, and tells people of it. Both ways of hearing of
 * a letter end here.
 */
export const keepDeadLetters = async (
  letters: DeadLetters,
  found: readonly NewDeadLetter[],
  seenBy: 'failure_callback' | 'sweep',
  nowMs: number,
): Promise<number> => {
  if (found.length === 0) return 0
  const lacking = await letters.lackingOf(found.map(({ messageId }) => messageId))
  const fresh = found.filter(({ messageId, body }) => {
    const lacks = lacking.get(messageId)
    return lacks === 'unknown' || (lacks === 'without_body' && body !== null)
  })
  await letters.keep(fresh, seenBy, nowMs)
  for (const letter of fresh) tellPeople(letter, nowMs)
  return fresh.length
}

/**
 * Copies what the failure callbacks missed, a thousand entries at a time and round and round: in what order QStash lists
 * them is not documented, so nothing is concluded from it, and an entry is seen on every pass until it is gone.
 */
export const copyDeadLetters = ({ list, letters, sweeps, consumerOrigin }: DeadLetterPorts): CronTask => ({
  name: NAME,
  everyMinutes: 5,
  run: async (nowMs) => {
    const stored = await sweeps.load(NAME)
    // Where no pass has come to its end yet the day counts from the first try.
    const before = { ...stored, completedAtMs: stored.completedAtMs ?? nowMs }
    if (stored.completedAtMs === null) await sweeps.save(NAME, before)
    const overdue = nowMs - before.completedAtMs > UNSWEPT_MS
    if (overdue) log({ event: 'alert', code: 'dead_letters_unswept', hours: hoursSince(before.completedAtMs, nowMs) })
    let { cursor } = before
    let [seen, copied] = [0, 0]
    for (let page = 0; page < PAGES_MAX; page++) {
      const { entries, cursor: next } = await list(cursor).catch(async (error: unknown) => {
        // A cursor that QStash no longer knows must not stop all passes to come. But what is listed last is reached only by a pass
        // that goes on where it was: one answer that did not come is no reason to begin again.
        if (cursor !== null) {
          const failed = await sweeps.load(NOT_LISTED)
          const again = failed.cursor === cursor && nowMs - (failed.completedAtMs ?? 0) < AGAIN_MS
          await sweeps.save(NOT_LISTED, { cursor, completedAtMs: nowMs })
          if (again) await sweeps.save(NAME, { ...before, cursor: null })
        }
        throw error
      })
      const found = entries.flatMap((entry) => letterOfEntry(entry, consumerOrigin, nowMs) ?? [])
      copied += await keepDeadLetters(letters, found, 'sweep', nowMs)
      seen += found.length
      cursor = next
      if (next === null) break
      // Page by page: a run that is ended, or fails, in the middle has come so far.
      await sweeps.save(NAME, { ...before, cursor })
    }
    if (cursor === null) await sweeps.save(NAME, { cursor, completedAtMs: nowMs })
    return { seen, copied, forgotten: await letters.forget(nowMs - FORGOTTEN_MS) }
  },
})

/** Tells people every hour, for as long as a letter has been waiting for them for an hour. */
export const watchDeadLetters = ({ letters }: Pick<DeadLetterPorts, 'letters'>): CronTask => ({
  name: 'dead_letters_open',
  everyMinutes: 60,
  run: async (nowMs) => {
    const { count, oldestMs } = await letters.openSince(nowMs - HOUR_MS)
    if (count > 0) log({ event: 'alert', code: 'dead_letters_open', count, hours: hoursSince(oldestMs, nowMs) })
    return { open: count }
  },
})

const hoursSince = (ms: number | null, nowMs: number): number => Math.floor((nowMs - (ms ?? nowMs)) / HOUR_MS)
