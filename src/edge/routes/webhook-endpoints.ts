import { Hono } from 'hono'
import type { EndpointAnswer } from '../../contracts/webhooks.ts'
import { toHex } from '../../domain/encoding.ts'
import { parseWebhookEndpointId, type WebhookEndpointId } from '../../domain/ids.ts'
import { secretKey } from '../api-key.ts'
import { asked, type EdgeContext, type EdgeEnv, fail } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'
import { readJson, readOptionalJson } from '../request/body.ts'
import { readIdempotencyKey } from '../request/idempotency-key.ts'
import {
  checkEndpoint,
  checkRange,
  checkRotation,
  type EndpointRequest,
  URL_MESSAGES,
} from '../request/webhook-request.ts'
import { endpointView } from '../webhook-view.ts'

const HOUR_MS = 3_600_000
const ID_HEX = 26
const NO_STORE = { 'Cache-Control': 'no-store' }

const idOf = (c: EdgeContext): WebhookEndpointId | undefined => parseWebhookEndpointId(c.req.param('id') ?? '')

const created = (c: EdgeContext, answer: EndpointAnswer): Response => {
  switch (answer.kind) {
    case 'created': {
      const { endpoint, secret } = answer
      const headers = { ...NO_STORE, Location: `/v1/webhook-endpoints/${endpoint.id}` }
      return c.json({ ...endpointView(endpoint), secret }, 201, headers)
    }
    case 'refused':
      return fail(c, { reason: 'invalid_request', errors: [{ field: 'url', message: URL_MESSAGES[answer.why] }] })
    case 'mismatch':
      return fail(c, { reason: 'idempotency_mismatch', field: answer.field })
    case 'secret_told':
      return fail(c, { reason: 'secret_told', endpointId: answer.endpointId })
    case 'too_many':
      return fail(c, { reason: 'limit_reached', what: 'webhook endpoints', max: answer.max })
    case 'unresolved':
      return fail(c, { reason: 'unavailable', part: 'resolver' })
  }
}

/** Where a shop wants to be told. A secret is in the answer that made it and in no other. */
export const webhookEndpointRoutes = (deps: EdgeDeps) => {
  const ask = asked(deps)
  return (
    new Hono<EdgeEnv>()
      .use('*', secretKey(deps))
      // With an Idempotency-Key its id follows from the key: the same request twice is one endpoint, with one secret.
      .post('/', async (c) => {
        const { merchantId, mode } = c.get('holder')
        const key = readIdempotencyKey(c.req.raw.headers)
        if (!key.ok) return fail(c, { reason: 'invalid_request', errors: [key.error] })
        const json = await readJson(c.req.raw)
        if (!json.ok) return fail(c, json.error)
        const { fields, errors } = checkEndpoint(json.value)
        if (errors.length > 0) return fail(c, { reason: 'invalid_request', errors })
        const { url, description = null, events = null } = fields as EndpointRequest
        const hex =
          key.value === null
            ? toHex(deps.randomBytes(ID_HEX / 2))
            : (await deps.derive(['webhook endpoint', merchantId, mode, key.value].join('\n'))).slice(0, ID_HEX)
        const id = `whe_${hex}` as WebhookEndpointId
        const wish = { id, merchantId, mode, url, description, eventTypes: events }
        return ask(
          c,
          () => deps.consumer.createWebhookEndpoint(wish),
          (answer) => created(c, answer),
        )
      })
      .get('/', (c) =>
        ask(
          c,
          () => deps.consumer.webhookEndpoints(c.get('holder')),
          (endpoints) => c.json({ webhookEndpoints: endpoints.map(endpointView) }, 200, NO_STORE),
        ),
      )
      .get('/:id', (c) =>
        ask(
          c,
          () => deps.consumer.webhookEndpoints(c.get('holder')),
          (endpoints) => {
            const endpoint = endpoints.find(({ id }) => id === c.req.param('id'))
            return endpoint ? c.json(endpointView(endpoint), 200, NO_STORE) : fail(c, { reason: 'not_found' })
          },
        ),
      )
      .delete('/:id', async (c) => {
        const id = idOf(c)
        if (!id) return fail(c, { reason: 'not_found' })
        return ask(
          c,
          () => deps.consumer.deleteWebhookEndpoint(c.get('holder'), id),
          (removed) => (removed ? c.body(null, 204) : fail(c, { reason: 'not_found' })),
        )
      })
      // Not to be repeated blindly: each call makes another secret, and ends the one before the last.
      .post('/:id/secret', async (c) => {
        const id = idOf(c)
        if (!id) return fail(c, { reason: 'not_found' })
        const json = await readOptionalJson(c.req.raw)
        if (!json.ok) return fail(c, json.error)
        const { fields, errors } = checkRotation(json.value)
        if (errors.length > 0) return fail(c, { reason: 'invalid_request', errors })
        const overlapMs = (fields.overlapHours ?? 0) * HOUR_MS
        return ask(
          c,
          () => deps.consumer.rotateWebhookSecret(c.get('holder'), id, overlapMs),
          (rotated) =>
            rotated
              ? c.json({ ...endpointView(rotated.endpoint), secret: rotated.secret }, 200, NO_STORE)
              : fail(c, { reason: 'not_found' }),
        )
      })
      .post('/:id/enable', async (c) => {
        const id = idOf(c)
        if (!id) return fail(c, { reason: 'not_found' })
        return ask(
          c,
          () => deps.consumer.enableWebhookEndpoint(c.get('holder'), id),
          (endpoint) => (endpoint ? c.json(endpointView(endpoint), 200, NO_STORE) : fail(c, { reason: 'not_found' })),
        )
      })
      .post('/:id/replay', async (c) => {
        const id = idOf(c)
        if (!id) return fail(c, { reason: 'not_found' })
        const json = await readOptionalJson(c.req.raw)
        if (!json.ok) return fail(c, json.error)
        const { fields, errors } = checkRange(json.value)
        if (errors.length > 0) return fail(c, { reason: 'invalid_request', errors })
        const { from, to, after, include = 'failed' } = fields
        const range = {
          include,
          ...(from === undefined ? {} : { fromMs: from }),
          ...(to === undefined ? {} : { toMs: to }),
          ...(after === undefined ? {} : { after }),
        }
        return ask(
          c,
          () => deps.consumer.replayToWebhookEndpoint(c.get('holder'), id, range),
          (replayed) => {
            if (!replayed) return fail(c, { reason: 'not_found' })
            if (replayed.unknownAfter)
              return fail(c, {
                reason: 'invalid_request',
                errors: [{ field: 'after', message: 'There is no such event any more.' }],
              })
            return c.json(replayed, 202, NO_STORE)
          },
        )
      })
  )
}
