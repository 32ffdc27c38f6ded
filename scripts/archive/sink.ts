import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import path from 'node:path'

/** Where archives are kept: a directory here, a bucket elsewhere. What `put` has answered is there to stay. */
export interface ArchiveSink {
  put(name: string, text: string): Promise<void>
  get(name: string): Promise<string>
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A file appears under its name only when all of it is on the disk. */
export const directorySink = (directory: string): ArchiveSink => ({
  async put(name, text) {
    mkdirSync(directory, { recursive: true })
    const file = path.join(directory, name)
    const descriptor = openSync(`${file}.part`, 'w')
    try {
      writeSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(`${file}.part`, file)
  },
  get: async (name) => readFileSync(path.join(directory, name), 'utf8'),
})
