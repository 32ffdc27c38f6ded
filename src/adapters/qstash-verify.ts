import { Receiver } from '@upstash/qstash'

/** QStash's clock and ours may differ by this much; its tokens live for five minutes. */
const CLOCK_TOLERANCE_S = 5

/**
 * Whether QStash signed this body for this address, by the current key or the next. Without the address, a token made
 * for another endpoint of the same account would do.
 */
export const createQstashVerifier = (settings: {
  readonly currentSigningKey: string
  readonly nextSigningKey: string
  /** Scheme and authority that messages are published to. */
  readonly consumerOrigin: string
}) => {
  // `devMode: false`: a variable could otherwise replace the keys by the published development ones.
  const receiver = new Receiver({
    currentSigningKey: settings.currentSigningKey,
    nextSigningKey: settings.nextSigningKey,
    devMode: false,
  })
  return async (signature: string, body: string, path: string): Promise<boolean> => {
    try {
      return await receiver.verify({
        signature,
        body,
        url: `${settings.consumerOrigin}${path}`,
        clockTolerance: CLOCK_TOLERANCE_S,
      })
    } catch {
      return false
    }
  }
}
