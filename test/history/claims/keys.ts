import { type Facts, groupBy } from '../facts.ts'
import type { Asked, Judgement } from '../history.ts'
import { createJudge } from '../judge.ts'

/** I13. */
export const judgeInvoices = ({ history }: Facts): Judgement => {
  const judge = createJudge('I13', 'one payment a merchant and invoice, from whatever session, key or device')
  const owner = new Map<string, string>()
  for (const [natural, asks] of groupBy(history.asked, (ask) => JSON.stringify([ask.merchant, ask.natural]))) {
    judge.look()
    const ids = new Set(asks.flatMap(({ paymentId }) => paymentId ?? []))
    if (ids.size > 1) judge.violation(`${natural}: the payments ${[...ids].join(' and ')}`)
    for (const id of ids) {
      const other = owner.get(id)
      if (other !== undefined) judge.violation(`${id}: is the payment of ${other} and of ${natural}`)
      owner.set(id, natural)
    }
  }
  return judge.done()
}

const contentOf = (ask: Asked): string =>
  JSON.stringify([ask.natural, ask.amountMinor, ask.currency, ask.content ?? null])

/** Says nothing about the key: nobody was asked, or nobody answered. */
const isSilent = ({ http }: Asked): boolean => http === undefined || http >= 500 || http === 429

/** A key is forgotten that long after it was last of any use. */
const REMEMBERED_MS = 30 * 86_400_000

/** The asks with one key, cut wherever it may have been forgotten in between. */
const lives = (asks: readonly Asked[]): Asked[][] => {
  const all: Asked[][] = []
  for (const ask of asks.toSorted((a, b) => a.at - b.at)) {
    const life = all.at(-1)
    if (life && ask.at - (life.at(-1)?.at ?? 0) < REMEMBERED_MS) life.push(ask)
    else all.push([ask])
  }
  return all
}

const name = ({ merchant, key }: Asked): string => `${merchant} ${key}`

/**
 * `register`. The key is a register that is written once: whoever is first writes, everyone reads the same. `201` says
 * "there was none before you"; an answer with a payment says which; 422 `idempotency_mismatch` says "another content".
 */
export const judgeKeys = ({ history, sendsOfPayment, attemptOf }: Facts): Judgement => {
  const judge = createJudge('register', 'an idempotency key is a register that is written once')
  for (const asks of [...groupBy(history.asked, name).values()].flatMap(lives)) {
    const answers = asks.filter((ask) => !isSilent(ask))
    const [one] = answers
    if (!one) continue
    const found = answers.filter(({ paymentId }) => paymentId !== undefined)
    const ids = new Set(found.map(({ paymentId }) => paymentId))
    if (ids.size > 1) judge.violation(`${name(one)}: the payments ${[...ids].join(' and ')}`)
    const contents = new Set(found.map(contentOf))
    if (contents.size > 1) judge.violation(`${name(one)}: two contents were taken under one key`)
    const created = answers.filter(({ http }) => http === 201)
    if (created.length > 1) judge.violation(`${name(one)}: created ${created.length} times`)

    // A closed core may have told an id and sent nothing, of the payment or of its newest attempt: the key is then as good
    // as new, and its first send creates.
    const sentFrom = ({ paymentId = '', attempts }: Asked) =>
      (sendsOfPayment.get(paymentId) ?? [])
        .filter(({ reference }) => attempts === undefined || attemptOf.get(reference)?.n === attempts)
        .reduce((first, { at }) => Math.min(first, at), Infinity)
    const knownFrom = found.reduce(
      (first, ask) => Math.min(first, Math.max(ask.answeredAt ?? Infinity, sentFrom(ask))),
      Infinity,
    )
    for (const ask of answers) {
      judge.look()
      const isOwn = contents.size === 0 || contents.has(contentOf(ask))
      const others = ask.code === 'idempotency_mismatch' && asks.some((each) => contentOf(each) !== contentOf(ask))
      if (ask.code === 'idempotency_mismatch' && !others)
        judge.violation(`${name(ask)}: a mismatch, and no other content was ever asked`)
      else if (ask.code === 'idempotency_mismatch' && isOwn && contents.size > 0)
        judge.violation(`${name(ask)}: a mismatch for the content that was taken`)
      else if (ask.paymentId === undefined && ask.at > knownFrom && isOwn)
        judge.violation(`${name(ask)}: back to no payment at ${ask.at} (${ask.http} ${ask.code ?? ''})`)
      if (ask.http === 201 && ask.at > knownFrom)
        judge.violation(`${name(ask)}: created at ${ask.at} though it was there at ${knownFrom}`)
    }
  }
  for (const asks of groupBy(history.asked, (ask) => JSON.stringify([ask.merchant, ask.natural])).values()) {
    const conflict = asks.find(({ code }) => code === 'invoice_conflict')
    if (conflict && asks.every((ask) => contentOf(ask) === contentOf(conflict)))
      judge.violation(`${name(conflict)}: an invoice conflict, and no other content was ever asked`)
  }
  return judge.done()
}
