/** Reads and rewrites the export section of a WebAssembly module (WebAssembly core specification §5.5.10). */

const EXPORT_SECTION = 7
const FUNCTION = 0

/** The same module, exporting its functions only. Without an exported memory, whoever holds the instance cannot read keys. */
export const exportFunctionsOnly = (module: Uint8Array): Uint8Array => {
  const parts: Uint8Array[] = [module.subarray(0, 8)]
  let at = 8
  while (at < module.length) {
    const start = at
    const id = byteAt(module, at)
    const [size, body] = readUnsigned(module, at + 1)
    at = body + size
    parts.push(id === EXPORT_SECTION ? functionsOnly(module.subarray(body, at)) : module.subarray(start, at))
  }
  return join(parts)
}

const functionsOnly = (section: Uint8Array): Uint8Array => {
  const kept: Uint8Array[] = []
  const [count, first] = readUnsigned(section, 0)
  let at = first
  for (let entry = 0; entry < count; entry++) {
    const start = at
    const [nameLength, name] = readUnsigned(section, at)
    const kind = byteAt(section, name + nameLength)
    const [, end] = readUnsigned(section, name + nameLength + 1)
    if (kind === FUNCTION) kept.push(section.subarray(start, end))
    at = end
  }
  const content = join([writeUnsigned(kept.length), ...kept])
  return join([Uint8Array.of(EXPORT_SECTION), writeUnsigned(content.length), content])
}

const byteAt = (bytes: Uint8Array, at: number): number => {
  const byte = bytes[at]
  if (byte === undefined) throw new Error('truncated WebAssembly module')
  return byte
}

/** LEB128; the value and the position behind it. */
const readUnsigned = (bytes: Uint8Array, start: number): readonly [value: number, next: number] => {
  let value = 0
  let at = start
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = byteAt(bytes, at++)
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return [value, at]
  }
  throw new Error('a number in the WebAssembly module is too long')
}

const writeUnsigned = (value: number): Uint8Array => {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? low + 128 : low)
  } while (rest > 0)
  return Uint8Array.from(bytes)
}

const join = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
