import { randomBytes } from 'node:crypto'

/**
 * `upstash-sync-token`: a new opaque text on each reply. Sent back, it promises that reads see every write up to that
 * reply (upstash.com/docs/redis/howto/readyourwrites).
 */
export const createSyncTokens = () => {
  const instance = randomBytes(6).toString('hex')
  let issued = 0
  return {
    issue: (writes: number): string => Buffer.from(`${instance}.${++issued}.${writes}`).toString('base64url'),
    /** How many writes the holder must see; 0 for a token of another server, or none. */
    covered: (token: string | undefined): number => {
      const [from, , writes] = Buffer.from(token ?? '', 'base64url')
        .toString()
        .split('.')
      return from === instance && /^\d+$/.test(writes ?? '') ? Number(writes) : 0
    },
  }
}
