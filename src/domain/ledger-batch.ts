/** How entries are chained: batches of consecutive numbers, each with the root of the one before (docs/ledger.md). */

/** Before the first batch, and in the place of an entry that was missing when its batch was sealed. */
export const NOTHING = '0'.repeat(64)

/** The end of the chain: all numbers up to `lastNumber` are sealed. */
export interface LedgerHead {
  readonly sequence: number
  readonly lastNumber: number
  readonly root: string
  readonly sealedAtMs: number
}

export interface LedgerBatch {
  /** From 1, without a gap. */
  readonly sequence: number
  readonly firstNumber: number
  readonly lastNumber: number
  readonly previousRoot: string
  readonly sealedAtMs: number
  /** Of its entries in the order of their numbers, 64 hex digits each, with nothing in between. */
  readonly digests: string
  readonly root: string
}

/** What an account was debited and credited on a day (days since 1970, UTC) by the entries of one batch. */
export interface LedgerTotal {
  readonly account: string
  readonly mode: string
  readonly currency: string
  readonly day: number
  readonly debitMinor: string
  readonly creditMinor: string
}

/** The canonical text of a batch, version 1; its SHA-256 is the batch's root. */
export const batchText = (batch: Omit<LedgerBatch, 'root'>): string =>
  JSON.stringify([
    'lango-ledger-batch/1',
    batch.sequence,
    batch.firstNumber,
    batch.lastNumber,
    batch.previousRoot,
    batch.sealedAtMs,
    batch.digests,
  ])
