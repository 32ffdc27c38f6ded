import routeModule from '../../src/core/generated/route.wasm'
import { createRouteCore } from '../../src/core/route.ts'
import { observations, policy, requestOf } from '../route/question.ts'

/** Decides as often as it is asked to, JSON on both sides included. The clock of a Worker stands still meanwhile: the caller counts. */
let router: ReturnType<ReturnType<typeof createRouteCore>['createRouter']> | undefined

const seasoned = () => {
  const fresh = createRouteCore(routeModule).createRouter(policy)
  for (const observation of observations) fresh.observe(observation)
  return fresh
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { times } = (await request.json()) as { readonly times: number }
    router ??= seasoned()
    let decided = 0
    for (let i = 0; i < times; i++) if (router.route(requestOf(i)).gateway !== null) decided += 1
    return Response.json(decided)
  },
}
