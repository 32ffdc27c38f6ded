import { createD1Erasures, type OpenErasure } from '../adapters/d1-erasures.ts'
import { createD1PersonalStores } from '../adapters/d1-personal-stores.ts'
import { createD1PhoneRegister } from '../adapters/d1-phone-register.ts'
import { createD1Sweeps } from '../adapters/d1-sweeps.ts'
import type { Customer, Erasure, ErasureReport } from '../contracts/erasure.ts'
import type { Msisdn } from '../domain/ids.ts'
import { type EraseCustomerPorts, eraseCustomer } from '../flows/erase-customer.ts'
import type { ConsumerSettings } from './env.ts'
import { describeError, log } from './log.ts'
import { maskPhoneNumber } from './payment-view.ts'

export interface ErasureAnswer extends ErasureReport {
  /** Null in a dry run. */
  readonly id: string | null
  readonly finished: boolean
}

export interface Eraser {
  /** Who it is, in a form in which it may be kept. `unhashed`: payments without a hash as well, by what they show. */
  preview(phoneNumber: Msisdn, unhashed: boolean): Promise<ErasureReport>
  begin(phoneNumber: Msisdn, unhashed: boolean): Promise<ErasureAnswer>
  /** Null: there is no such erasure, or it is finished. */
  goOn(id: string): Promise<ErasureAnswer | null>
  list(): Promise<readonly Erasure[]>
  /** Some that are not finished, again. */
  sweep(): Promise<{ readonly tried: number; readonly finished: number; readonly failed: number }>
}

const SWEEP = 'erasures'
const SWEPT_MAX = 5
/** Payments looked at, of all that are swept together: a Worker may make a thousand calls in one run. */
const LOOKED_MAX = 100

export const erasePortsOf = ({
  database,
  payment,
}: Pick<ConsumerSettings, 'database' | 'payment'>): EraseCustomerPorts => {
  const register = createD1PhoneRegister(database)
  return {
    payment,
    stores: createD1PersonalStores(database),
    drop: register.drop,
    findHashed: register.findHashed,
    findUnhashed: register.findUnhashed,
    unreachable: (payment, error) => log({ event: 'erasure_failed', payment, error: describeError(error) }),
  }
}

/** Erasing customers, for the people who run the deployment. Every method throws when a part is down, and may be called again. */
export const createEraser = (
  settings: Pick<ConsumerSettings, 'database' | 'payment' | 'vault'>,
  nowMs: () => number,
): Eraser => {
  const erasures = createD1Erasures(settings.database)
  const sweeps = createD1Sweeps(settings.database)
  const ports = erasePortsOf(settings)

  const hashed = async (phoneNumber: Msisdn, unhashed: boolean): Promise<{ customer: Customer; erased: string }> => {
    const { current, previous, erased } = await settings.vault.phoneHashes(phoneNumber)
    const hashes = previous === undefined ? [current] : [current, previous]
    return { customer: { hashes, ...(unhashed ? { masked: maskPhoneNumber(phoneNumber) } : {}) }, erased }
  }

  const pass = async ({
    id,
    customer,
    requestedAtMs,
    place: from,
  }: OpenErasure): Promise<{ readonly answer: ErasureAnswer; readonly looked: number }> => {
    const { report, looked, kept, place } = await eraseCustomer(ports, customer, requestedAtMs, false, from)
    const erased = report.payments.filter(({ outcome }) => outcome !== 'kept').length
    const finished = kept === 0 && !report.more
    await erasures.passed(id, { erased, kept, finishedAtMs: finished ? nowMs() : null, place })
    return { answer: { ...report, id, finished }, looked }
  }

  return {
    async preview(phoneNumber, unhashed) {
      const { customer } = await hashed(phoneNumber, unhashed)
      return (await eraseCustomer(ports, customer, nowMs(), true)).report
    },
    async begin(phoneNumber, unhashed) {
      const { customer, erased } = await hashed(phoneNumber, unhashed)
      const id = `era_${crypto.randomUUID().replaceAll('-', '')}`
      const erasure = { id, customer, requestedAtMs: nowMs(), place: null }
      // Written before anything is erased: what was asked for is not forgotten when this ends here.
      await erasures.begin(erasure, erased)
      return (await pass(erasure)).answer
    },
    async goOn(id) {
      const [erasure] = await erasures.open(1, '', id)
      return erasure ? (await pass(erasure)).answer : null
    },
    list: () => erasures.list(),
    async sweep() {
      // Round and round: some cannot be finished for weeks, and the others must not wait for them.
      const before = await sweeps.load(SWEEP)
      const open = await erasures.open(SWEPT_MAX, before.cursor ?? '')
      const done = { tried: 0, finished: 0, failed: 0 }
      let looked = 0
      for (const erasure of open) {
        if (looked >= LOOKED_MAX) break
        done.tried += 1
        try {
          const passed = await pass(erasure)
          looked += passed.looked
          if (passed.answer.finished) done.finished += 1
        } catch (error) {
          // What goes wrong with one must not keep the others waiting.
          done.failed += 1
          log({ event: 'erasure_failed', erasure: erasure.id, error: describeError(error) })
        }
      }
      const last = done.tried === open.length && open.length < SWEPT_MAX ? undefined : open[done.tried - 1]
      const cursor = last?.id ?? null
      if (cursor !== before.cursor)
        await sweeps.save(SWEEP, { cursor, completedAtMs: cursor === null ? nowMs() : before.completedAtMs })
      return done
    },
  }
}
