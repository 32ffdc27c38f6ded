import * as v from 'valibot'
import { EVENT_TYPES } from '../../contracts/events.ts'
import type { UrlRefusal } from '../../contracts/webhooks.ts'
import type { FieldError } from '../../domain/errors.ts'
import { parseEventId, parseWebhookEndpointId } from '../../domain/ids.ts'
import { checkFields, dateTime, line, pageLimit } from './fields.ts'

const OVERLAP_HOURS_USUAL = 24
const OVERLAP_HOURS_MAX = 168
const LIMIT_MAX = 100

const wholeNumber = (min: number, max: number, message: string) =>
  v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message))
const idOf = <Id extends string>(parse: (text: string) => Id | undefined, message: string) =>
  v.pipe(
    v.string(message),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const known = parse(dataset.value)
      if (known) return known
      addIssue({ message })
      return NEVER
    }),
  )
const eventType = v.picklist(EVENT_TYPES, `Send an event type: ${EVENT_TYPES.join(', ')}.`)

export const endpointRequest = v.object({
  url: v.pipe(
    v.string('Send a string.'),
    v.metadata({ format: 'uri' }),
    v.maxLength(2048, 'Send at most 2048 characters.'),
  ),
  description: v.exactOptional(line(140)),
  events: v.exactOptional(
    v.pipe(
      v.array(eventType, 'Send a list of event types.'),
      v.minLength(1, 'Send at least one type, or leave this out for all.'),
      v.transform((types) => [...new Set(types)].toSorted()),
    ),
  ),
})
export const rotationRequest = v.object({
  overlapHours: v.optional(
    wholeNumber(0, OVERLAP_HOURS_MAX, `Send a whole number from 0 to ${OVERLAP_HOURS_MAX}.`),
    OVERLAP_HOURS_USUAL,
  ),
})
export const replayRequest = v.object({
  endpointId: v.exactOptional(idOf(parseWebhookEndpointId, 'Send the id of an endpoint (whe_…).')),
})
export const rangeRequest = v.object({
  from: v.exactOptional(dateTime),
  to: v.exactOptional(dateTime),
  after: v.exactOptional(idOf(parseEventId, 'Send the "next" of the answer before.')),
  include: v.optional(v.picklist(['failed', 'unconfirmed', 'all'], 'Send "failed", "unconfirmed" or "all".'), 'failed'),
})
export const eventListQuery = v.object({
  cursor: v.exactOptional(idOf(parseEventId, 'Send the id of an event.')),
  type: v.exactOptional(eventType),
  limit: pageLimit(LIMIT_MAX),
})

export type EndpointRequest = v.InferOutput<typeof endpointRequest>

interface Checked<Fields> {
  readonly fields: Partial<Fields>
  readonly errors: readonly FieldError[]
}

/** The bodies and queries of the webhook and event routes, each with all that is wrong in it. */
export const checkEndpoint = (input: unknown): Checked<EndpointRequest> => checkFields(endpointRequest, input)
export const checkRotation = (input: unknown): Checked<v.InferOutput<typeof rotationRequest>> =>
  checkFields(rotationRequest, input)
export const checkReplay = (input: unknown): Checked<v.InferOutput<typeof replayRequest>> =>
  checkFields(replayRequest, input)
export const checkRange = (input: unknown): Checked<v.InferOutput<typeof rangeRequest>> =>
  checkFields(rangeRequest, input)
/** The last of equal names counts. */
export const checkEventList = (params: URLSearchParams): Checked<v.InferOutput<typeof eventListQuery>> =>
  checkFields(eventListQuery, Object.fromEntries(params))

/** What a shop reads about an address that is not called. */
export const URL_MESSAGES: Readonly<Record<UrlRefusal, string>> = {
  not_a_url: 'This is not a URL.',
  not_https: 'Send an https URL.',
  user_info: 'Send a URL without user name and password.',
  port: 'Send a URL on port 443.',
  address: 'Send a host name, not an address.',
  name: 'This name is not on the public Internet.',
  own_host: 'This is our own host.',
  no_address: 'This name has no address.',
  not_public: 'This name leads to an address that is not public.',
}
