/**
 * Writes test/vectors/imprint: deployments, their imprints and blobs as the provisioning command makes them. The core's own
 * tests read them (rust-core/crates/seal/tests), and so does test/unit/provision, against a third implementation.
 *
 *   node scripts/provision/vectors.ts
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { encodeTrust, keyId, sealBlob } from './blob.ts'
import { type Bundle, encodeBundle } from './bundle.ts'
import { encodeManifest, type Facts, imprintOf } from './imprint.ts'
import { ed25519Key } from './signer.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const repeated = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte)
const text = (ascii: string): Uint8Array => Uint8Array.from(Buffer.from(ascii))

const PLAIN: Facts = {
  project: '6f1b2a34-0000-4000-8000-0123456789ab',
  environment: 'staging',
  worker: 'lango-vault-staging',
  versionTag: '0123456789abcdef',
  inboundHosts: ['pay-staging.example.com'],
  outboundOrigins: ['https://api.sandbox.pawapay.io'],
  bindings: { CF_VERSION_METADATA: 'object', LANGO_ENVIRONMENT: 'string', LANGO_MASTER_KEY: 'string' },
  vars: { LANGO_ENVIRONMENT: 'staging', LANGO_WORKER_NAME: 'lango-vault-staging', PAWAPAY_CALLBACK_MODE: 'signed' },
  module: text('the bytes of a module'),
  program: new Uint8Array(0),
  compatibility: ['2026-10-20', 'disallow_importable_env'],
  epoch: 1,
}

const CASES: readonly { readonly name: string; readonly facts: Facts }[] = [
  { name: 'a deployment', facts: PLAIN },
  { name: 'with a program', facts: { ...PLAIN, program: text('the bytes of a program'), epoch: 24 } },
  { name: 'of the last epoch', facts: { ...PLAIN, epoch: 0xffff_ffff } },
  {
    name: 'with several hosts and origins, in the order of their bytes',
    facts: {
      ...PLAIN,
      inboundHosts: ['b.example.com', 'a.example.com', 'a-1.example.com:8443'],
      outboundOrigins: ['https://b.example', 'https://a.example:8443', 'https://a.example'],
      compatibility: ['2026-10-20', 'b_flag', 'a_flag'],
    },
  },
  {
    name: 'with names and values that are long, empty or not ASCII',
    facts: {
      ...PLAIN,
      worker: 'w'.repeat(300),
      vars: { LANGO_ENVIRONMENT: 'staging', EMPTY: '', Ünïcode: 'pay → ✓' },
    },
  },
  {
    name: 'with nothing in any list',
    facts: { ...PLAIN, inboundHosts: [], outboundOrigins: [], bindings: {}, vars: {} },
  },
]

const BUNDLE: Bundle = {
  keys: [
    { kid: 'LANGO:1', purpose: 'pawapay.signing', slot: 'current', notAfterS: 1_900_000_000, material: text('one') },
    { kid: 'LANGO:2', purpose: 'pawapay.signing', slot: 'next', notBeforeS: 1_800_000_000, material: text('two') },
    { kid: '', purpose: 'attestation', slot: 'current', material: repeated(0xa7) },
    { kid: '', purpose: 'attestation', slot: 'previous', material: repeated(0xa6) },
    { kid: '', purpose: 'pawapay.token', slot: 'current', material: text('a-token') },
  ],
  origins: ['https://api.sandbox.pawapay.io'],
  headers: ['authorization', 'content-type'],
  bodyBytesMax: 16_384,
  program: new Uint8Array(0),
}

const [plain] = CASES
const blob = (name: string, secondShare: Uint8Array | undefined, salt: number) => {
  const imprint = imprintOf(encodeManifest((plain ?? { facts: PLAIN }).facts))
  const master = { key: repeated(0x5e), ...(secondShare ? { secondShare } : {}) }
  const seed = repeated(0x7a)
  let derived = ''
  const sealed = sealBlob(
    {
      plaintext: (derive) => {
        derived = hex(derive('PSB1 isa', text('context')))
        return encodeBundle(BUNDLE)
      },
      imprint,
      epoch: 1,
      master,
      provisioningKey: ed25519Key(seed),
      notBeforeS: 1_700_000_000,
      notAfterS: 2_000_000_000,
    },
    repeated(salt),
  )
  return {
    name,
    imprint: hex(imprint),
    master: hex(master.key),
    secondShare: secondShare ? hex(secondShare) : null,
    kid: keyId(master.key),
    provisioningSeed: hex(seed),
    trust: hex(encodeTrust(ed25519Key(seed), 1)),
    notBeforeS: 1_700_000_000,
    notAfterS: 2_000_000_000,
    plaintext: hex(encodeBundle(BUNDLE)),
    /** Of "PSB1 isa" and "context". */
    derived,
    sealed: hex(sealed),
  }
}

const directory = path.resolve(import.meta.dirname, '../../test/vectors/imprint')
const write = (name: string, content: object): void =>
  writeFileSync(path.join(directory, name), `${JSON.stringify(content, null, 2)}\n`)

write('imprints.json', {
  source: 'node scripts/provision/vectors.ts; the imprints are recomputed by test/unit/provision and by the core',
  cases: CASES.map(({ name, facts }) => {
    const manifest = encodeManifest(facts)
    const { module, program, ...rest } = facts
    return {
      name,
      facts: { ...rest, module: hex(module), program: hex(program) },
      manifest: hex(manifest),
      imprint: hex(imprintOf(manifest)),
    }
  }),
})
write('blobs.json', {
  source: 'node scripts/provision/vectors.ts; opened by the core and by test/unit/provision',
  cases: [blob('one share', undefined, 0x11), blob('two shares', repeated(0x0f), 0x22)],
})
