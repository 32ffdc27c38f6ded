import { createHash } from 'node:crypto'
import { accessOf } from './access.ts'
import type { Command } from './resp.ts'

export interface LoggedRequest {
  readonly atMs: number
  readonly tookMs: number
  readonly method: string
  readonly path: string
  /** Arguments as text; any but the command and its keys is cut when longer than 64 characters. */
  readonly commands: readonly (readonly string[])[]
  /** `200`, `400`, … or `dropped before`, `dropped after`, `down`, `reply lost`. */
  readonly outcome: string
  /** How often the commands were handed to Redis. */
  readonly executions: number
  readonly syncToken: string
  /** The SDK's own retry number, `upstash-telemetry-retry`. */
  readonly retry: string
}

const REQUESTS_KEPT = 2_000
const TEXT_MAX = 64

/** Long values are script bodies, records and sealed data: what tests need of them is whether two are the same. */
export const redact = (command: Command): string[] => {
  const { keys } = accessOf(command)
  const isKey = (part: Buffer) => Array.isArray(keys) && keys.includes(part)
  return command.map((part, index) => {
    const text = part.toString()
    if (index === 0 || isKey(part) || text.length <= TEXT_MAX) return text
    return `<${part.length} bytes, sha256 ${createHash('sha256').update(part).digest('hex').slice(0, 12)}>`
  })
}

export const createRequestLog = () => {
  let requests: LoggedRequest[] = []
  return {
    all: (): readonly LoggedRequest[] => requests,
    add: (request: LoggedRequest): void => {
      requests = [...requests.slice(1 - REQUESTS_KEPT), request]
    },
    clear: (): void => {
      requests = []
    },
  }
}

export type RequestLog = ReturnType<typeof createRequestLog>
