export type Value =
  | { readonly type: 'string'; readonly bytes: Buffer }
  | { readonly type: 'hash'; readonly fields: ReadonlyMap<string, Buffer> }

export interface Entry {
  readonly value: Value
  readonly expiresAtMs: number | null
}

/** Names travel as latin1 strings: one character per byte, so any bytes make a distinct Map key. */
export const nameOfKey = (key: Buffer): string => key.toString('latin1')
export const bytesOfName = (name: string): Buffer => Buffer.from(name, 'latin1')

/** Values are never changed in place, so an entry read earlier stays a faithful image of that moment. */
export class Keyspace {
  #entries = new Map<string, Entry>()

  get(key: Buffer, nowMs: number): Entry | undefined {
    const name = nameOfKey(key)
    const entry = this.#entries.get(name)
    if (!entry) return undefined
    if (entry.expiresAtMs === null || entry.expiresAtMs > nowMs) return entry
    this.#entries.delete(name)
    return undefined
  }

  set(key: Buffer, value: Value, expiresAtMs: number | null): void {
    this.#entries.set(nameOfKey(key), { value, expiresAtMs })
  }

  delete(key: Buffer, nowMs: number): boolean {
    return this.get(key, nowMs) !== undefined && this.#entries.delete(nameOfKey(key))
  }

  keys(nowMs: number): Buffer[] {
    return [...this.#entries.keys()].map(bytesOfName).filter((key) => this.get(key, nowMs) !== undefined)
  }

  clear(): void {
    this.#entries.clear()
  }
}
