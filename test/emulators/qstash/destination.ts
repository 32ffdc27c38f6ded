export type Destination =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly status: number; readonly error: string }

/**
 * The destination is the raw rest of the request target, query included. Some clients percent-encode it whole. What is
 * not http(s) would be a URL group or an API name.
 */
export const parseDestination = (raw: string): Destination => {
  let url = raw
  if (/^https?%3a/i.test(raw)) {
    try {
      url = decodeURIComponent(raw)
    } catch {
      return { ok: false, status: 400, error: 'invalid destination url' }
    }
  }
  if (!/^https?:\/\//i.test(url)) {
    return {
      ok: false,
      status: 404,
      error: `this emulator has no URL groups: ${raw.slice(0, 100) || '(no destination)'}`,
    }
  }
  return URL.canParse(url) ? { ok: true, url } : { ok: false, status: 400, error: 'invalid destination url' }
}
