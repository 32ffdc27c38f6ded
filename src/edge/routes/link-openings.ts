import { Hono } from 'hono'
import { toBase64Url } from '../../domain/encoding.ts'
import { parseLink } from '../../flows/checkout-link.ts'
import type { EdgeEnv } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'
import { openLink } from '../open-link.ts'

const OPENING_BYTES = 16

/**
 * A repeatable link leads each visitor to an address of their own, before the page of it: there reloading, and coming back
 * later, are about the same purchase. Every other address is the page's.
 */
export const linkOpenings = (deps: EdgeDeps) =>
  new Hono<EdgeEnv>().get('/:id', async (c, next) => {
    const link = parseLink(c.req.param('id'))
    if (!link || link.opening !== null) return next()
    const opened = await openLink(deps, c, link.link)
    if (!opened.ok || !opened.value.repeats) return next()
    c.header('Cache-Control', 'no-store')
    c.header('Referrer-Policy', 'no-referrer')
    const { search } = new URL(c.req.url)
    return c.redirect(`/c/${link.link}~${toBase64Url(deps.randomBytes(OPENING_BYTES))}${search}`, 303)
  })
