import type { RouteCore, Routed, RoutePolicy, Router } from '../contracts/route.ts'
import * as wasm from './generated/route.js'

type Answer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly code: string; readonly message: string }

/** For questions that only a bug can make unreadable. */
const must = <Value>(json: string): Value => {
  const answer = JSON.parse(json) as Answer<Value>
  if (!answer.ok) throw new RangeError(`${answer.code}: ${answer.message}`)
  return answer.value
}

/** Two lines, the second of them the record; or one, of a question that cannot be read. */
const routed = (text: string): Routed => {
  const end = text.indexOf('\n')
  if (end < 0) return must(text)
  return { ...must<Omit<Routed, 'record'>>(text.slice(0, end)), record: text.slice(end + 1) }
}

const compiled = (policy: RoutePolicy): wasm.Router => {
  try {
    return new wasm.Router(JSON.stringify(policy))
  } catch (problems) {
    throw typeof problems === 'string' ? new RangeError(problems) : problems
  }
}

const createRouter = (policy: RoutePolicy): Router => {
  const router = compiled(policy)
  return {
    route: (request) => routed(router.route(JSON.stringify(request))),
    observe: (observation) => must(router.observe(JSON.stringify(observation))),
    own: (nowMs, bytesMax = Number.POSITIVE_INFINITY) => router.own(nowMs, bytesMax),
    hear: (others, nowMs) => must(router.hear(JSON.stringify(others), nowMs)),
    standing: (nowMs) => JSON.parse(router.standing(nowMs)),
    probesDue: (nowMs) => JSON.parse(router.probesDue(nowMs)),
  }
}

/**
 * Loads route.wasm into this isolate. The module is pure and keyless, so one instance serves all callers; each router has its
 * own policy and its own memory of what was observed.
 */
export const createRouteCore = (module: WebAssembly.Module): RouteCore => {
  wasm.initSync({ module })
  return {
    createRouter,
    mayFailOver: (attempts) => must(wasm.mayFailOver(JSON.stringify(attempts))),
    explain: (decision) => must(wasm.explain(JSON.stringify(decision))),
    buildId: () => wasm.buildId(),
  }
}
