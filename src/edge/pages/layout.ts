import { html, raw } from 'hono/html'
import { STYLE } from './style.ts'

export type Html = ReturnType<typeof html>

export interface Page {
  readonly title: string
  readonly status: 200 | 400 | 404 | 410 | 413 | 415 | 429 | 503
  readonly content: Html
  /** The page asks for itself again after so many seconds. */
  readonly refreshS?: number
}

/**
 * A whole page. Nothing is fetched and no script runs: the policy allows this one style sheet and posting to ourselves.
 * No referrer, since the address alone opens the checkout; no frames, so that nobody lays a page over the button.
 */
export const pageResponse = async (page: Page, nonce: string): Promise<Response> => {
  const body = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${page.refreshS === undefined ? '' : html`<meta http-equiv="refresh" content="${page.refreshS}">`}
<title>${page.title}</title>
<style nonce="${nonce}">${raw(STYLE)}</style>
</head>
<body>
<main>
${page.content}
</main>
<footer>Secured by Lango. Your PIN is asked for on your phone only, never on this page.</footer>
</body>
</html>
`
  return new Response(String(body), {
    status: page.status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
    },
  })
}
