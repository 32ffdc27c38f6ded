import type { Capture, Ended, History, Send } from './history.ts'

/** Which attempt of which payment a reference stands for. */
export interface AttemptKey {
  readonly paymentId: string
  readonly n: number
}

/** The history, ordered by what the claims ask for. Everything is built in one pass over each list. */
export interface Facts {
  readonly history: History
  readonly attemptOf: ReadonlyMap<string, AttemptKey>
  readonly durableAt: ReadonlyMap<string, number>
  readonly endedOf: ReadonlyMap<string, Ended>
  readonly capturesOf: ReadonlyMap<string, readonly Capture[]>
  /** The first request that reached the gateway with this reference. */
  readonly sentAt: ReadonlyMap<string, number>
  readonly sendsOfPayment: ReadonlyMap<string, readonly Send[]>
  /** When the gateway first said of this reference that it failed, refused it, or confirmed that it was called off. */
  readonly refusedAt: ReadonlyMap<string, number>
  /** Whenever the gateway said that it knows nothing of this reference: it may be asked for weeks, about mere hints. */
  readonly notFoundAt: ReadonlyMap<string, readonly number[]>
}

/** Groups in the order of the list. */
export const groupBy = <Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key | undefined) => {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

const extreme = <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  atOf: (item: Item) => number,
  pick: (a: number, b: number) => number,
): Map<string, number> => {
  const found = new Map<string, number>()
  for (const item of items) {
    const key = keyOf(item)
    const before = found.get(key)
    found.set(key, before === undefined ? atOf(item) : pick(before, atOf(item)))
  }
  return found
}

const attempts = ({ durable, ended, told }: History): Map<string, AttemptKey> => {
  const known = new Map<string, AttemptKey>()
  const learn = (reference: string, paymentId: string, n: number) => {
    if (!known.has(reference)) known.set(reference, { paymentId, n })
  }
  // The object's own storage first: what was told may be told wrong.
  for (const { reference, paymentId, n } of durable) learn(reference, paymentId, n)
  for (const view of ended) for (const { reference, n } of view.attempts) learn(reference, view.paymentId, n)
  for (const view of told) for (const { reference, n } of view.attempts) learn(reference, view.paymentId, n)
  return known
}

export const factsOf = (history: History): Facts => {
  const attemptOf = attempts(history)
  const reference = (item: { readonly reference: string }) => item.reference
  const at = (item: { readonly at: number }) => item.at
  return {
    history,
    attemptOf,
    durableAt: extreme(history.durable, reference, (item) => item.durableAt, Math.min),
    endedOf: new Map(history.ended.map((ended) => [ended.paymentId, ended])),
    capturesOf: groupBy(history.captures, reference),
    sentAt: extreme(history.sends, reference, at, Math.min),
    sendsOfPayment: groupBy(history.sends, (send) => attemptOf.get(send.reference)?.paymentId),
    refusedAt: extreme(
      history.said.filter(({ word }) => word === 'failed' || word === 'rejected' || word === 'cancelled'),
      reference,
      at,
      Math.min,
    ),
    notFoundAt: new Map(
      [
        ...groupBy(
          history.said.filter(({ word }) => word === 'not_found'),
          reference,
        ),
      ].map(([asked, said]) => [asked, said.map(at)]),
    ),
  }
}
