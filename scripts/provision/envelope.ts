import { createHash, createHmac } from 'node:crypto'

/**
 * What a program looks like outside: `"LGP1" ‖ program id[32] ‖ body`, the body's opcodes permuted and all of it masked under
 * the deployment's ISA key (`rust-core/crates/vm/src/envelope.rs` is the other side, and says what this is worth).
 */
const MAGIC = Buffer.from('LGP1')
const CODE_AT = 2
const INSTRUCTION_BYTES = 8

/** SHA-256 of the plain body: the same in every deployment of one program. */
export const programId = (body: Uint8Array): Buffer => createHash('sha256').update(body).digest()

/** HMAC-SHA256(key, label ‖ id ‖ counter) as an endless string of bytes. */
function* stream(key: Uint8Array, label: string, id: Uint8Array): Generator<number, never> {
  for (let counter = 0; ; counter++) {
    const number = Buffer.alloc(4)
    number.writeUInt32BE(counter)
    yield* createHmac('sha256', key).update(label).update(id).update(number).digest()
  }
}

/** `permutation[canonical] = deployed`, by Fisher and Yates; bytes that would favour some outcomes are drawn again. */
const permutation = (key: Uint8Array, id: Uint8Array): Uint8Array => {
  const bytes = stream(key, 'lango isa permutation v1\0', id)
  const codes = Uint8Array.from({ length: 256 }, (_, code) => code)
  for (let last = 255; last > 0; last--) {
    const choices = last + 1
    let byte = bytes.next().value
    while (byte >= 256 - (256 % choices)) byte = bytes.next().value
    const chosen = byte % choices
    const moved = codes[last] as number
    codes[last] = codes[chosen] as number
    codes[chosen] = moved
  }
  return codes
}

/** A plain body in the deployment's own language. `isaKey`: 32 bytes. */
export const envelop = (plain: Uint8Array, isaKey: Uint8Array): Uint8Array => {
  if (isaKey.length !== 32) throw new RangeError('an ISA key has 32 bytes')
  const id = programId(plain)
  const body = Buffer.from(plain)
  const codes = permutation(isaKey, id)
  const instructions = body.readUInt16BE(0)
  for (let i = 0; i < instructions; i++) {
    const at = CODE_AT + i * INSTRUCTION_BYTES
    body[at] = codes[body[at] as number] as number
  }
  const mask = stream(isaKey, 'lango isa mask v1\0', id)
  for (let at = 0; at < body.length; at++) body[at] = (body[at] as number) ^ mask.next().value
  return Buffer.concat([MAGIC, id, body])
}
