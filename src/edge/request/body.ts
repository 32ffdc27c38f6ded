import { readBytes } from '../../adapters/read-bytes.ts'
import type { PaymentError } from '../../domain/errors.ts'
import { err, ok, type Result } from '../../domain/result.ts'

export const BODY_BYTES_MAX = 64 * 1024

/** Reads at most 64 KiB. */
export const readBody = async (request: Request): Promise<Result<Uint8Array, PaymentError>> => {
  const tooLarge = err({ reason: 'body_too_large', bytesMax: BODY_BYTES_MAX } as const)
  const announced = request.headers.get('Content-Length')
  if (Number(announced ?? 0) > BODY_BYTES_MAX) return tooLarge
  // No more arrives than was announced (RFC 9112 section 6.3), so it can be read in one piece, which costs a third.
  const body = announced
    ? new Uint8Array(await request.arrayBuffer())
    : await readBytes(request.body as ReadableStream<Uint8Array> | null, BODY_BYTES_MAX)
  return body && body.byteLength <= BODY_BYTES_MAX ? ok(body) : tooLarge
}

const mediaType = (request: Request): string =>
  (request.headers.get('Content-Type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

/**
 * Reads a JSON body. A member that is named twice counts once, with its last value (ECMA-262 `JSON.parse`); everything
 * after this point, the fingerprint included, sees that one value.
 */
export const readJson = async (request: Request): Promise<Result<unknown, PaymentError>> => {
  if (mediaType(request) !== 'application/json')
    return err({ reason: 'unsupported_media_type', accepted: 'application/json' })
  const body = await readBody(request)
  if (!body.ok) return body
  try {
    return ok(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body.value)))
  } catch {
    return err({ reason: 'invalid_request', errors: [{ field: 'body', message: 'This is not JSON in UTF-8.' }] })
  }
}

/** The same for a body that may be left out: without one it is an empty object. */
export const readOptionalJson = async (request: Request): Promise<Result<unknown, PaymentError>> =>
  request.body === null || request.headers.get('Content-Length') === '0' ? ok({}) : readJson(request)

/** Reads the fields of an HTML form. The last of equal names counts. */
export const readForm = async (request: Request): Promise<Result<ReadonlyMap<string, string>, PaymentError>> => {
  const accepted = 'application/x-www-form-urlencoded'
  if (mediaType(request) !== accepted) return err({ reason: 'unsupported_media_type', accepted })
  const body = await readBody(request)
  if (!body.ok) return body
  return ok(new Map(new URLSearchParams(new TextDecoder().decode(body.value))))
}
