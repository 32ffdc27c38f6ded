/** httpsig.wasm, the committed one: what the vectors are run through. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { CoreTrap, type Mailbox, openMailbox } from '../../src/core/vault-mailbox.ts'

const OPERATION = {
  parseField: 1,
  serialiseField: 2,
  component: 3,
  signature: 4,
  policy: 5,
  digest: 6,
  key: 7,
  spelling: 8,
} as const

export type Answer = Readonly<Record<string, unknown>>
export type Core = (operation: keyof typeof OPERATION, question: object) => Answer

/** A question that cannot be asked, or that the core cannot read: the row is wrong, or we are. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

const directory = process.env['LANGO_CORE_DIR'] ?? path.resolve(import.meta.dirname, '../../src/core/generated')

export const openCore = (): Core => {
  const module = new WebAssembly.Module(readFileSync(path.join(directory, 'httpsig.wasm')))
  let mailbox: Mailbox | undefined
  return (operation, question) => {
    mailbox ??= openMailbox(module)
    try {
      const answer = mailbox(OPERATION[operation], new TextEncoder().encode(JSON.stringify(question)))
      if (answer.kind !== 'answered') throw new Unreadable('httpsig.wasm does not understand the question')
      const read: Answer = JSON.parse(new TextDecoder().decode(answer.bytes))
      if (typeof read['unreadable'] === 'string') throw new Unreadable(read['unreadable'])
      return read
    } catch (error) {
      if (!(error instanceof CoreTrap)) throw error
      // The instance is lost; the next row gets a new one.
      mailbox = undefined
      throw new Unreadable('httpsig.wasm trapped')
    }
  }
}
