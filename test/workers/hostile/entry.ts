/** The edge as it is, but that some package of it turned bad: its module runs before any of ours. */
import './dependency.ts'

export * from '../../../src/edge/worker.ts'
export { default } from '../../../src/edge/worker.ts'
