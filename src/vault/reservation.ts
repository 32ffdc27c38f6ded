/** What the vault asks of the object that counts a merchant's day, without the platform that the object needs. */
import type { GatewayReference } from '../domain/ids.ts'

export interface Reservation {
  /** A number that is one more each day (`DayCap.day`). */
  readonly day: number
  readonly currency: string
  /** Of the attempt: whoever asks twice for it takes nothing twice. */
  readonly reference: GatewayReference
  /** Of this one send: what was taken for a later send of the same attempt is not given back by an earlier one. */
  readonly token: string
  /** Minor units. */
  readonly amountMinor: string
  /** Minor units. */
  readonly capMinor: string
}

export interface DayCounterRpc {
  /** Takes the amount, if it still fits. An attempt that has as much already keeps it, whatever the cap is now. */
  reserve(reservation: Reservation): Promise<'reserved' | 'exceeded'>
  /** Gives back what was taken for a send; nothing when nothing was, or when another send of the attempt has it now. */
  release(reservation: Pick<Reservation, 'day' | 'currency' | 'reference' | 'token'>): Promise<void>
}
