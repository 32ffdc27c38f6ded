/** What is expected to happen sometimes is a value: only a bug in the caller or in here throws. */
export type Result<Value, Error> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Error }

export const ok = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({ ok: true, value })
export const err = <Error>(error: Error): { readonly ok: false; readonly error: Error } => ({ ok: false, error })
