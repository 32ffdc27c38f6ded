/** Queries of list endpoints: OR within a repeated or comma-separated name, AND across names. An unknown name is refused. */
export interface Filter {
  readonly count: number
  /** Only what is older than this sequence number. */
  readonly cursor: number | null
  /** True when anything but count and cursor was asked. */
  readonly narrows: boolean
  matches(fields: Readonly<Record<string, unknown>>): boolean
}

export type ParsedFilter =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly error: string }

const SHARED = ['fromDate', 'toDate', 'callerIp', 'label', 'flowControlKey']
const IDENTITY = ['messageId', 'messageIds', 'url', 'topicName', 'scheduleId', 'queueName']

export const FILTERS = {
  dlq: [...SHARED, ...IDENTITY, 'dlqId', 'dlqIds', 'responseStatus'],
  logs: [...SHARED, ...IDENTITY, 'state', 'host', 'path'],
  messages: [...SHARED, ...IDENTITY, 'host', 'path'],
} as const

const IN_PROGRESS = ['CREATED', 'ACTIVE', 'RETRY']

const valuesOf = (name: string, fields: Readonly<Record<string, unknown>>): unknown[] => {
  const url = typeof fields['url'] === 'string' && URL.canParse(fields['url']) ? new URL(fields['url']) : null
  switch (name) {
    case 'messageIds':
      return [fields['messageId']]
    case 'dlqIds':
      return [fields['dlqId']]
    case 'callerIp':
      return [fields['callerIP']]
    case 'label':
      return (fields['labels'] as unknown[] | undefined) ?? []
    case 'host':
      return [url?.host]
    case 'path':
      return [url?.pathname]
    case 'state':
      return IN_PROGRESS.includes(String(fields['state'])) ? [fields['state'], 'IN_PROGRESS'] : [fields['state']]
    default:
      return [fields[name]]
  }
}

export const parseFilter = (
  query: URLSearchParams,
  allowed: readonly string[],
  limits: { readonly count: number; readonly max: number },
): ParsedFilter => {
  const wanted = new Map<string, string[]>()
  for (const name of new Set(query.keys())) {
    if (name === 'qstash_token' || name === 'count' || name === 'cursor') continue
    if (!allowed.includes(name)) return { ok: false, error: `unknown filter: ${name}` }
    // The SDK writes CANCELED, the API CANCELLED. A url may hold a comma itself, so the whole value counts too.
    const values = query.getAll(name).flatMap((value) => [value, ...value.split(',')])
    wanted.set(name, name === 'state' ? values.map((value) => (value === 'CANCELED' ? 'CANCELLED' : value)) : values)
  }
  const number = (name: string): number | null => (query.get(name) ? Number(query.get(name)) : null)
  const [count, cursor, fromMs, toMs] = [number('count'), number('cursor'), number('fromDate'), number('toDate')]
  for (const value of [count, cursor, fromMs, toMs]) {
    if (value !== null && !Number.isSafeInteger(value))
      return { ok: false, error: 'count, cursor and dates are integers' }
  }
  wanted.delete('fromDate')
  wanted.delete('toDate')
  return {
    ok: true,
    filter: {
      count: Math.min(limits.max, Math.max(1, count ?? limits.count)),
      cursor,
      narrows: wanted.size > 0 || fromMs !== null || toMs !== null,
      matches: (fields) => {
        const atMs = Number(fields['time'] ?? fields['createdAt'])
        if ((fromMs !== null && atMs < fromMs) || (toMs !== null && atMs > toMs)) return false
        return [...wanted].every(([name, values]) =>
          valuesOf(name, fields).some((value) => value !== undefined && values.includes(String(value))),
        )
      },
    },
  }
}

/** One page, newest first, of what matches; `cursor` is there when more may follow. */
export const pageOf = <T extends { readonly seq: number }>(
  rows: readonly T[],
  filter: Filter,
  fieldsOf: (row: T) => Readonly<Record<string, unknown>>,
): { readonly rows: readonly T[]; readonly cursor: string | undefined } => {
  const { cursor } = filter
  const found = rows.filter((row) => (cursor === null || row.seq < cursor) && filter.matches(fieldsOf(row)))
  const rowsOfPage = found.slice(0, filter.count)
  return { rows: rowsOfPage, cursor: found.length > filter.count ? String(rowsOfPage.at(-1)?.seq) : undefined }
}
