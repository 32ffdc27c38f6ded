import { createHash } from 'node:crypto'

/**
 * What a text may look like where it should not be: as it is, and in the encodings that data goes through on its way into
 * logs, addresses, queues and rows. Each form is searched for in bytes.
 */
export interface Form {
  readonly name: string
  readonly bytes: Buffer
}

const form = (name: string, bytes: Buffer | string): Form => ({ name, bytes: Buffer.from(bytes as string, 'latin1') })

/**
 * Base64 by where the text begins in what was encoded: of three places one leaves its first characters, and its last, to
 * what stands before and after. Those are left out, so that the text is found inside of anything.
 */
const base64Forms = (name: string, text: Buffer): Form[] =>
  (['base64', 'base64url'] as const).flatMap((alphabet) =>
    [0, 1, 2].map((before) => {
      const whole = Buffer.concat([Buffer.alloc(before), text]).toString(alphabet)
      return form(
        `${name} in ${alphabet}`,
        whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + text.length) * 8) / 6)),
      )
    }),
  )

const escaped = (text: string): string =>
  [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
const percent = (text: Buffer): string => [...text].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

/** A text in every encoding. Forms that are the same are told once. */
export const formsOf = (name: string, text: string): Form[] => {
  const bytes = Buffer.from(text)
  const hex = bytes.toString('hex')
  const wide = Buffer.from(text, 'utf16le')
  const forms = [
    { name, bytes },
    form(`${name} in JSON's words`, JSON.stringify(text).slice(1, -1)),
    form(`${name} for an address`, encodeURIComponent(text)),
    form(`${name} as a form field`, new URLSearchParams([['', text]]).toString().slice(1)),
    form(`${name} in percent signs`, percent(bytes)),
    form(`${name} in percent signs`, percent(bytes).toUpperCase()),
    form(`${name} in JSON escapes`, escaped(text)),
    form(`${name} in hex`, hex),
    form(`${name} in hex`, hex.toUpperCase()),
    { name: `${name} in UTF-16`, bytes: wide },
    { name: `${name} in UTF-16, big-endian`, bytes: Buffer.from(wide).swap16() },
    ...base64Forms(name, bytes),
  ]
  const seen = new Set<string>()
  return forms.filter(({ bytes: each }) => {
    const known = seen.has(each.toString('latin1'))
    seen.add(each.toString('latin1'))
    return !known
  })
}

/** Hashes without a key: all numbers of a country can be tried in seconds. */
const bareHashes = (number: string): Form[] =>
  [number, `+${number}`, number.slice(3)].flatMap((text) =>
    ['md5', 'sha1', 'sha256', 'sha512'].flatMap((algorithm) => {
      const digest = createHash(algorithm).update(text).digest()
      return [
        form(`${algorithm} of a number`, digest.toString('hex')),
        form(`${algorithm} of a number`, digest.toString('base64').replace(/=+$/, '')),
      ]
    }),
  )

/**
 * A phone number, given as digits with a country code of three: as people and programs spell it, with and without plus and
 * country code, in every encoding; and its hashes without a key. What contains the national number contains the whole one.
 */
export const numberForms = (number: string): Form[] => {
  const [country, national] = [number.slice(0, 3), number.slice(3)]
  const groups = national.match(/\d{1,3}/g) ?? []
  const pairs = national.match(/\d{1,2}/g) ?? []
  const name = 'a phone number'
  return [
    ...formsOf(name, national),
    ...[groups, pairs].flatMap((parts) =>
      [' ', '-', '.', '\u00a0'].map((between) => form(`${name} in groups`, parts.join(between))),
    ),
    form(`${name} backwards`, [...number].reverse().join('')),
    form(`${name} in groups`, `${country}-${national.slice(0, 2)}-${national.slice(2)}`),
    ...bareHashes(number),
  ]
}

export interface Place {
  readonly where: string
  readonly bytes: Buffer
}

export const place = (where: string, text: string): Place => ({ where, bytes: Buffer.from(text) })

/** What a form is looked up by, first in a table and then by name. What is shorter than the first is found anywhere. */
const TABLE_BYTES = 3
const KEY_BYTES = 6

/**
 * Where which of them is, without saying it: `log: a phone number in base64`. There are tens of thousands of forms and
 * megabytes to look through, so each byte is visited once: three bytes say in a table whether any form begins so, a few more say which.
 */
export const search = (places: readonly Place[], forms: readonly Form[]): string[] => {
  const keyBytes = Math.min(KEY_BYTES, ...new Set(forms.map(({ bytes }) => bytes.length)))
  if (keyBytes < TABLE_BYTES) throw new RangeError(`a form of ${keyBytes} bytes is found anywhere`)
  const begins = new Uint8Array(1 << 24)
  const byKey = new Map<string, Form[]>()
  for (const form of forms) {
    const { bytes } = form
    begins[bytes.readUIntBE(0, TABLE_BYTES)] = 1
    const key = bytes.toString('latin1', 0, keyBytes)
    const alike = byKey.get(key)
    if (alike) alike.push(form)
    else byKey.set(key, [form])
  }
  const found = new Set<string>()
  for (const { where, bytes } of places) {
    let next = 0
    for (let at = 0; at < bytes.length; at++) {
      next = ((next << 8) | (bytes[at] as number)) & 0xffffff
      if (begins[next] === 0 || at < 2) continue
      const from = at - 2
      for (const form of byKey.get(bytes.toString('latin1', from, from + keyBytes)) ?? [])
        if (
          bytes.compare(form.bytes, 0, form.bytes.length, from, Math.min(from + form.bytes.length, bytes.length)) === 0
        )
          found.add(`${where}: ${form.name}`)
    }
  }
  return [...found].toSorted()
}
