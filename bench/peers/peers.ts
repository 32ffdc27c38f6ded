import type { Rig, System } from '../rig.ts'

export type Peers =
  | { readonly kind: 'missing'; readonly why: string }
  | { readonly kind: 'found'; readonly systems: readonly Peer[] }

export interface Peer {
  readonly name: string
  /** A synchronous server holds no more calls than it has workers. */
  readonly heldAtMost?: number
  open(): Promise<System>
}

export const openPeers = async (_rig: Rig, _say: (line: string) => void): Promise<Peers> => ({
  kind: 'missing',
  why: 'peers: not yet',
})
