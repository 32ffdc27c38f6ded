import { readBytes } from '../adapters/read-bytes.ts'

/**
 * The body as text, or null when it is longer than `bytesMax`, breaks off or is not UTF-8. A byte-order mark is kept, because
 * the signature covers it.
 */
export const readText = async (request: Request, bytesMax: number): Promise<string | null> => {
  try {
    const bytes = await readBytes(request.body as ReadableStream<Uint8Array> | null, bytesMax)
    return bytes && new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
