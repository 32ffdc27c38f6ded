import type { VirtualClock } from '../kit/clock.ts'
import type { Journal } from './journal.ts'
import type { Keys } from './keys.ts'
import type { Persona } from './persona.ts'
import type { Store } from './store.ts'

/** Finished messages stay readable for a moment: `GET /v2/messages/<id>` right after publish must not be a race. */
export const READABLE_AFTER_END_MS = 10_000

/** What every part of the emulator works with. */
export interface Surroundings {
  readonly store: Store
  readonly clock: VirtualClock
  readonly keys: Keys
  readonly persona: Persona
  readonly journal: Journal
  /** 0 = duplicates are not looked for. */
  readonly dedupWindowMs: number
  readonly dlqRetentionMs: number
}
