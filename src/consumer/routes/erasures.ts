import { Hono } from 'hono'
import * as v from 'valibot'
import type { Msisdn } from '../../domain/ids.ts'
import type { Eraser } from '../erase.ts'
import { jsonOf } from './operator-input.ts'

const BODY_BYTES_MAX = 1_024

const request = v.strictObject({
  /** Digits with country code. `npm run lango` reads every usual form. */
  phoneNumber: v.pipe(
    v.string(),
    v.regex(/^[1-9]\d{7,14}$/),
    v.transform((digits) => digits as Msisdn),
  ),
  dryRun: v.optional(v.boolean(), false),
  unhashed: v.optional(v.boolean(), false),
})

/**
 * The number comes in the body and never in an address, which others log. Retry rule: any answer but 4xx may be met with the
 * same request; what is erased stays erased.
 */
export const erasureRoutes = (eraser: Eraser) =>
  new Hono()
    .get('/', async (c) => c.json({ erasures: await eraser.list() }))
    .post('/', async (c) => {
      const parsed = v.safeParse(request, await jsonOf(c, BODY_BYTES_MAX))
      if (!parsed.success)
        return c.json(
          { code: 'invalid_request', title: 'Send phoneNumber (digits with country code), dryRun, unhashed.' },
          400,
        )
      const { phoneNumber, dryRun, unhashed } = parsed.output
      if (dryRun) return c.json({ id: null, finished: false, ...(await eraser.preview(phoneNumber, unhashed)) })
      return c.json(await eraser.begin(phoneNumber, unhashed))
    })
    .post('/:id', async (c) => {
      const answer = await eraser.goOn(c.req.param('id'))
      return answer ? c.json(answer) : c.json({ code: 'not_found', title: 'No such erasure, or it is finished.' }, 404)
    })
