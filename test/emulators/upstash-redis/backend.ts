import type { Command, Reply } from './resp.ts'

/** A key's value and expiry at one moment, enough to bring it back. `saved: null`: the key did not exist. */
export interface KeyImage {
  readonly key: Buffer
  readonly saved: { readonly content: unknown; readonly expiresAtMs: number | null } | null
}

/** What holds the data: redis-server over RESP2, or the engine inside this process. */
export interface Backend {
  readonly name: string
  /** Rejects with RedisUnreachableError when the server is away; a Redis error is a reply. */
  run(command: Command): Promise<Reply>
  /** All or nothing queued, no rollback. An array with one reply per command, or one error for a discarded whole. */
  transaction(commands: readonly Command[]): Promise<Reply>
  /** Keys of a command that the table in access.ts does not know. */
  keysOf(command: Command): Promise<readonly Buffer[]>
  image(keys: readonly Buffer[] | 'all'): Promise<readonly KeyImage[]>
  restore(images: readonly KeyImage[]): Promise<void>
  /** Present only where expiry runs on an injected clock. */
  readonly advance?: (byMs: number) => Promise<void>
  /** The private redis-server, for tests of an outage. Absent where this emulator does not own the server. */
  readonly server?: { stop(): Promise<void>; start(): Promise<void> }
  close(): Promise<void>
}
