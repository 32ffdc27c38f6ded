import { Hono } from 'hono'
import { parseEventId } from '../../domain/ids.ts'
import { secretKey } from '../api-key.ts'
import { asked, type EdgeEnv, fail } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'
import { readOptionalJson } from '../request/body.ts'
import { checkEventList, checkReplay } from '../request/webhook-request.ts'
import { eventView } from '../webhook-view.ts'

const NO_STORE = { 'Cache-Control': 'no-store' }

/** What happened, oldest first, and how far each of it has come to the shop's endpoints. */
export const eventRoutes = (deps: EdgeDeps) => {
  const ask = asked(deps)
  return (
    new Hono<EdgeEnv>()
      .use('*', secretKey(deps))
      .get('/', async (c) => {
        const { merchantId, mode } = c.get('holder')
        const { fields, errors } = checkEventList(new URL(c.req.url).searchParams)
        if (errors.length > 0) return fail(c, { reason: 'invalid_request', errors })
        const { cursor, type, limit = 20 } = fields
        const query = {
          merchantId,
          mode,
          limit,
          bounded: true,
          ...(cursor ? { after: cursor } : {}),
          ...(type ? { type } : {}),
        }
        return ask(
          c,
          () => deps.consumer.events(query),
          (page) => {
            if (!page)
              return fail(c, {
                reason: 'invalid_request',
                errors: [{ field: 'cursor', message: 'There is no such event any more.' }],
              })
            const { events, more, next = more ? (events.at(-1)?.id ?? null) : null } = page
            return c.json({ events: events.map(eventView), nextCursor: next }, 200, NO_STORE)
          },
        )
      })
      .get('/:id', async (c) => {
        const id = parseEventId(c.req.param('id'))
        if (!id) return fail(c, { reason: 'not_found' })
        return ask(
          c,
          () => deps.consumer.event(c.get('holder'), id),
          (event) => (event ? c.json(eventView(event), 200, NO_STORE) : fail(c, { reason: 'not_found' })),
        )
      })
      // Under the same `webhook-id`: to a shop that has it already it is a repetition.
      .post('/:id/replay', async (c) => {
        const id = parseEventId(c.req.param('id'))
        if (!id) return fail(c, { reason: 'not_found' })
        const json = await readOptionalJson(c.req.raw)
        if (!json.ok) return fail(c, json.error)
        const { fields, errors } = checkReplay(json.value)
        if (errors.length > 0) return fail(c, { reason: 'invalid_request', errors })
        return ask(
          c,
          () => deps.consumer.replayEvent(c.get('holder'), id, fields.endpointId),
          (endpoints) =>
            endpoints === null ? fail(c, { reason: 'not_found' }) : c.json({ id, endpoints }, 202, NO_STORE),
        )
      })
  )
}
