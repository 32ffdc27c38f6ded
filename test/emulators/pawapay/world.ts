import type { KeyObject } from 'node:crypto'
import type { VirtualClock } from '../kit/clock.ts'
import type { Callbacks } from './callbacks.ts'
import type { Deposits } from './deposits.ts'
import type { Personas } from './persona.ts'
import type { SigningKey } from './signing-key.ts'

/** Everything that one running simulator consists of. */
export interface World {
  readonly clock: VirtualClock
  readonly random: () => number
  readonly pause: (ms: number) => Promise<void>
  readonly personas: Personas
  readonly deposits: Deposits
  readonly callbacks: Callbacks
  readonly token: string
  readonly requestKeys: ReadonlyMap<string, KeyObject>
  readonly enforceSignatures: boolean
  readonly signCallbacks: boolean
  readonly callbackBase: () => string
  readonly signingKey: () => SigningKey
}
