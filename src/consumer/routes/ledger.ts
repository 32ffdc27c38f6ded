import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { ENTRY_ID_CHARS_MAX, type LedgerEntry, type StoredEntry } from '../../domain/ledger-entry.ts'
import { checkEntry } from '../../flows/check-entry.ts'
import { reverseEntry } from '../../flows/reverse-entry.ts'
import { decideCore } from '../core.ts'
import type { ConsumerDeps } from '../deps.ts'
import { log } from '../log.ts'
import { amount, currency, gatewayId, jsonOf, mode, note, refuse, time, word } from './operator-input.ts'

const BODY_BYTES_MAX = 64 * 1024
const DAYS_MAX = 400

const entriesQuery = v.strictObject({
  mode,
  from: time,
  to: time,
  after: v.optional(v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number))),
})

/** No deposit: those are made from payments alone. No correction: `POST /corrections` makes it from what it reverses. */
const written = v.strictObject({
  kind: v.picklist(['refund', 'payout', 'fee', 'settlement', 'remittance', 'suspense']),
  mode,
  gateway: gatewayId,
  merchant: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/))),
  reference: word,
  occurredAt: time,
  note: v.optional(note),
  postings: v.pipe(
    v.array(
      v.strictObject({
        direction: v.picklist(['debit', 'credit']),
        account: word,
        amount,
        currency,
      }),
    ),
    v.minLength(2),
    v.maxLength(20),
  ),
})

/** Longer than a reference: an id has one in it, and a correction's the id of what it reverses. */
const entryId = v.pipe(v.string(), v.minLength(1), v.maxLength(ENTRY_ID_CHARS_MAX))
const correction = v.strictObject({ id: entryId, note })

const decimal = (amountMinor: string, currency: string): string => decideCore().formatAmount(amountMinor, currency)

const view = ({ postings, occurredAtMs, createdAtMs, ...entry }: StoredEntry) => ({
  ...entry,
  occurredAt: new Date(occurredAtMs).toISOString(),
  createdAt: new Date(createdAtMs).toISOString(),
  postings: postings.map(({ direction, account, amountMinor, currency }) => ({
    direction,
    account,
    amount: decimal(amountMinor, currency),
    currency,
  })),
})

const postingsOf = (
  postings: v.InferOutput<typeof written>['postings'],
): { readonly postings: LedgerEntry['postings']; readonly problems: readonly string[] } => {
  const problems: string[] = []
  const minor = postings.map(({ direction, account, amount, currency }) => {
    const amountMinor = decideCore().parseAmount(amount, currency)
    if (amountMinor === null) problems.push(`${amount} ${currency} is no amount of that currency`)
    return { direction, account, amountMinor: amountMinor ?? '0', currency }
  })
  return { postings: minor, problems }
}

/** `/operator/ledger`: balances, entries by what happened when, daily roots; posts what people book, and corrections. */
export const ledgerRoutes = ({ ledger, nowMs }: Pick<ConsumerDeps, 'ledger' | 'nowMs'>) => {
  const post = async (c: Context, entry: LedgerEntry): Promise<Response> => {
    const problems = checkEntry(entry)
    if (problems.length > 0) return c.json({ code: 'entry_refused', errors: problems }, 422)
    const outcome = await ledger.post(entry)
    log({ event: 'ledger_written', kind: entry.kind, entry: entry.id, outcome })
    switch (outcome) {
      case 'posted':
        return c.json({ id: entry.id, outcome }, 201)
      case 'known':
        return c.json({ id: entry.id, outcome }, 200)
      case 'taken':
        return c.json(
          {
            code: 'reference_taken',
            errors: [
              `${entry.id} is booked already, with other postings, for another merchant or in another mode. Correct that one, or give this one a reference of its own.`,
            ],
          },
          409,
        )
      case 'period_closed':
        return c.json(
          {
            code: 'period_closed',
            errors: [
              `The period of this entry is closed. Look into its archive first: if ${entry.id} was booked before, it stays booked. If not, date it today.`,
            ],
          },
          422,
        )
    }
  }
  return new Hono()
    .get('/balances', async (c) => {
      const parsed = v.safeParse(v.strictObject({ mode }), c.req.query())
      if (!parsed.success) return refuse(c, parsed.issues)
      const accounts = await ledger.balances(parsed.output.mode)
      return c.json({
        accounts: accounts.map(({ account, currency, debitMinor, creditMinor }) => ({
          account,
          currency,
          debit: decimal(debitMinor, currency),
          credit: decimal(creditMinor, currency),
        })),
      })
    })
    .get('/entries', async (c) => {
      const parsed = v.safeParse(entriesQuery, c.req.query())
      if (!parsed.success) return refuse(c, parsed.issues)
      const { mode, from: fromMs, to: toMs, after } = parsed.output
      const { entries, next } = await ledger.page({ mode, fromMs, toMs, after: after ?? null })
      return c.json({ entries: entries.map(view), next })
    })
    .get('/roots', async (c) => c.json({ roots: await ledger.roots(DAYS_MAX) }))
    .post('/entries', async (c) => {
      const parsed = v.safeParse(written, await jsonOf(c, BODY_BYTES_MAX))
      if (!parsed.success) return refuse(c, parsed.issues)
      const { kind, mode, gateway, merchant, reference, occurredAt, note, postings } = parsed.output
      const read = postingsOf(postings)
      if (read.problems.length > 0) return c.json({ code: 'entry_refused', errors: read.problems }, 422)
      return post(c, {
        id: `${kind}_${gateway}_${reference}`,
        kind,
        paymentId: null,
        attempt: null,
        merchantId: merchant ?? null,
        mode,
        gateway,
        reference,
        occurredAtMs: occurredAt,
        createdAtMs: nowMs(),
        note: note ?? null,
        postings: read.postings,
      })
    })
    .post('/corrections', async (c) => {
      const parsed = v.safeParse(correction, await jsonOf(c, BODY_BYTES_MAX))
      if (!parsed.success) return refuse(c, parsed.issues)
      const entry = await ledger.find(parsed.output.id)
      if (!entry) return c.json({ code: 'not_found' }, 404)
      return post(c, reverseEntry(entry, nowMs(), parsed.output.note))
    })
}
