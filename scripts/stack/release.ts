import { globSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { WorkerModule } from './bundle.ts'

/** A Worker's bundle as it once was. */
export interface RecordedRelease {
  readonly worker: string
  /** Of the source that it was made from. */
  readonly commit: string
  /** RFC 3339. */
  readonly committedAt: string
  readonly modules: readonly { readonly type: WorkerModule['type']; readonly path: string; readonly base64: string }[]
}

/** The recorded releases of a Worker, oldest first. */
export const releasesOf = (worker: string): RecordedRelease[] =>
  globSync(`test/crash/releases/${worker}-*.json.gz`)
    .map((file) => JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as RecordedRelease)
    .toSorted((a, b) => Date.parse(a.committedAt) - Date.parse(b.committedAt))

/** As the stack's `deploy` takes them. */
export const modulesOf = ({ modules }: RecordedRelease): WorkerModule[] =>
  modules.map(({ type, path, base64 }) => {
    const bytes = Buffer.from(base64, 'base64')
    return { type, path, contents: type === 'ESModule' ? bytes.toString('utf8') : new Uint8Array(bytes) }
  })
