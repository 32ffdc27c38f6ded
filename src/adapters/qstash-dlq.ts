import { Client } from '@upstash/qstash'
import type { DlqEntry } from '../contracts/dead-letters.ts'
import { inTime } from './in-time.ts'

export interface DlqPage {
  readonly entries: readonly DlqEntry[]
  /** Null: this was the last page. */
  readonly cursor: string | null
}

/** Throws when QStash does not answer, or not in time. */
export type ListDlq = (cursor: string | null) => Promise<DlqPage>

const PAGE = 100
const TIMEOUT_MS = 10_000

/** `GET /v2/dlq`, a page at a time. In what order QStash gives them is not documented. */
export const createQstashDlq = (settings: { readonly url: string; readonly token: string }): ListDlq => {
  const client = new Client({
    baseUrl: settings.url,
    token: settings.token,
    // Fewer than the default six: whoever asks comes again.
    retry: false,
    // A variable could otherwise swap the token for the public one.
    devMode: false,
    enableTelemetry: false,
  })
  return async (cursor) => {
    const listed = client.dlq.listMessages({ count: PAGE, ...(cursor === null ? {} : { cursor }) })
    const { messages, cursor: next } = await inTime('QStash', listed, TIMEOUT_MS)
    return { entries: messages as readonly DlqEntry[], cursor: next ? next : null }
  }
}
