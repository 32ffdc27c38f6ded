import { html, raw } from 'hono/html'
import type { Branding } from '../../domain/merchant.ts'
import { brandStyle } from './branding.ts'
import { CLIENT_SCRIPT } from './client-script.ts'
import { LANGUAGES, type Language, messagesIn } from './language.ts'
import { STYLE } from './style.ts'

export type Html = ReturnType<typeof html>

export interface Page {
  readonly title: string
  readonly status: 200 | 400 | 403 | 404 | 410 | 413 | 415 | 429 | 503
  readonly content: Html
  /** Without JavaScript the page asks for itself again after so many seconds. */
  readonly refreshS?: number
  /** What this page shows, in few characters: another tag is another page, and the same need not be sent again. */
  readonly tag?: string
}

/** Where and for whom a page is shown. */
export interface PageFrame {
  /** Path of the page itself. */
  readonly address: string
  readonly language: Language
  /** What the customer may choose from; not shown if there is no choice. */
  readonly languages: readonly Language[]
  readonly branding?: Branding | undefined
}

/** An address of ours, in the language of the page that leads to it. */
export const inLanguage = ({ language }: Pick<PageFrame, 'language'>, address: string): string =>
  `${address}?lang=${language}`

const languageLinks = (frame: PageFrame): Html | string =>
  frame.languages.length < 2
    ? ''
    : html`<nav aria-label="${messagesIn(frame.language).language}">${frame.languages.map((language) =>
        language === frame.language
          ? html`<b lang="${language}" aria-current="true">${messagesIn(language).name}</b>`
          : html`<a lang="${language}" hreflang="${language}" href="${frame.address}?lang=${language}">${messagesIn(language).name}</a>`,
      )}</nav>`

/**
 * A whole page. Nothing is fetched but from ourselves; style and script are in it, and the policy lets no others run. No
 * referrer leaves, since the address alone opens the checkout; no frames, so that nobody lays a page over the button.
 */
export const pageResponse = async (page: Page, frame: PageFrame, nonce: string): Promise<Response> => {
  const messages = messagesIn(frame.language)
  const isLive = page.refreshS !== undefined
  const body = await html`<!doctype html>
<html lang="${frame.language}" dir="${messages.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
${isLive ? html`<noscript><meta http-equiv="refresh" content="${page.refreshS}"></noscript>` : ''}
<title>${page.title}</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${raw(STYLE)}${raw(brandStyle(frame.branding))}</style>
</head>
<body>
<main ${isLive ? raw('data-live') : ''} data-tag="${page.tag ?? ''}">
${page.content}
</main>
<footer>${languageLinks(frame)}<p>${messages.footer}</p></footer>
<p id="offline" hidden>${messages.waiting.offline}</p>
<p id="said" class="unseen" role="status"></p>
<script nonce="${nonce}">${raw(CLIENT_SCRIPT)}</script>
</body>
</html>
`
  return new Response(String(body), {
    status: page.status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Language': frame.language,
      'Content-Security-Policy': [
        "default-src 'none'",
        `style-src 'nonce-${nonce}'`,
        `script-src 'nonce-${nonce}'`,
        "connect-src 'self'",
        'img-src data:',
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
      'Cache-Control': 'no-store',
      // To ourselves it says where a form came from, to others nothing.
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
      ...(page.tag === undefined ? {} : { ETag: `"${page.tag}"` }),
    },
  })
}

/** What stands for all languages when nothing is known of the shop. */
export const plainFrame = (address: string, language: Language): PageFrame => ({
  address,
  language,
  languages: LANGUAGES,
})
