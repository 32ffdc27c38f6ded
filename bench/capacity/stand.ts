import '../../scripts/stack/environment.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DEVELOPMENT } from '../../scripts/stack/database.ts'
import { type Stack, startStack } from '../../scripts/stack/stack.ts'
import { databaseFile, seedPayments, type TableSize, tableSizes } from './seed.ts'

export interface Use {
  readonly calls: number
  readonly rowsRead: number
  readonly rowsWritten: number
}

/** What was counted in the consumer's storage since it was last asked. */
export interface Tally {
  /** By statement. */
  readonly d1: Readonly<Record<string, Use>>
  /** By object, up to the end of its fulfilment. */
  readonly objects: Readonly<Record<string, Use>>
  /** Objects fulfilled since the stack started. */
  readonly ended: number
  /** Payments that a callback came for, each with the operator's name for the transaction. */
  readonly paid: readonly (readonly [paymentId: string, transactionId: string])[]
}

/** A running stack over a D1 of a given size. */
export interface Stand {
  readonly name: string
  readonly stack: Stack
  tally(): Promise<Tally>
  close(): Promise<void>
}

const WIDE = '1000000/1000s'

const start = (stateDir: string): Promise<Stack> =>
  startStack({
    ports: { edge: 0, consumer: 0, redis: 0, qstash: 0, pawapay: 0 },
    stateDir,
    redis: 'auto',
    entries: { consumer: 'bench/workers/metered-consumer.ts' },
    // The limits stay in force, and what they cost is paid; only nothing reaches them.
    vars: { edge: { LANGO_LIMIT_MERCHANT: WIDE, LANGO_LIMIT_PHONE: WIDE, LANGO_LIMIT_GATEWAY: WIDE } },
  })

/** Of a D1 that `rows` payments have come into one after the other. */
export const sizesOf = async (rows: number): Promise<readonly TableSize[]> => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'lango-capacity-'))
  try {
    await (await start(stateDir)).close()
    const file = databaseFile(stateDir)
    seedPayments(file, rows, DEVELOPMENT.merchantId, true)
    return tableSizes(file)
  } finally {
    rmSync(stateDir, { recursive: true, force: true })
  }
}

/** Starts once to have the database made, fills it, and starts again over it. */
export const openStand = async (name: string, rows: number, say: (line: string) => void): Promise<Stand> => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'lango-capacity-'))
  const remove = () => rmSync(stateDir, { recursive: true, force: true })
  try {
    await (await start(stateDir)).close()
    const file = databaseFile(stateDir)
    if (rows > 0) {
      const ms = seedPayments(file, rows, DEVELOPMENT.merchantId)
      say(`${rows} payments seeded in ${(ms / 1000).toFixed(1)} s`)
    }
    const stack = await start(stateDir)
    stack.pawapay.persona({ settleMs: 50 })
    return {
      name,
      stack,
      tally: async () => (await fetch(`${stack.consumerUrl}/_meter`)).json() as Promise<Tally>,
      close: async () => {
        await stack.close()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}
