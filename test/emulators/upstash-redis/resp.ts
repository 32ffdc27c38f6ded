/** RESP2, the protocol of redis-server (redis.io/docs/latest/develop/reference/protocol-spec). Binary-safe both ways. */
export type Reply =
  | { readonly type: 'simple'; readonly text: string }
  | { readonly type: 'error'; readonly message: string }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'bulk'; readonly bytes: Buffer }
  | { readonly type: 'nil' }
  | { readonly type: 'array'; readonly items: readonly Reply[] }

/** A command name and its arguments, as bytes. Never empty. */
export type Command = readonly Buffer[]

export const OK: Reply = { type: 'simple', text: 'OK' }
export const NIL: Reply = { type: 'nil' }
export const simple = (text: string): Reply => ({ type: 'simple', text })
export const failure = (message: string): Reply => ({ type: 'error', message })
export const integer = (value: number | bigint): Reply => ({ type: 'integer', value: BigInt(value) })
export const bulk = (value: Buffer | string): Reply => ({ type: 'bulk', bytes: Buffer.from(value) })
export const array = (items: readonly Reply[]): Reply => ({ type: 'array', items })

export const command = (...parts: readonly (string | number | Buffer)[]): Command =>
  parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(String(part))))

export const nameOf = (of: Command): string => (of[0]?.toString('latin1') ?? '').toLowerCase()

export const encodeCommand = (parts: Command): Buffer =>
  Buffer.concat([
    Buffer.from(`*${parts.length}\r\n`),
    ...parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, Buffer.from('\r\n')]),
  ])

type Parsed = { readonly reply: Reply; readonly next: number } | undefined

const parse = (buffer: Buffer, at: number): Parsed => {
  const end = buffer.indexOf('\r\n', at)
  if (end < 0) return undefined
  const kind = String.fromCharCode(buffer[at] ?? 0)
  const line = buffer.toString('utf8', at + 1, end)
  const next = end + 2
  if (kind === '+') return { reply: simple(line), next }
  if (kind === '-') return { reply: failure(line), next }
  if (kind === ':') return { reply: integer(BigInt(line)), next }
  const length = Number(line)
  if (kind === '$') {
    if (length < 0) return { reply: NIL, next }
    if (buffer.length < next + length + 2) return undefined
    return {
      reply: { type: 'bulk', bytes: Buffer.from(buffer.subarray(next, next + length)) },
      next: next + length + 2,
    }
  }
  if (kind !== '*') throw new Error(`not RESP2: ${JSON.stringify(kind)}`)
  if (length < 0) return { reply: NIL, next }
  const items: Reply[] = []
  let position = next
  for (let i = 0; i < length; i++) {
    const item = parse(buffer, position)
    if (!item) return undefined
    items.push(item.reply)
    position = item.next
  }
  return { reply: array(items), next: position }
}

/** Feed it what the socket gives; it calls back once per complete reply, in order. Throws on bytes that are not RESP2. */
export const replyDecoder = (onReply: (reply: Reply) => void) => {
  let pending: Buffer = Buffer.alloc(0)
  return (chunk: Buffer): void => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    let position = 0
    for (let parsed = parse(pending, position); parsed; parsed = parse(pending, position)) {
      position = parsed.next
      onReply(parsed.reply)
    }
    pending = pending.subarray(position)
  }
}
