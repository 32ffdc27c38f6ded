import { createHash } from 'node:crypto'
import type { WorkerModule } from '../stack/bundle.ts'

/**
 * The version tag: a digest of the code that the vault is deployed with, known before anything is sealed. Sixteen hex digits,
 * because a tag is short.
 */
export const sourceDigest = (modules: readonly WorkerModule[]): string => {
  const hash = createHash('sha256')
  for (const { path, contents } of modules.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const bytes = Buffer.from(contents as string)
    hash.update(`${path}\n${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex').slice(0, 16)
}
