import { redisServerVersion } from './redis-process.ts'

/** Tests against the real redis-server run where it is installed. In CI its absence is a failure, not a skip. */
export const redisPresent = (suite: string): boolean => {
  if (redisServerVersion()) return true
  if (process.env['CI'] === 'true') throw new Error(`${suite}: redis-server is not on PATH`)
  console.log(`skipped: ${suite} (no redis-server on PATH)`)
  return false
}
