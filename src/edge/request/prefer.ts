const DEFAULT_WAIT_S = 5
const WAIT_MAX_S = 30

export interface Wait {
  readonly waitMs: number
  /** For `Preference-Applied` (RFC 7240 §3), when a wish was followed: with the seconds that are truly waited. */
  readonly applied?: string
}

/**
 * How long the caller waits for the gateway's answer: `Prefer: wait=n` (RFC 7240 §4.3). More than 30 s counts as 30.
 * RFC 7240 §2: the first of equal preferences counts, and what is not understood is ignored.
 */
export const readWait = (prefer: string | null): Wait => {
  for (const preference of (prefer ?? '').split(',')) {
    const [, name, value] = /^\s*([^=;\s]+)\s*(?:=\s*"?([^";\s]*)"?)?/.exec(preference) ?? []
    if (name?.toLowerCase() !== 'wait') continue
    if (!/^\d{1,9}$/.test(value ?? '')) break
    const seconds = Math.min(Number(value), WAIT_MAX_S)
    return { waitMs: seconds * 1000, applied: `wait=${seconds}` }
  }
  return { waitMs: DEFAULT_WAIT_S * 1000 }
}
