/** The shared vectors once more, by a third hand: what is hashed, sealed and signed is written out here byte by byte. */
import { createDecipheriv, createHash, createHmac, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openBlob } from '../../../scripts/provision/blob.ts'
import { decodeCbor, encodeCbor } from '../../../scripts/provision/cbor.ts'
import { encodeManifest, type Facts, imprintOf } from '../../../scripts/provision/imprint.ts'

const vectors = path.resolve(import.meta.dirname, '../../vectors/imprint')
// biome-ignore lint/suspicious/noExplicitAny: vectors are read field by field
const cases = (name: string): { readonly [field: string]: any }[] =>
  JSON.parse(readFileSync(path.join(vectors, name), 'utf8')).cases
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex')

describe('imprints', () => {
  it.each(cases('imprints.json'))('$name', (vector) => {
    const { facts, manifest, imprint } = vector as {
      facts: Record<'module' | 'program', string>
      manifest: string
      imprint: string
    }
    const given = { ...facts, module: bytesOf(facts.module), program: bytesOf(facts.program) } as unknown as Facts
    expect(hexOf(encodeManifest(given))).toBe(manifest)
    expect(hexOf(imprintOf(bytesOf(manifest)))).toBe(imprint)
    const preimage = Buffer.concat([Buffer.from('504159494d500001', 'hex'), bytesOf(manifest)])
    expect(createHash('sha256').update(preimage).digest('hex')).toBe(imprint)
    expect(hexOf(encodeCbor(decodeCbor(bytesOf(manifest))))).toBe(manifest)
  })

  it('the order in which things are given does not matter, and each of them does', () => {
    const facts = cases('imprints.json')[0]?.['facts']
    const given: Facts = { ...facts, module: bytesOf(facts.module), program: bytesOf(facts.program) }
    const turned = Object.fromEntries(Object.entries(given.vars).toReversed())
    expect(encodeManifest({ ...given, vars: turned })).toEqual(encodeManifest(given))
    const changes: Partial<Facts>[] = [
      { project: 'another' },
      { environment: 'production' },
      { worker: 'another' },
      { versionTag: '' },
      { inboundHosts: [] },
      { outboundOrigins: ['https://api.pawapay.io'] },
      { bindings: { ...given.bindings, LANGO_MASTER_KEY: 'object' } },
      { vars: { ...given.vars, LANGO_ENVIRONMENT: '' } },
      { module: Buffer.from('another') },
      { program: Buffer.from('a program') },
      { compatibility: ['2026-10-21'] },
      { epoch: 2 },
    ]
    const imprints = [{}, ...changes].map((change) => hexOf(imprintOf(encodeManifest({ ...given, ...change }))))
    expect(new Set(imprints).size).toBe(changes.length + 1)
  })
})

/** RFC 5869 by hand. */
const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest()
const expand = (prk: Uint8Array, info: Uint8Array): Buffer => hmac(prk, info, Buffer.from([1]))

describe('blobs', () => {
  it.each(cases('blobs.json'))('$name', (vector) => {
    const sealed = bytesOf(vector['sealed'])
    const [imprint, master, share] = [
      bytesOf(vector['imprint']),
      bytesOf(vector['master']),
      bytesOf(vector['secondShare'] ?? ''),
    ]
    const length = sealed.readUInt32BE(116)
    const [head, body, tag] = [
      sealed.subarray(0, 120),
      sealed.subarray(120, 120 + length),
      sealed.subarray(120 + length, 136 + length),
    ]
    expect(head.subarray(0, 7).toString('latin1')).toBe(`PSB1\x01${vector['secondShare'] ? '\x01' : '\x00'}\x01`)
    expect(head.readUInt32BE(7)).toBe(1)
    expect([head.readBigUInt64BE(11), head.readBigUInt64BE(19)]).toEqual([
      BigInt(vector['notBeforeS']),
      BigInt(vector['notAfterS']),
    ])
    expect(head.subarray(27, 44).toString('latin1')).toBe(`\x10${vector['kid']}`)
    expect(head.subarray(44, 52)).toEqual(imprint.subarray(0, 8))
    const prk = hmac(head.subarray(52, 84), master, share)
    const context = Buffer.concat([Buffer.from([1, 1]), Buffer.from(vector['kid']), imprint])
    expect(expand(prk, Buffer.concat([Buffer.from('PSB1 commit'), context]))).toEqual(head.subarray(84, 116))
    expect(hexOf(expand(prk, Buffer.from('PSB1 isacontext')))).toBe(vector['derived'])

    const key = expand(prk, Buffer.concat([Buffer.from('PSB1 kek'), context]))
    const cipher = createDecipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 })
    cipher.setAAD(Buffer.concat([head, imprint]), { plaintextLength: length })
    cipher.setAuthTag(tag)
    expect(hexOf(Buffer.concat([cipher.update(body), cipher.final()]))).toBe(vector['plaintext'])
    expect(
      hexOf(openBlob(sealed, imprint, { key: master, ...(vector['secondShare'] ? { secondShare: share } : {}) })),
    ).toBe(vector['plaintext'])

    const message = Buffer.concat([
      Buffer.from('PSB1 provision\0'),
      imprint,
      createHash('sha256')
        .update(sealed.subarray(0, 136 + length))
        .digest(),
    ])
    const spki = Buffer.concat([bytesOf('302a300506032b6570032100'), bytesOf(vector['trust']).subarray(0, 32)])
    const signer = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    expect(verify(null, message, signer, sealed.subarray(136 + length))).toBe(true)
    expect(bytesOf(vector['trust']).readUInt32BE(32)).toBe(1)
  })
})

describe('CBOR', () => {
  it.each(['1817', '190017', '9fff', 'a201020102', 'a203040102', '41', '0000', 'f6'])(
    '%s is not deterministic',
    (hex) => {
      expect(() => decodeCbor(bytesOf(hex))).toThrow(RangeError)
    },
  )

  it('numbers up to 64 bits', () => {
    for (const number of [0n, 23n, 24n, 255n, 256n, 65_535n, 65_536n, 4_294_967_295n, 4_294_967_296n, 2n ** 64n - 1n])
      expect(BigInt(decodeCbor(encodeCbor(number)) as number)).toBe(number)
    expect(() => encodeCbor(2n ** 64n)).toThrow(RangeError)
    expect(() => encodeCbor(-1)).toThrow(RangeError)
  })
})
