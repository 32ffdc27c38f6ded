/** The artefacts under test: the committed ones, or a fresh build (`build-core --check` under another compiler). */
import { readFileSync } from 'node:fs'
import path from 'node:path'

const directory = process.env['LANGO_CORE_DIR'] ?? path.resolve(import.meta.dirname, '../../../src/core/generated')

export const loadBytes = (name: 'vault.wasm' | 'decide.wasm'): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(path.join(directory, name)))

export const loadModule = (name: 'vault.wasm' | 'decide.wasm'): WebAssembly.Module =>
  new WebAssembly.Module(loadBytes(name))
