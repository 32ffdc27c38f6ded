import { Hono } from 'hono'
import type { EdgeEnv } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'
import { buildOpenApi } from '../openapi/document.ts'

/** For everybody: a page elsewhere may read it, and it is the same for an hour. */
const HEADERS = { 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'public, max-age=3600' }

/** The API description. Made at the first question, kept for the isolate. */
export const docsRoutes = (deps: EdgeDeps) => {
  let document: string | undefined
  return new Hono<EdgeEnv>().get('/openapi.json', (c) => {
    document ??= JSON.stringify(buildOpenApi(deps.publicOrigin))
    return c.body(document, 200, { ...HEADERS, 'Content-Type': 'application/json' })
  })
}
