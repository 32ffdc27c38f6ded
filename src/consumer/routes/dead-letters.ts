import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import type { DeadLetter, DeadLetterQuery } from '../../contracts/dead-letters.ts'
import { replayDeadLetters } from '../../flows/replay-dead-letters.ts'
import type { ConsumerDeps } from '../deps.ts'
import { log } from '../log.ts'
import { jsonOf, refuse, time, word } from './operator-input.ts'

type Ports = Pick<ConsumerDeps, 'deadLetters' | 'publish' | 'nowMs'>

const BODY_BYTES_MAX = 64 * 1024
const IDS_MAX = 100

const limit = v.optional(
  v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.integer(), v.minValue(1), v.maxValue(IDS_MAX)),
  50,
)
const state = v.picklist(['open', 'replayed', 'closed'])
const cursor = v.pipe(
  v.string(),
  v.regex(/^\d{1,15}_.{1,200}$/),
  v.transform((text) => {
    const cut = text.indexOf('_')
    return { diedAtMs: Number(text.slice(0, cut)), messageId: text.slice(cut + 1) }
  }),
)

/** What a request may name. A field of another name is refused: a mistyped filter would choose too much. */
const filters = { kind: word, payment: word, from: time, to: time } as const
const listQuery = v.strictObject({
  ...v.partial(v.object(filters)).entries,
  state: v.optional(state),
  limit,
  cursor: v.optional(cursor),
})
const selection = v.pipe(
  v.strictObject({
    ...v.partial(v.object(filters)).entries,
    ids: v.optional(v.pipe(v.array(word), v.minLength(1), v.maxLength(IDS_MAX))),
    limit,
    cursor: v.optional(cursor),
    dryRun: v.optional(v.boolean(), false),
  }),
  v.check(
    ({ ids, kind, payment, from, to }) => [ids, kind, payment, from, to].some((given) => given !== undefined),
    'name letters: ids, kind, payment, from or to',
  ),
)

type Selection = v.InferOutput<typeof selection>

type Filter = Pick<v.InferOutput<typeof listQuery>, 'kind' | 'payment' | 'from' | 'to' | 'cursor'>

const filterOf = ({ kind, payment, from, to, cursor: after }: Filter): Omit<DeadLetterQuery, 'limit'> => ({
  ...(kind === undefined ? {} : { kind }),
  ...(payment === undefined ? {} : { paymentId: payment }),
  ...(from === undefined ? {} : { fromMs: from }),
  ...(to === undefined ? {} : { toMs: to }),
  ...(after === undefined ? {} : { after }),
})

/** By id also what was replayed before; by anything else only what is open. */
const queryOf = ({ ids, limit, ...filter }: Selection): DeadLetterQuery => ({
  ...(ids ? { messageIds: ids } : { state: 'open' }),
  ...filterOf(filter),
  limit: ids ? IDS_MAX : limit,
})

/** Where the next page begins: below the last letter of this one, whatever became of it. */
const nextOf = ({ letters, more }: { readonly letters: readonly DeadLetter[]; readonly more: boolean }) => {
  const last = letters.at(-1)
  return more && last ? { cursor: `${last.diedAtMs}_${last.messageId}` } : {}
}

const readSelection = async (c: Context): Promise<v.SafeParseResult<typeof selection>> =>
  v.safeParse(selection, await jsonOf(c, BODY_BYTES_MAX))

/**
 * `/operator/dlq`: `GET /` lists, `GET /{id}` shows one with its body, `POST /replay` queues anew, `POST /close` puts aside.
 * The last two take `{ids | kind, payment, from, to, limit, cursor, dryRun}`, at most a hundred letters a time; `more` says
 * that some are left, and `cursor` names where they begin.
 */
export const deadLetterRoutes = ({ deadLetters, publish, nowMs }: Ports) =>
  new Hono()
    .get('/', async (c) => {
      const parsed = v.safeParse(listQuery, c.req.query())
      if (!parsed.success) return refuse(c, parsed.issues)
      const { state, limit, ...filter } = parsed.output
      const page = await deadLetters.find({ ...filterOf(filter), ...(state === undefined ? {} : { state }), limit })
      return c.json({
        letters: page.letters.map(({ body, ...letter }) => ({ ...letter, bodyBytes: body?.length ?? null })),
        ...nextOf(page),
      })
    })
    .get('/:id', async (c) => {
      const { letters } = await deadLetters.find({ messageIds: [c.req.param('id')], limit: 1 })
      return letters[0] ? c.json(letters[0]) : c.json({ code: 'not_found' }, 404)
    })
    .post('/replay', async (c) => {
      const parsed = await readSelection(c)
      if (!parsed.success) return refuse(c, parsed.issues)
      const page = await deadLetters.find(queryOf(parsed.output))
      const { beginReplay, replayed } = deadLetters
      const { dryRun } = parsed.output
      const outcomes = await replayDeadLetters({ beginReplay, publish, replayed, nowMs }, page.letters, dryRun)
      if (!dryRun) log({ event: 'dead_letters_replayed', count: outcomes.length })
      return c.json({ dryRun, letters: outcomes, more: page.more, ...nextOf(page) })
    })
    .post('/close', async (c) => {
      const parsed = await readSelection(c)
      if (!parsed.success) return refuse(c, parsed.issues)
      const page = await deadLetters.find(queryOf(parsed.output))
      const ids = page.letters.map(({ messageId }) => messageId)
      const { dryRun } = parsed.output
      const closed = dryRun ? ids : await deadLetters.close(ids, nowMs())
      if (!dryRun) log({ event: 'dead_letters_closed', count: closed.length })
      return c.json({ dryRun, letters: closed, more: page.more, ...nextOf(page) })
    })
