const DEFAULT_WAIT_S = 5
const WAIT_MAX_S = 30

/**
 * How long the caller waits for the gateway's answer: `Prefer: wait=n` (RFC 7240 §4.3), in ms. More than 30 s counts as
 * 30. RFC 7240 §2: the first of equal preferences counts, and what is not understood is ignored.
 */
export const readWaitMs = (prefer: string | null): number => {
  for (const preference of (prefer ?? '').split(',')) {
    const [, name, value] = /^\s*([^=;\s]+)\s*(?:=\s*"?([^";\s]*)"?)?/.exec(preference) ?? []
    if (name?.toLowerCase() !== 'wait') continue
    return /^\d{1,9}$/.test(value ?? '') ? Math.min(Number(value), WAIT_MAX_S) * 1000 : DEFAULT_WAIT_S * 1000
  }
  return DEFAULT_WAIT_S * 1000
}
