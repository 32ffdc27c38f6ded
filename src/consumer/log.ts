/** One JSON line per record. No body, no token, no phone number: a record holds only what its caller names. */
export const log = (record: Readonly<Record<string, unknown>> & { readonly event: string }): void =>
  console.log(JSON.stringify({ worker: 'consumer', ...record }))

/**
 * Of an error that crossed from a library or another Worker: its class, and its words without runs of digits. The SDK's
 * errors quote what they were given, therefore of those only the class.
 */
export const describeError = (error: unknown): string => {
  if (!(error instanceof Error)) return 'not an Error'
  if (/^(Upstash|Qstash|Signature)/i.test(error.name)) return error.name
  return `${error.name}: ${error.message.slice(0, 300).replace(/\+?\d[\d\s-]{6,}\d/g, '[digits]')}`
}
