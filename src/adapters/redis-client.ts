import { Redis } from '@upstash/redis/cloudflare'

export interface RedisAccess {
  readonly url: string
  readonly token: string
}

/**
 * The client as the money path needs it. The SDK's defaults re-send commands five times and turn an aborted call into
 * the answer `null`; `retries: 0` and a signal made per call switch both off. Values come back as they were stored:
 * deserialised, a phone number would be a float and "null" would be null.
 */
export const createRedisClient = ({ url, token }: RedisAccess, timeoutMs: number): Redis =>
  new Redis({
    url,
    token,
    retry: { retries: 0 },
    enableAutoPipelining: false,
    automaticDeserialization: false,
    enableTelemetry: false,
    signal: () => AbortSignal.timeout(timeoutMs),
  })
