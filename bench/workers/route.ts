import { createDecideCore } from '../../src/core/decide.ts'
import decideModule from '../../src/core/generated/decide.wasm'
import routeModule from '../../src/core/generated/route.wasm'
import { createRouteCore } from '../../src/core/route.ts'
import { observations, policy, requestOf } from '../route/question.ts'

/**
 * Decides as often as it is asked to: from what the payment's object has in its hand to the text that it stores. Or makes as many
 * calls into the router that decide nothing. The clock of a Worker stands still meanwhile: the caller counts.
 */
let router: ReturnType<ReturnType<typeof createRouteCore>['createRouter']> | undefined

const seasoned = () => {
  const fresh = createRouteCore(routeModule).createRouter(policy)
  for (const observation of observations) fresh.observe(observation)
  return fresh
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { times, empty } = (await request.json()) as { readonly times: number; readonly empty: boolean }
    router ??= seasoned()
    const { providersOf } = createDecideCore(decideModule)
    let answered = 0
    for (let i = 0; i < times; i++) {
      if (empty) answered += router.probesDue(0).length + 1
      else {
        const { gateway, record } = router.route(requestOf(i, providersOf))
        if (gateway !== null && record.length > 0) answered += 1
      }
    }
    return Response.json(answered)
  },
}
