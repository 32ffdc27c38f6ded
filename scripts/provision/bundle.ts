import { type Cbor, encodeCbor } from './cbor.ts'

export type Slot = 'current' | 'previous' | 'next'

/** The uses that the core knows; with a point: `gateway.setting`, and `gateway.signing` for the key that signs its requests. */
export type KeyPurpose = 'attestation' | 'personal' | `${string}.${string}`

export interface BundleKey {
  /** As the gateway knows it, for a key that signs; empty for one that nobody else knows. */
  readonly kid: string
  readonly purpose: KeyPurpose
  readonly slot: Slot
  readonly notBeforeS?: number
  readonly notAfterS?: number
  /** `attestation`, `personal`: 32 to 128 bytes. `pawapay.signing`: PKCS#8 PEM, P-256. `pawapay.token`: ASCII. */
  readonly material: Uint8Array
}

export interface Bundle {
  readonly keys: readonly BundleKey[]
  readonly origins: readonly string[]
  /** Lower case. */
  readonly headers: readonly string[]
  readonly bodyBytesMax: number
  /** Plain: it is put into the language of its blob when it is sealed. */
  readonly program: Uint8Array
}

const SLOT: Readonly<Record<Slot, number>> = { current: 0, previous: 1, next: 2 }
/** The end of all validity: 9999-12-31. */
const FOR_EVER_S = 253_402_300_799

export const encodeBundle = ({ keys, origins, headers, bodyBytesMax, program }: Bundle): Uint8Array =>
  encodeCbor(
    new Map<number, Cbor>([
      [1, 1],
      [
        2,
        keys.map(
          ({ kid, purpose, slot, notBeforeS = 0, notAfterS = FOR_EVER_S, material }) =>
            new Map<number, Cbor>([
              [1, kid],
              [2, purpose],
              [3, SLOT[slot]],
              [4, notBeforeS],
              [5, notAfterS],
              [6, material],
            ]),
        ),
      ],
      [3, origins],
      [4, headers],
      [5, new Map([[1, bodyBytesMax]])],
      [6, program],
    ]),
  )
