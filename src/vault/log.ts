/** One JSON line per record. Never a body, a header, a key or a phone number: a record holds only what its caller names. */
export type Log = (record: Readonly<Record<string, unknown>> & { readonly event: string }) => void

export const consoleLog: Log = (record) => console.log(JSON.stringify({ worker: 'vault', ...record }))
