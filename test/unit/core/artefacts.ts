/** The artefacts under test: the committed ones, or a fresh build (`build-core --check` under another compiler). */
import { readFileSync } from 'node:fs'
import path from 'node:path'

const directory = process.env['LANGO_CORE_DIR'] ?? path.resolve(import.meta.dirname, '../../../src/core/generated')

type Artefact = 'vault.wasm' | 'decide.wasm' | 'route.wasm'

export const loadBytes = (name: Artefact): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(path.join(directory, name)))

export const loadModule = (name: Artefact): WebAssembly.Module => new WebAssembly.Module(loadBytes(name))
