import type { PredictOutcome } from '../../contracts/vault.ts'
import { homeCountry, readPhoneNumber } from '../../flows/phone-number.ts'
import type { EdgeDeps } from '../deps.ts'

/** A page waits no longer for a guess. */
const JUDGE_WITHIN_MS = 3_000

/** The gateway's word on whose number it is, as often as an address may have numbers looked up; then nobody says. */
export const lookUpFor =
  ({ vault, lookups }: Pick<EdgeDeps, 'vault' | 'lookups'>, address: string | null) =>
  async (phoneNumber: string): Promise<PredictOutcome> => {
    if (lookups.waitMs(address) > 0) return { kind: 'unknown', reason: 'limited' }
    lookups.charge(address)
    return vault.predictProvider(phoneNumber)
  }

/**
 * Whose number it probably is: the gateway's word, since numbers are carried from one network to another, and the core's table
 * where that cannot be had in time. Null: nobody can tell. An address may ask so often; then it has the table's answer.
 */
export const findNetwork = async (
  deps: Pick<EdgeDeps, 'decide' | 'vault' | 'lookups' | 'sleep'>,
  address: string | null,
  typed: string,
  currency: string,
): Promise<string | null> => {
  const phoneNumber = readPhoneNumber(typed.slice(0, 40), homeCountry(undefined, currency))
  if (phoneNumber === undefined) return null
  const byTable = deps.decide.predictProvider(phoneNumber)?.provider ?? null
  const judged = await Promise.race([
    lookUpFor(deps, address)(phoneNumber).catch(() => undefined),
    deps.sleep(JUDGE_WITHIN_MS).then(() => undefined),
  ])
  return judged?.kind === 'found' ? judged.provider : byTable
}
