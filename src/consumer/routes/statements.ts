import { Hono } from 'hono'
import * as v from 'valibot'
import type { StatementHead } from '../../adapters/d1-statements.ts'
import { sha256Hex } from '../../adapters/sha256.ts'
import { matchStatement, type StatementException, type StatementLine } from '../../flows/match-statement.ts'
import { decideCore } from '../core.ts'
import type { ConsumerDeps } from '../deps.ts'
import { log } from '../log.ts'
import { amount, currency, gatewayId, jsonOf, mode, note, refuse, time, word } from './operator-input.ts'

const BODY_BYTES_MAX = 4 * 1024 * 1024
const LINES_MAX = 20_000
const LISTED_MAX = 1_000

const statement = v.strictObject({
  gateway: gatewayId,
  mode,
  from: time,
  to: time,
  lines: v.pipe(
    v.array(
      v.strictObject({
        reference: word,
        amount,
        fee: v.nullable(amount),
        currency,
      }),
    ),
    v.maxLength(LINES_MAX),
  ),
})
const closing = v.strictObject({ because: note })
const closingAll = v.strictObject({
  because: note,
  kind: v.optional(v.picklist(['unknown_line', 'missing_line', 'repeated_line', 'differs'])),
})

const statementId = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
/** Where the page before ended: when its statement was imported, which it is, and the place in it. */
const cursor = v.pipe(
  v.string(),
  v.regex(/^\d{1,15}_[0-9a-f]{64}_\d{1,9}$/),
  v.transform((text) => {
    const [importedAtMs, statementId = '', position] = text.split('_')
    return { importedAtMs: Number(importedAtMs), statementId, position: Number(position) }
  }),
)
const listQuery = v.strictObject({
  state: v.optional(v.picklist(['open', 'closed']), 'open'),
  statement: v.optional(statementId),
  gateway: v.optional(gatewayId),
  cursor: v.optional(cursor),
})

const kept = ({ kind, reference, line, ...detail }: StatementException) => ({
  kind,
  reference,
  line,
  detail: JSON.stringify(detail),
})

/** Another import may state what this one states, at the same time; then this one is compared with that. */
const TRIES_MAX = 5

/** So many successes of ours may a statement lack, beside as many as it has: of more, its time is not what was said. */
const LACKING_MAX = 1_000

const keepMatch = async (
  { statedElsewhere, expectedLines, keep }: ConsumerDeps['statements'],
  period: Omit<StatementHead, 'id' | 'matched' | 'importedAtMs'>,
  lines: readonly StatementLine[],
  importedAtMs: number,
) => {
  const { gateway, mode, fromMs, toMs } = period
  const id = await sha256Hex(JSON.stringify([gateway, mode, fromMs, toMs, lines]))
  const head = { ...period, id, importedAtMs }
  const references = [...new Set(lines.map(({ reference }) => reference))]
  const most = 2 * lines.length + LACKING_MAX
  for (let i = 0; i < TRIES_MAX; i += 1) {
    const elsewhere = await statedElsewhere(head, references)
    const expected = await expectedLines(head, references, most)
    if (!expected) return { refused: 'period_too_long', most } as const
    const match = matchStatement(lines, expected, elsewhere)
    const first = references.filter((reference) => !elsewhere.has(reference))
    const outcome = await keep({ ...head, matched: match.matched }, match.exceptions.map(kept), first)
    if (outcome !== 'overtaken') return { refused: null, id, ...match, stored: outcome === 'stored' }
  }
  return { refused: 'conflict' } as const
}

/** `/operator/statements`: a gateway's statement against the ledger; what did not match, page by page, until a person closes it. */
export const statementRoutes = ({ statements, nowMs }: Pick<ConsumerDeps, 'statements' | 'nowMs'>) =>
  new Hono()
    .post('/', async (c) => {
      const parsed = v.safeParse(statement, await jsonOf(c, BODY_BYTES_MAX))
      if (!parsed.success) return refuse(c, parsed.issues)
      const { gateway, mode, from: fromMs, to: toMs } = parsed.output
      if (fromMs >= toMs)
        return c.json({ code: 'invalid_request', errors: [{ field: 'to', message: 'after from' }] }, 400)
      const { parseAmount } = decideCore()
      const good: StatementLine[] = []
      const errors: { readonly field: string; readonly message: string }[] = []
      for (const [index, { reference, amount, fee, currency }] of parsed.output.lines.entries()) {
        const amountMinor = parseAmount(amount, currency)
        const feeMinor = fee === null ? null : parseAmount(fee, currency)
        if (amountMinor === null || (fee !== null && feeMinor === null))
          errors.push({ field: `lines.${index}`, message: `no amount of ${currency}` })
        else good.push({ line: index + 1, reference, amountMinor, feeMinor, currency })
      }
      if (errors.length > 0) return c.json({ code: 'invalid_request', errors }, 400)
      const head = { gateway, mode, fromMs, toMs, lines: good.length }
      const done = await keepMatch(statements, head, good, nowMs())
      if (done.refused === 'conflict')
        return c.json({ code: done.refused, errors: ['Others import at the same time: try again.'] }, 409)
      if (done.refused === 'period_too_long') {
        const many = `more than ${done.most} deposits between from and to are in no other statement`
        const few = `this one has ${good.length} line${good.length === 1 ? '' : 's'}`
        return c.json({ code: done.refused, errors: [`${many}, and ${few}: say the time that it is about.`] }, 422)
      }
      const { id, matched, feesUnbooked, exceptions, stored } = done
      log({ event: 'statement_imported', gateway, lines: good.length, matched, exceptions: exceptions.length, stored })
      return c.json({ id, lines: good.length, matched, feesUnbooked, exceptions, stored }, stored ? 201 : 200)
    })
    .get('/exceptions', async (c) => {
      const parsed = v.safeParse(listQuery, c.req.query())
      if (!parsed.success) return refuse(c, parsed.issues)
      const { state, statement, gateway, cursor: after } = parsed.output
      const { exceptions, more } = await statements.exceptions({
        open: state === 'open',
        ...(statement === undefined ? {} : { statementId: statement }),
        ...(gateway === undefined ? {} : { gateway }),
        ...(after === undefined ? {} : { after }),
        limit: LISTED_MAX,
      })
      const last = exceptions.at(-1)
      return c.json({
        exceptions: exceptions.map((each) => ({ ...each, detail: JSON.parse(each.detail) })),
        more,
        ...(more && last ? { cursor: `${last.importedAtMs}_${last.statementId}_${last.position}` } : {}),
      })
    })
    .post('/:statement/close', async (c) => {
      const parsed = v.safeParse(closingAll, await jsonOf(c, BODY_BYTES_MAX))
      if (!parsed.success) return refuse(c, parsed.issues)
      const { because, kind = null } = parsed.output
      const closed = await statements.closeAll(c.req.param('statement'), kind, because, nowMs())
      return closed === null ? c.json({ code: 'not_found' }, 404) : c.json({ closed })
    })
    .post('/exceptions/:statement/:position/close', async (c) => {
      const parsed = v.safeParse(closing, await jsonOf(c, BODY_BYTES_MAX))
      if (!parsed.success) return refuse(c, parsed.issues)
      const { statement, position } = c.req.param()
      const closed = await statements.close(statement, Number(position), parsed.output.because, nowMs())
      return closed ? c.json({ closed }) : c.json({ code: 'not_found' }, 404)
    })
