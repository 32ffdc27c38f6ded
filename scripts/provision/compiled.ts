/**
 * Writes what is compiled from `src/gateways` for the tests and the documentation:
 *
 *   node scripts/provision/compiled.ts
 *
 * test/vectors/gateways/pawapay.program (plain) and .enveloped, test/vectors/intents/intents.program, docs/gateways/pawapay.asm and the tables of docs/gateways.md.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { compileProgram } from './compile.ts'
import { disassemble } from './disassemble.ts'
import { documentIsa } from './document.ts'
import { envelop } from './envelope.ts'
import { gatewaySpecs } from './program.ts'
import type { Policy } from './spec.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** The key of the Rust tests' envelope. */
const TEST_ISA_KEY = Buffer.alloc(32, 7)

/** The files by their path from the root. A test compares them with what is committed. */
export const compiledFiles = (): ReadonlyMap<string, string | Uint8Array> => {
  const specs = gatewaySpecs(['pawapay'])
  const plain = compileProgram(specs, { default: {} })
  const assembly = disassemble(plain)
  const intents: { readonly policy: Policy } = JSON.parse(
    readFileSync(path.join(root, 'test/vectors/intents/intents.json'), 'utf8'),
  )
  return new Map<string, string | Uint8Array>([
    ['test/vectors/gateways/pawapay.program', plain],
    ['test/vectors/gateways/pawapay.enveloped', envelop(plain, TEST_ISA_KEY)],
    ['test/vectors/intents/intents.program', compileProgram(specs, intents.policy)],
    ['docs/gateways/pawapay.asm', assembly],
    ['docs/gateways.md', documentIsa(readFileSync(path.join(root, 'docs/gateways.md'), 'utf8'), assembly)],
  ])
}

if (process.argv[1] === import.meta.filename)
  for (const [file, contents] of compiledFiles()) writeFileSync(path.join(root, file), contents)
