import type { DecideCore } from '../contracts/decide.ts'
import type { RouteCore } from '../contracts/route.ts'
import { createDecideCore } from '../core/decide.ts'
import decideModule from '../core/decide-module.ts'
import { createRouteCore } from '../core/route.ts'
import routeModule from '../core/route-module.ts'

let core: DecideCore | undefined
let routes: RouteCore | undefined

/** One instance per isolate, made at first use: it holds no state between calls. */
export const decideCore = (): DecideCore => {
  core ??= createDecideCore(decideModule)
  return core
}

/** Made at first use, which a deployment without a routing policy never has. What was observed is in the routers. */
export const routeCore = (): RouteCore => {
  routes ??= createRouteCore(routeModule)
  return routes
}
