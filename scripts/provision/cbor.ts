/**
 * Deterministic CBOR (RFC 8949 §4.2.1), as much of it as a manifest and a bundle need: unsigned integers, byte strings,
 * text, arrays, maps with unsigned keys. Written apart from the core's own (rust-core/crates/seal/src/cbor.rs): the two are
 * compared by test/vectors/imprint.
 */
export type Cbor = number | bigint | string | Uint8Array | readonly Cbor[] | ReadonlyMap<number, Cbor>

const MAJOR = { uint: 0, bytes: 2, text: 3, array: 4, map: 5 } as const

const head = (major: number, count: number | bigint): Buffer => {
  const value = BigInt(count)
  if (value < 0n || value >= 1n << 64n) throw new RangeError(`no unsigned integer of 64 bits: ${value}`)
  const type = major << 5
  if (value < 24n) return Buffer.from([type | Number(value)])
  const width = [1, 2, 4, 8].find((bytes) => value < 1n << BigInt(8 * bytes)) ?? 8
  const bytes = Buffer.alloc(1 + width)
  bytes[0] = type | (24 + Math.log2(width))
  for (let i = 0; i < width; i++) bytes[width - i] = Number((value >> BigInt(8 * i)) & 0xffn)
  return bytes
}

export const encodeCbor = (value: Cbor): Buffer => {
  if (typeof value === 'number' || typeof value === 'bigint') return head(MAJOR.uint, value)
  if (typeof value === 'string') {
    const bytes = Buffer.from(value, 'utf8')
    return Buffer.concat([head(MAJOR.text, bytes.length), bytes])
  }
  if (value instanceof Uint8Array) return Buffer.concat([head(MAJOR.bytes, value.length), value])
  if (value instanceof Map) {
    const members = [...(value as ReadonlyMap<number, Cbor>)].toSorted(([a], [b]) => a - b)
    return Buffer.concat([
      head(MAJOR.map, members.length),
      ...members.flatMap(([key, member]) => [head(MAJOR.uint, key), encodeCbor(member)]),
    ])
  }
  const items = value as readonly Cbor[]
  return Buffer.concat([head(MAJOR.array, items.length), ...items.map(encodeCbor)])
}

class Reader {
  readonly #bytes: Buffer
  #at = 0
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes)
  }

  take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new RangeError('CBOR ends in the middle of a value')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  head(): { readonly major: number; readonly count: bigint } {
    const first = this.take(1)[0] ?? 0
    const short = first & 31
    if (short < 24) return { major: first >> 5, count: BigInt(short) }
    if (short > 27) throw new RangeError('CBOR of indefinite length')
    const count = this.take(1 << (short - 24)).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    return { major: first >> 5, count }
  }

  value(): Cbor {
    const { major, count } = this.head()
    const size = Number(count)
    switch (major) {
      case MAJOR.uint:
        return count <= BigInt(Number.MAX_SAFE_INTEGER) ? size : count
      case MAJOR.bytes:
        return Uint8Array.from(this.take(size))
      case MAJOR.text:
        return this.take(size).toString('utf8')
      case MAJOR.array:
        return Array.from({ length: size }, () => this.value())
      case MAJOR.map:
        return new Map(Array.from({ length: size }, () => [Number(this.head().count), this.value()] as const))
    }
    throw new RangeError(`CBOR of a type that is not used here: ${major}`)
  }
}

/** Throws a `RangeError` for what is no such CBOR, and for another spelling of it. */
export const decodeCbor = (bytes: Uint8Array): Cbor => {
  const reader = new Reader(bytes)
  const value = reader.value()
  if (!reader.done || !encodeCbor(value).equals(bytes)) throw new RangeError('CBOR that is not deterministic')
  return value
}
