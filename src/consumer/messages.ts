import * as v from 'valibot'
import type { CallbackMessage, FulfilmentMessage, NotificationMessage } from '../contracts/queue.ts'
import { parseEventId, parsePaymentId, parseWebhookEndpointId } from '../domain/ids.ts'

const version = v.literal(1)
const via = v.picklist(['qstash', 'outbox', 'sweep'])
const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{1,128}$/))

const id = <Id extends string>(parse: (text: string) => Id | undefined) =>
  v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const known = parse(dataset.value)
      if (known) return known
      addIssue({ message: 'not an id of this kind' })
      return NEVER
    }),
  )
const count = v.pipe(v.number(), v.integer(), v.minValue(1))

/** Unknown fields are passed over: Workers deploy at different moments, and fields are only ever added. */
export const callbackMessage = v.object({
  v: version,
  kind: v.literal('callback'),
  via,
  attested: v.object({ v: version, text: v.string(), mac: hex, kid: v.pipe(v.string(), v.maxLength(64)) }),
}) satisfies v.GenericSchema<unknown, CallbackMessage>

export const fulfilmentMessage = v.object({
  v: version,
  kind: v.literal('fulfilment'),
  via,
  paymentId: id(parsePaymentId),
}) satisfies v.GenericSchema<unknown, FulfilmentMessage>

export const notificationMessage = v.object({
  v: version,
  kind: v.literal('notification'),
  eventId: id(parseEventId),
  endpointId: id(parseWebhookEndpointId),
  round: count,
  n: count,
}) satisfies v.GenericSchema<unknown, NotificationMessage>
