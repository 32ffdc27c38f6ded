/** As much of RFC 9651 as Content-Digest, Signature and Signature-Input need. Throws SyntaxError on anything else. */
export type BareItem = string | number | boolean | Buffer | { readonly token: string }

export interface InnerItem {
  readonly name: string
  readonly parameters: ReadonlyMap<string, BareItem>
}

export interface Member {
  /** The member's text after `key=`, untouched: the signature base repeats it. */
  readonly text: string
  readonly value: BareItem | readonly InnerItem[]
  readonly parameters: ReadonlyMap<string, BareItem>
}

const KEY = /[a-z*][a-z0-9_.*-]*/y
const STRING = /"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y
const BYTES = /:([A-Za-z0-9+/=]*):/y
const NUMBER = /-?\d{1,15}(?:\.\d{1,3})?/y
const BOOLEAN = /\?([01])/y
const TOKEN = /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y

export const parseDictionary = (text: string): ReadonlyMap<string, Member> => {
  let at = 0
  const fail = (): never => {
    throw new SyntaxError(`structured field: unexpected text at ${at}`)
  }
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) at += found[0].length
    return found
  }
  const skip = (pattern: RegExp): void => void take(pattern)
  const item = (): BareItem => {
    const string = take(STRING)
    if (string) return (string[1] as string).replaceAll(/\\(["\\])/g, '$1')
    const bytes = take(BYTES)
    if (bytes) return Buffer.from(bytes[1] as string, 'base64')
    const number = take(NUMBER)
    if (number) return Number(number[0])
    const boolean = take(BOOLEAN)
    if (boolean) return boolean[1] === '1'
    const token = take(TOKEN)
    return token ? { token: token[0] } : fail()
  }
  const parameters = (): Map<string, BareItem> => {
    const found = new Map<string, BareItem>()
    while (take(/;[ ]*/y)) {
      const key = (take(KEY) ?? fail())[0]
      found.set(key, take(/=/y) ? item() : true)
    }
    return found
  }
  const innerList = (): InnerItem[] => {
    const items: InnerItem[] = []
    for (skip(/[ ]*/y); !take(/\)/y); skip(/[ ]*/y)) {
      const name = item()
      if (typeof name !== 'string') fail()
      items.push({ name: name as string, parameters: parameters() })
    }
    return items
  }

  const members = new Map<string, Member>()
  for (skip(/[ ]*/y); at < text.length; ) {
    const key = (take(KEY) ?? fail())[0]
    if (!take(/=/y)) fail()
    const from = at
    const value = take(/\(/y) ? innerList() : item()
    const found = parameters()
    members.set(key, { text: text.slice(from, at), value, parameters: found })
    skip(/[ \t]*/y)
    if (at < text.length && !take(/,[ \t]*/y)) fail()
  }
  return members
}
