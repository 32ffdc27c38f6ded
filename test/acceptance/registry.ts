/**
 * The shape of the acceptance table: what may go wrong, what must then happen, which test shows it at which layer, and which
 * guard can be switched off to see that test fail.
 */

/** Model, property, simulation, workerd with emulators, fault proxy. The letters of the table's column. */
export type Layer = 'm' | 'p' | 's' | 'w' | 'x'

export const LAYERS: Readonly<Record<Layer, string>> = {
  m: 'model',
  p: 'property',
  s: 'simulation',
  w: 'workerd and emulators',
  x: 'fault proxy',
}

/**
 * Where a test stands. `name`: its title or the beginning of it, a title of the `describe` around it, the name of a Rust
 * function, or of a property of the model: as it is written in that file.
 */
export interface Test {
  readonly file: string
  readonly name: string
  /** Where the name is written, when the file runs cases that another one holds. Who cannot have a case passes it over. */
  readonly writtenIn?: string
}

export const at = (file: string, ...names: readonly string[]): readonly Test[] => names.map((name) => ({ file, name }))

const SUITE = 'test/conformance/gateways'

/** Cases of the suite that every gateway runs, by the file of `cases/` that holds them. */
export const ofEveryGateway = (cases: string, ...names: readonly string[]): readonly Test[] =>
  names.map((name) => ({ file: `${SUITE}/gateways.test.ts`, name, writtenIn: `${SUITE}/cases/${cases}.ts` }))

/**
 * How a guard is switched off. `text`: the only occurrence of `find` in `file` is replaced. `mutant`: a deliberate bug of the
 * model's gallery. `why` completes the sentence "without this guard, …".
 */
export type Guard =
  | {
      readonly kind: 'text'
      readonly file: string
      readonly find: string
      readonly replace: string
      readonly why: string
      /** The row's tests in this file must notice. Without it: the cheapest that are written in the guard's language. */
      readonly seenIn?: string
    }
  | { readonly kind: 'mutant'; readonly name: string; readonly why: string }

export interface Row {
  readonly id: string
  readonly when: string
  readonly must: string
  /** Every layer that the row asks for is a key; an empty list is a test that is missing. */
  readonly layers: Partial<Readonly<Record<Layer, readonly Test[]>>>
  readonly guards: readonly Guard[]
}

export type Runner = 'vitest' | 'cargo' | 'model'
export type Project = 'node' | 'edge' | 'vault' | 'consumer' | 'e2e'

export const runnerOf = ({ file }: Test): Runner => {
  if (file.startsWith('rust-core/model/')) return 'model'
  return file.endsWith('.rs') ? 'cargo' : 'vitest'
}

/** The vitest project that a file belongs to: see vitest.config.ts. */
export const projectOf = (file: string): Project => {
  const worker = /^test\/workers\/(edge|vault|consumer)\//.exec(file)?.[1]
  if (worker) return worker as Project
  return /^test\/(e2e|crash|chaos)\//.test(file) ? 'e2e' : 'node'
}

/** A crate's directory in `rust-core/crates` is its package's name. */
export const crateOf = (file: string): string => {
  const crate = /^rust-core\/crates\/([^/]+)\//.exec(file)?.[1]
  if (!crate) throw new Error(`${file} belongs to no crate`)
  return crate
}

export const testsOf = (row: Row, layer?: Layer): readonly Test[] =>
  layer ? (row.layers[layer] ?? []) : Object.values(row.layers).flat()
