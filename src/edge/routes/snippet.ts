import { Hono } from 'hono'
import type { EdgeEnv } from '../context.ts'
import { LANGO_JS } from '../pages/lango-js.ts'

/** The script that turns a button of a shop's page into a checkout. A shop may pin it by its hash: hence the CORS header. */
const HEADERS = {
  'Content-Type': 'text/javascript; charset=utf-8',
  'Cache-Control': 'public, max-age=3600',
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'X-Content-Type-Options': 'nosniff',
}

export const snippetRoutes = () => new Hono<EdgeEnv>().get('/lango.js', (c) => c.body(LANGO_JS, 200, HEADERS))
