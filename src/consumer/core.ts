import type { DecideCore } from '../contracts/decide.ts'
import { createDecideCore } from '../core/decide.ts'
import decideModule from '../core/decide-module.ts'

let core: DecideCore | undefined

/** One instance per isolate, made at first use: it holds no state between calls. */
export const decideCore = (): DecideCore => {
  core ??= createDecideCore(decideModule)
  return core
}
