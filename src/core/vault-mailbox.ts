/**
 * The mailbox of vault.wasm: bytes go in sixteen at a time and come out four at a time, through calls that take and give
 * numbers, because the module exports no memory (rust-core/crates/vault-wasm/src/mailbox.rs is the other side).
 */

import { ByteArray, Instance, setBytes, WordArray } from './intrinsics.ts'

interface MailboxExports {
  reset(length: number): number
  put4(a: number, b: number, c: number, d: number): void
  call(operation: number): number
  get(offset: number): number
  done(): void
}

/** The module trapped. Its state is lost with it: the instance must not be used again. */
export class CoreTrap extends Error {
  override readonly name = 'CoreTrap'
}

export type Answer =
  | { readonly kind: 'answered'; readonly bytes: Uint8Array }
  | { readonly kind: 'not_configured' }
  /** The module could not understand the call: a bug on this side. */
  | { readonly kind: 'malformed' }

export type Mailbox = (operation: number, message: Uint8Array) => Answer

const NOT_CONFIGURED = -2

/** Opens a fresh instance: without configuration, and without anything of an earlier one. */
export const openMailbox = (module: WebAssembly.Module): Mailbox => {
  const { reset, put4, call, get, done } = new Instance(module, {}).exports as unknown as MailboxExports

  const exchange = (operation: number, message: Uint8Array): Answer => {
    if (reset(message.length) !== 0) return { kind: 'malformed' }
    const padded = new ByteArray((message.length + 15) & ~15)
    setBytes(padded, message, 0)
    const words = new WordArray(padded.buffer)
    for (let i = 0; i < words.length; i += 4) {
      put4(words[i] as number, words[i + 1] as number, words[i + 2] as number, words[i + 3] as number)
    }
    const length = call(operation)
    if (length === NOT_CONFIGURED) return { kind: 'not_configured' }
    if (length < 0) return { kind: 'malformed' }
    const answer = new WordArray((length + 3) >> 2)
    for (let i = 0; i < answer.length; i++) answer[i] = get(4 * i)
    done()
    return { kind: 'answered', bytes: new ByteArray(answer.buffer, 0, length) }
  }

  return (operation, message) => {
    try {
      return exchange(operation, message)
    } catch (cause) {
      throw new CoreTrap('vault.wasm trapped', { cause })
    }
  }
}
