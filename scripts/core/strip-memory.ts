/**
 * Takes the export named `memory` out of a WebAssembly module. Who holds the instance can then call its functions and
 * nothing else: the linear memory, with the keys in it, is out of reach of every JavaScript in the isolate.
 * (WebAssembly core specification 2.0, §5.5.10, export section.)
 */
const EXPORT_SECTION = 7
const MEMORY_KIND = 2

const readLeb = (bytes: Uint8Array, at: number): { value: number; next: number } => {
  let value = 0
  let shift = 0
  for (let i = at; ; i++) {
    const byte = bytes[i]
    if (byte === undefined || shift > 28) throw new Error('not a WebAssembly module: bad integer')
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return { value: value >>> 0, next: i + 1 }
    shift += 7
  }
}

const leb = (value: number): number[] => {
  const bytes: number[] = []
  let rest = value
  do {
    const byte = rest & 0x7f
    rest >>>= 7
    bytes.push(rest > 0 ? byte | 0x80 : byte)
  } while (rest > 0)
  return bytes
}

const withoutMemory = (section: Uint8Array): Uint8Array => {
  const count = readLeb(section, 0)
  const kept: Uint8Array[] = []
  let at = count.next
  for (let i = 0; i < count.value; i++) {
    const name = readLeb(section, at)
    const kindAt = name.next + name.value
    const end = readLeb(section, kindAt + 1).next
    if (section[kindAt] !== MEMORY_KIND) kept.push(section.subarray(at, end))
    at = end
  }
  return Uint8Array.from([...leb(kept.length), ...kept.flatMap((entry) => [...entry])])
}

export const stripMemory = (module: Uint8Array): Uint8Array => {
  const out: Uint8Array[] = [module.subarray(0, 8)]
  for (let at = 8; at < module.length; ) {
    const id = module[at] as number
    const size = readLeb(module, at + 1)
    const end = size.next + size.value
    if (id === EXPORT_SECTION) {
      const section = withoutMemory(module.subarray(size.next, end))
      out.push(Uint8Array.from([id, ...leb(section.length)]), section)
    } else {
      out.push(module.subarray(at, end))
    }
    at = end
  }
  const bytes = Buffer.concat(out)
  const memories = WebAssembly.Module.exports(new WebAssembly.Module(bytes)).filter(({ kind }) => kind === 'memory')
  if (memories.length > 0) throw new Error('the module still exports a memory')
  return bytes
}
