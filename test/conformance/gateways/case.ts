import type { Bench } from './bench.ts'

/** One thing that must hold of every gateway. It throws when it does not. */
export interface Case {
  readonly name: string
  readonly run: (bench: Bench) => Promise<void>
}
