/**
 * The body as text, or null when it is longer than `bytesMax` or not UTF-8. Counts what arrives: an announced length may
 * lie. A byte-order mark is kept, because the signature covers it.
 */
export const readText = async (request: Request, bytesMax: number): Promise<string | null> => {
  const reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader()
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let size = 0
  let text = ''
  try {
    while (reader) {
      const { done, value } = await reader.read()
      if (done) break
      size += value.byteLength
      if (size > bytesMax) {
        await reader.cancel()
        return null
      }
      text += decoder.decode(value, { stream: true })
    }
    return text + decoder.decode()
  } catch {
    return null
  }
}
