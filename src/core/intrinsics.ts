/**
 * The platform's own functions, as they were before any other module of the vault ran: through these goes what is secret.
 * Whoever patches them later sees nothing of it. This is hygiene, and no boundary: the boundary is that nothing foreign is in
 * the vault's bundle (scripts/provision/vault-bundle.ts).
 */

/** `call.bind(method)`: the method as it is now, of whatever object comes first. */
const { call } = Function.prototype
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const { Instance } = WebAssembly
export const { parse, stringify } = JSON
export const ByteArray = Uint8Array
export const WordArray = Int32Array
export const encode: (text: string) => Uint8Array = encoder.encode.bind(encoder)
/** Throws on what is not UTF-8. */
export const decode: (bytes?: Uint8Array) => string = decoder.decode.bind(decoder)
export const setBytes: (to: Uint8Array, from: Uint8Array, offset: number) => void = call.bind(Uint8Array.prototype.set)
export const toWellFormed: (text: string) => string = call.bind(String.prototype.toWellFormed)
export const includes: (text: string, part: string) => boolean = call.bind(String.prototype.includes)
export const fetchNow: typeof fetch = fetch.bind(globalThis)
