import { homeCountry, readPhoneNumber } from '../../flows/phone-number.ts'
import type { EdgeDeps } from '../deps.ts'

/** A page waits no longer for a guess. */
const JUDGE_WITHIN_MS = 3_000

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
  if (deps.lookups.waitMs(address) > 0) return byTable
  deps.lookups.charge(address)
  const judged = await Promise.race([
    deps.vault.predictProvider(phoneNumber).catch(() => undefined),
    deps.sleep(JUDGE_WITHIN_MS).then(() => undefined),
  ])
  return judged?.kind === 'found' ? judged.provider : byTable
}
