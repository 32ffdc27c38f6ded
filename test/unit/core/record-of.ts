import type { RouteDecision, Routed } from '../../../src/contracts/route.ts'

/** What was weighed. Who stores a record keeps its text; a test reads it. */
export const recordOf = ({ record }: Routed): RouteDecision => JSON.parse(record)
