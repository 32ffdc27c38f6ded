import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** What was deployed, when, from what, by whom. One JSON line each, never changed. */
export interface DeployRecord {
  readonly n: number
  readonly at: string
  readonly environment: string
  readonly imprint: string
  readonly epoch: number
  readonly programId: string
  /** SHA-256 of the program as `provision -- compile --asm` writes it. Lines from before it have none. */
  readonly disassemblySha256?: string
  readonly versionTag: string
  readonly moduleSha256: string
  /** SHA-256 of the sealed blob. */
  readonly sealedSha256: string
  readonly masterKid: string
  readonly versionId: string
  readonly gitCommit: string
  readonly by: string
}

interface SignedRecord {
  readonly record: DeployRecord
  /** SHA-256 of the line before, hex; zeros for the first. */
  readonly previous: string
  /** Ed25519 of the provisioning key over `previous` and the record's JSON, base64. */
  readonly signature: string
}

const FIRST = '0'.repeat(64)

const linesOf = (file: string): string[] => {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

const digest = (line: string): string => createHash('sha256').update(line).digest('hex')
const message = (previous: string, record: DeployRecord): Buffer =>
  Buffer.from(`lango deploy record\n${previous}\n${JSON.stringify(record)}`)

export const appendRecord = (file: string, record: Omit<DeployRecord, 'n'>, key: KeyObject): DeployRecord => {
  const problem = verifyRecords(file, key)
  if (problem) throw new Error(problem)
  const lines = linesOf(file)
  const numbered = { n: lines.length + 1, ...record }
  const last = lines.at(-1)
  const previous = last === undefined ? FIRST : digest(last)
  const signature = sign(null, message(previous, numbered), key).toString('base64')
  mkdirSync(path.dirname(file), { recursive: true })
  appendFileSync(file, `${JSON.stringify({ record: numbered, previous, signature } satisfies SignedRecord)}\n`)
  return numbered
}

/** `null`, or the first thing that is not as it was written. A line cut off at the end goes unseen: keep the file in git. */
export const verifyRecords = (file: string, key: KeyObject): string | null => {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  let previous = FIRST
  for (const [index, line] of linesOf(file).entries()) {
    const where = `${file}, line ${index + 1}`
    let parsed: SignedRecord
    try {
      parsed = JSON.parse(line) as SignedRecord
    } catch {
      return `${where} is not JSON.`
    }
    if (parsed.record.n !== index + 1 || parsed.previous !== previous)
      return `${where} does not follow the line before it.`
    if (!verify(null, message(previous, parsed.record), publicKey, Buffer.from(parsed.signature, 'base64')))
      return `${where} was not signed by this environment's provisioning key.`
    previous = digest(line)
  }
  return null
}
