/** Bearer tokens, each good for an hour of virtual time. */
export interface Tokens {
  issue(nowMs: number): string
  isGood(token: string, nowMs: number): boolean
  expire(): void
}

export const LIFE_S = 3600

export const createTokens = (): Tokens => {
  let issued = new Map<string, number>()
  let count = 0
  return {
    issue: (nowMs) => {
      const token = `eyJ0eXAiOiJKV1QifQ.${Buffer.from(`session ${++count}`).toString('base64url')}.c2lnbmF0dXJl`
      issued.set(token, nowMs + LIFE_S * 1000)
      return token
    },
    isGood: (token, nowMs) => nowMs < (issued.get(token) ?? 0),
    expire: () => {
      issued = new Map()
    },
  }
}
