import type { KeyObject } from 'node:crypto'
import { encodeTrust, type Master, sealBlob, type Validity } from './blob.ts'
import { type Bundle, encodeBundle } from './bundle.ts'
import { envelop, programId } from './envelope.ts'
import { encodeManifest, type Facts, imprintOf } from './imprint.ts'

/** The three data modules of the vault's bundle. */
export interface Provisioned {
  readonly manifest: Uint8Array
  readonly sealed: Uint8Array
  readonly trust: Uint8Array
}

export interface Provisioning extends Validity {
  readonly facts: Facts
  readonly bundle: Bundle
  readonly master: Master
  readonly provisioningKey: KeyObject
  /** The lowest epoch that the bundle of the vault takes. */
  readonly epochMin: number
}

/** Everything that a deployment is sealed with, from everything that it is. */
export const provision = (given: Provisioning): Provisioned => {
  const manifest = encodeManifest(given.facts)
  const sealed = sealBlob({
    ...given,
    plaintext: (derive) => {
      const { program } = given.bundle
      // Without one it opens nowhere; that is for the core to say.
      if (program.length === 0) return encodeBundle(given.bundle)
      return encodeBundle({ ...given.bundle, program: envelop(program, derive('PSB1 isa', programId(program))) })
    },
    imprint: imprintOf(manifest),
    epoch: given.facts.epoch,
  })
  return {
    manifest: Uint8Array.from(manifest),
    sealed,
    trust: encodeTrust(given.provisioningKey, given.epochMin),
  }
}
