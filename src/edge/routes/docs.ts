import { type Context, Hono } from 'hono'
import { toBase64Url } from '../../domain/encoding.ts'
import { type EdgeEnv, fail } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'
import { buildOpenApi } from '../openapi/document.ts'
import { guidePage, referencePage } from '../openapi/reference-page.ts'

/** The same for an hour. */
const CACHED = { 'Cache-Control': 'public, max-age=3600' }
const NONCE_BYTES = 18

/** The API description, for machines and for people. Made at the first question, kept for the isolate. */
export const docsRoutes = (deps: EdgeDeps) => {
  let document: ReturnType<typeof buildOpenApi> | undefined
  let json: string | undefined
  const described = () => (document ??= buildOpenApi(deps.publicOrigin))

  /** The page asks nobody for anything and runs no script: the policy allows this one style sheet. */
  const page = async (c: Context<EdgeEnv>, nonce: string, content: unknown): Promise<Response> =>
    c.body(String(await content), 200, {
      ...CACHED,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    })
  const nonce = () => toBase64Url(deps.randomBytes(NONCE_BYTES))

  return new Hono<EdgeEnv>()
    .get('/openapi.json', (c) => {
      json ??= JSON.stringify(described())
      return c.body(json, 200, { ...CACHED, 'Access-Control-Allow-Origin': '*', 'Content-Type': 'application/json' })
    })
    .get('/docs', (c) => {
      const once = nonce()
      return page(c, once, referencePage(described(), once))
    })
    .get('/docs/guides/:guide', (c) => {
      const once = nonce()
      const guide = guidePage(c.req.param('guide'), once)
      return guide ? page(c, once, guide) : fail(c, { reason: 'not_found' })
    })
}
