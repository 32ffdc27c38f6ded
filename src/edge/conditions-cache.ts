import type { ProviderConditions, VaultForEdge } from '../contracts/vault.ts'

/** Deposits to each provider of a country, as far as the gateway could say in time; never throws, nothing when it could not. */
export type Conditions = (
  country: string,
  later: (work: Promise<unknown>) => void,
) => Promise<readonly ProviderConditions[]>

const FRESH_MS = 30_000
/** Older than this it is not shown: a provider that closed an hour ago may be open. */
const STALE_MS = 600_000
/** What a page waits for it the first time. The page is right without: the gateway refuses what it does not take. */
const WAIT_MS = 700
const FAILED_MS = 5_000
const ENTRIES_MAX = 100

interface Deps {
  readonly ask: VaultForEdge['conditions']
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly note: (error: unknown) => void
}

/** Answers are remembered per isolate; never promises, for in Workers a promise belongs to the request that made it. */
export const createConditions = ({ ask, nowMs, sleep, note }: Deps): Conditions => {
  const kept = new Map<string, { readonly conditions: readonly ProviderConditions[]; readonly atMs: number }>()
  const failedAtMs = new Map<string, number>()
  const since = (atMs: number | undefined) => nowMs() - (atMs ?? Number.NEGATIVE_INFINITY)

  const refresh = async (country: string): Promise<readonly ProviderConditions[] | undefined> => {
    try {
      const outcome = await ask(country)
      if (outcome.kind === 'found') {
        if (kept.size >= ENTRIES_MAX) kept.clear()
        kept.set(country, { conditions: outcome.conditions, atMs: nowMs() })
        return outcome.conditions
      }
      note(outcome.reason)
    } catch (error) {
      note(error)
    }
    if (failedAtMs.size >= ENTRIES_MAX) failedAtMs.clear()
    failedAtMs.set(country, nowMs())
    return undefined
  }

  return async (country, later) => {
    const found = kept.get(country)
    const ageMs = since(found?.atMs)
    if (found && ageMs < FRESH_MS) return found.conditions
    const last = found && ageMs < STALE_MS ? found.conditions : []
    // A gateway that just could not say is left alone for a while: opening pages must not be a lever against it.
    if (since(failedAtMs.get(country)) < FAILED_MS) return last
    const asking = refresh(country)
    later(asking)
    if (found && ageMs < 2 * FRESH_MS) return last
    return (await Promise.race([asking, sleep(WAIT_MS).then(() => undefined)])) ?? last
  }
}
