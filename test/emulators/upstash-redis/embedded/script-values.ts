import { array, type Reply } from '../resp.ts'

/** The text form in which values cross between Lua and JavaScript; see prelude.ts. */
export const escapeBytes = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replace(/[^ -$&-~]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`)

export const unescapeBytes = (text: string): Buffer =>
  Buffer.from(
    text.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )

const escapeText = (text: string): string => escapeBytes(Buffer.from(text))

export const toLua = (reply: Reply): string => {
  switch (reply.type) {
    case 'simple':
      return `+${escapeText(reply.text)}`
    case 'error':
      return `-${escapeText(reply.message)}`
    case 'integer':
      return `:${reply.value}`
    case 'bulk':
      return `$${escapeBytes(reply.bytes)}`
    case 'nil':
      return '_'
    case 'array':
      return [`*${reply.items.length}`, ...reply.items.map(toLua)].join('\n')
  }
}

/** What a script returned. Line breaks in a status or an error would break RESP, so Redis writes blanks. */
export const fromLua = (text: string): Reply => {
  const lines = text.split('\n')
  let position = 0
  const next = (): Reply => {
    const line = lines[position++] ?? '_'
    const rest = line.slice(1)
    const oneLine = () =>
      unescapeBytes(rest)
        .toString()
        .replace(/[\r\n]/g, ' ')
    if (line[0] === '$') return { type: 'bulk', bytes: unescapeBytes(rest) }
    if (line[0] === ':') return { type: 'integer', value: BigInt(rest) }
    if (line[0] === '+') return { type: 'simple', text: oneLine() }
    if (line[0] === '-') return { type: 'error', message: oneLine() }
    if (line[0] === '*') return array(Array.from({ length: Number(rest) }, next))
    return { type: 'nil' }
  }
  return next()
}

const jsonValue = (value: unknown): string => {
  if (value === null) return '~'
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (typeof value === 'number') return `:${value}`
  if (typeof value === 'string') return `$${escapeText(value)}`
  if (Array.isArray(value)) return [`*${value.length}`, ...value.map(jsonValue)].join('\n')
  const fields = Object.entries(value as object)
  return [`{${fields.length}`, ...fields.flatMap(([name, field]) => [jsonValue(name), jsonValue(field)])].join('\n')
}

/** For cjson.decode. Bytes that are not UTF-8 become U+FFFD, where cjson keeps them. */
export const jsonToLua = (text: string): string => {
  try {
    return jsonValue(JSON.parse(unescapeBytes(text).toString()))
  } catch {
    return '-Expected value but found invalid token at character 1'
  }
}
