/**
 * Reads an address that somebody typed. `localhost:3000/hooks` parses too, as a URL of the scheme `localhost:`, and is refused
 * with what to write. `what`: whose value it is.
 */
export const httpUrl = (what: string, text: string, example: string): URL => {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return new URL(text)
  throw new Error(`${what}: ${text} is not a URL with http:// or https://. Write one such as ${example}`)
}
