import path from 'node:path'
import { run } from './run.ts'

/** How what the compiler made is optimised, the core and what its bench measures alike. */
const WASM_OPT = [
  '-O2',
  // What is called most gets the shortest names: 600 bytes less, and nothing runs otherwise.
  '--reorder-functions',
  '--reorder-locals',
  '--strip-debug',
  '--strip-producers',
  '--enable-bulk-memory',
  '--enable-bulk-memory-opt',
  '--enable-multivalue',
  '--enable-mutable-globals',
  '--enable-nontrapping-float-to-int',
  '--enable-reference-types',
  '--enable-sign-ext',
  '--enable-simd',
]

export const optimise = (from: string, to: string): void =>
  run(process.execPath, [
    path.join(import.meta.dirname, '../../node_modules/binaryen/bin/wasm-opt'),
    ...WASM_OPT,
    from,
    '-o',
    to,
  ])
