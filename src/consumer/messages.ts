import * as v from 'valibot'
import type { CallbackMessage, FulfilmentMessage } from '../contracts/queue.ts'
import { parsePaymentId } from '../domain/ids.ts'

const version = v.literal(1)
const via = v.picklist(['qstash', 'outbox', 'sweep'])
const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{1,128}$/))

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
  paymentId: v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const id = parsePaymentId(dataset.value)
      if (id) return id
      addIssue({ message: 'not a payment id' })
      return NEVER
    }),
  ),
}) satisfies v.GenericSchema<unknown, FulfilmentMessage>
