/**
 * The adapter's Lua scripts, written again from their documented meaning, because the Lua engine costs more than a whole
 * payment may. A test runs both side by side over random commands.
 */
export interface Store {
  get(key: string): string | null
  set(key: string, value: string, ttlMs: number): void
  remove(key: string): void
  /** What is left of its time, in ms; 0 or less when there is none. */
  ttl(key: string): number
}

type Script = (store: Store, keys: readonly string[], args: readonly string[]) => unknown

const FAILED_MARK = '{"failed":true,'
const VERSION_LENGTH = 15

/** The meters' levels, if all have room for what they are charged. Else what is told to whoever is one too many. */
const levelsOf = (store: Store, meters: readonly string[], drains: readonly string[], joins: boolean) => {
  const levels: number[] = []
  for (const [i, meter] of meters.entries()) {
    const level = Math.max(store.ttl(meter), 0) + (joins ? 0 : Number(drains[2 * i]))
    const over = level - Number(drains[2 * i + 1])
    if (over > 0) return { limited: ['limited', i + 1, over] }
    levels.push(level)
  }
  return { levels }
}

const claim: Script = (store, keys, args) => {
  const [keyRecord = '', lock = '', kept = '', ...meters] = keys
  const [owner = '', record = '', recordMs, lockMs, ...drains] = args
  const known = store.get(keyRecord)
  const snapshot = store.get(kept) ?? ''
  if (known !== null && !known.startsWith(owner)) return ['key', known, snapshot]
  const joins = snapshot === '' ? store.get(lock) !== null : !snapshot.startsWith(FAILED_MARK, VERSION_LENGTH)
  const kind = joins ? 'joined' : 'payment'
  if (known !== null) return store.get(lock) === owner ? ['mine', '', ''] : [kind, '', snapshot]
  const { levels, limited } = levelsOf(store, meters, drains, joins)
  if (!levels) return limited
  if (!joins) for (const [i, meter] of meters.entries()) store.set(meter, '1', levels[i] as number)
  store.set(keyRecord, record, Number(recordMs))
  if (snapshot !== '' || store.get(lock) !== null) return [kind, '', snapshot]
  store.set(lock, owner, Number(lockMs))
  return ['first', '', '']
}

const release: Script = (store, [keyRecord = '', lock = ''], [owner = '']) => {
  if (store.get(keyRecord)?.startsWith(owner)) store.remove(keyRecord)
  if (store.get(lock) === owner) store.remove(lock)
  return 1
}

const keep: Script = (store, [kept = '', keyRecord, ...meters], args) => {
  const [version = '', snapshot, ttlMs, record = '', recordMs, ...costs] = args
  if (keyRecord !== undefined) store.set(keyRecord, record, Number(recordMs))
  for (const [i, meter] of meters.entries()) store.set(meter, '1', Math.max(store.ttl(meter), 0) + Number(costs[i]))
  const before = store.get(kept)
  if (before !== null && before.slice(0, 15) > version) return 0
  store.set(kept, `${version}${snapshot}`, Number(ttlMs))
  return 1
}

const read: Script = (store, [kept = '']) => store.get(kept)

/** By the script's own text: one that has changed is not known, and says so. */
export const redisScripts = (texts: Readonly<Record<'CLAIM' | 'RELEASE' | 'KEEP' | 'READ', string>>) => {
  const byText = new Map([
    [texts.CLAIM, claim],
    [texts.RELEASE, release],
    [texts.KEEP, keep],
    [texts.READ, read],
  ])
  return (text: string): Script => {
    const script = byText.get(text)
    if (!script) throw new Error(`a script that the simulation does not know: ${text.slice(0, 200)}`)
    return script
  }
}
