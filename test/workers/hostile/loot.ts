/** Everything that a hostile module has laid eyes on: texts as they are, bytes in base64. */

const DEPTH_MAX = 6
const TEXT_MAX = 200_000

const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect
const toBase64 = btoa
const codes = String.fromCharCode
const add = Set.prototype.add
const { isArray } = Array
const { isView } = ArrayBuffer

const base64 = (bytes: Uint8Array): string => {
  let text = ''
  for (let i = 0; i < bytes.length && i < TEXT_MAX; i++) text += codes(bytes[i] as number)
  return toBase64(text)
}

/** The edge's stubs of other Workers, once they have been seen in something that passed. */
export interface Stubs {
  vault?: Record<string, unknown>
  consumer?: Record<string, unknown>
  payments?: Record<string, unknown>
}

export const createLoot = () => {
  const texts = new Set<string>()
  const bytes = new Set<string>()
  const visited = new WeakSet<object>()
  const stubs: Stubs = {}
  let busy = false

  const look = (value: unknown, depth: number): void => {
    if (typeof value === 'string') {
      if (value.length > 3 && value.length < TEXT_MAX) apply(add, texts, [value])
      return
    }
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || depth > DEPTH_MAX) return
    if (visited.has(value)) return
    visited.add(value)
    // Not `instanceof`: prototypes are of their own kind, and hold no bytes.
    if (isView(value)) {
      apply(add, bytes, [base64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))])
      return
    }
    const own = value as Record<string, unknown>
    for (const name of ['vault', 'consumer', 'payments'] as const) {
      const stub = getOwnPropertyDescriptor(own, name)?.value
      // Another Worker's entrypoint; our own ports of the same name are plain objects.
      if (stub && getPrototypeOf(stub)?.constructor?.name === 'Fetcher') stubs[name] ??= stub as Record<string, unknown>
    }
    for (let at: object | null = value; at && depth <= DEPTH_MAX; at = getPrototypeOf(at)) {
      for (const key of ownKeys(at)) {
        look(key, depth + 1)
        const property = getOwnPropertyDescriptor(at, key)
        if (property && 'value' in property) look(property.value, depth + 1)
        else if (property?.get)
          try {
            look(apply(property.get, value, []), depth + 1)
          } catch {
            // A getter of a prototype, asked of the prototype itself.
          }
      }
      if (isArray(value)) break
    }
  }

  return {
    stubs,
    /** Never disturbs what it looks at; what it calls itself is passed over. */
    see(value: unknown): void {
      if (busy) return
      busy = true
      try {
        look(value, 0)
      } finally {
        busy = false
      }
    },
    /** As one text, for whoever sent it. */
    all: (): { readonly texts: readonly string[]; readonly bytes: readonly string[] } => {
      busy = true
      try {
        return { texts: [...texts], bytes: [...bytes] }
      } finally {
        busy = false
      }
    },
  }
}
