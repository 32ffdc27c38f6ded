import { createHash } from 'node:crypto'
import { type Cbor, encodeCbor } from './cbor.ts'

/**
 * What a deployment is: the facts that the core hashes, with the same meaning and in the same order as in
 * rust-core/crates/seal/src/imprint.rs.
 *
 * `observed`: the core is handed what is there, and hashes that. `claimed`: the edge says by which host a callback came.
 * `enforced`: the core builds requests to nowhere else. `declared`: written down when sealing; nothing inside can see it.
 */
export interface Facts {
  /** 2, declared. */
  readonly project: string
  /** 3, observed (`LANGO_ENVIRONMENT`). */
  readonly environment: string
  /** 4, observed (`LANGO_WORKER_NAME`). */
  readonly worker: string
  /** 5, observed (`CF_VERSION_METADATA.tag`). */
  readonly versionTag: string
  /** 6, claimed. Authorities: `host[:port]`. */
  readonly inboundHosts: readonly string[]
  /** 7, enforced. `https://host[:port]`. */
  readonly outboundOrigins: readonly string[]
  /** 8, observed. Name to JavaScript type. */
  readonly bindings: Readonly<Record<string, string>>
  /** 9, observed. Plain vars; their values are hashed. */
  readonly vars: Readonly<Record<string, string>>
  /** 10, observed. vault.wasm. */
  readonly module: Uint8Array
  /** 11, checked once open. Empty: none. */
  readonly program: Uint8Array
  /** 12, declared. Compatibility date, then the flags. */
  readonly compatibility: readonly string[]
  /** 13, in the head of the blob. */
  readonly epoch: number
}

export const sha256 = (bytes: Uint8Array | string): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(bytes).digest())

const sorted = (texts: Iterable<string>): string[] =>
  [...texts].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

/** The map that is hashed, and that travels with the blob as its manifest. */
export const encodeManifest = (facts: Facts): Buffer => {
  const named = (record: Readonly<Record<string, string>>, second: (value: string) => Cbor): Cbor =>
    sorted(Object.keys(record)).map((name) => [name, second(record[name] ?? '')])
  return encodeCbor(
    new Map<number, Cbor>([
      [1, 1],
      [2, facts.project],
      [3, facts.environment],
      [4, facts.worker],
      [5, facts.versionTag],
      [6, sorted(facts.inboundHosts)],
      [7, sorted(facts.outboundOrigins)],
      [8, named(facts.bindings, (kind) => kind)],
      [9, named(facts.vars, sha256)],
      [10, sha256(facts.module)],
      [11, facts.program.length === 0 ? facts.program : sha256(facts.program)],
      [12, [facts.compatibility[0] ?? '', ...sorted(facts.compatibility.slice(1))]],
      [13, facts.epoch],
    ]),
  )
}

export const imprintOf = (manifest: Uint8Array): Uint8Array =>
  sha256(Buffer.concat([Buffer.from('PAYIMP\0\x01', 'latin1'), manifest]))
