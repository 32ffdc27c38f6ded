import { Receiver } from '@upstash/qstash'

/** QStash's clock and ours may differ by this much; its tokens live for five minutes. */
const CLOCK_TOLERANCE_S = 5

/** What a good signature says: by which of the two keys it was made, and what its token is called, until when. */
export interface QueueToken {
  readonly key: 'current' | 'next'
  /** Null: the token has none, though QStash documents it. */
  readonly jti: string | null
  readonly expiresAtMs: number
}

/** Null: QStash did not sign these bytes for this path. */
export type VerifyQueue = (signature: string, body: string, path: string) => Promise<QueueToken | null>

/** Only of a token whose signature has been verified. */
const claimsOf = (token: string): Pick<QueueToken, 'jti' | 'expiresAtMs'> => {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const { jti, exp } = JSON.parse(atob(payload)) as { readonly jti?: unknown; readonly exp?: unknown }
    return {
      jti: typeof jti === 'string' && jti !== '' ? jti : null,
      expiresAtMs: typeof exp === 'number' ? (exp + CLOCK_TOLERANCE_S) * 1000 : 0,
    }
  } catch {
    return { jti: null, expiresAtMs: 0 }
  }
}

/**
 * Whether QStash signed this body for this address, by the current key or the next. Without the address, a token made
 * for another endpoint of the same account would do.
 */
export const createQstashVerifier = (settings: {
  readonly currentSigningKey: string
  readonly nextSigningKey: string
  /** Scheme and authority that messages are published to. */
  readonly consumerOrigin: string
}): VerifyQueue => {
  // A receiver does not say which of its keys it was, so each has one. `devMode: false`: a variable could otherwise replace
  // the keys by the published development ones.
  const receiverWith = (key: string) => new Receiver({ currentSigningKey: key, nextSigningKey: key, devMode: false })
  const receivers = [
    ['current', receiverWith(settings.currentSigningKey)],
    ['next', receiverWith(settings.nextSigningKey)],
  ] as const
  return async (signature, body, path) => {
    const url = `${settings.consumerOrigin}${path}`
    for (const [key, receiver] of receivers) {
      try {
        if (await receiver.verify({ signature, body, url, clockTolerance: CLOCK_TOLERANCE_S }))
          return { key, ...claimsOf(signature) }
      } catch {
        // By the other key, perhaps.
      }
    }
    return null
  }
}
