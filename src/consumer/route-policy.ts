import * as v from 'valibot'
import type { RoutedGateway, RoutePolicy } from '../contracts/route.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { KNOWN_GATEWAYS } from './known-gateways.ts'

/** Names go into every decision, which is stored. */
const name = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9]{1,31}$/, 'a name is a to z and 0 to 9, 2 to 32 of them'))
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64))

const schema = v.strictObject({
  version: id,
  gateways: v.pipe(
    v.array(
      v.union(
        [
          name,
          v.strictObject({
            name,
            merchants: v.exactOptional(v.array(id)),
            statusCalls: v.exactOptional(v.boolean()),
            providers: v.exactOptional(v.array(v.looseObject({}))),
            capabilities: v.exactOptional(v.array(id)),
          }),
        ],
        'a name, or {"name": …, "merchants": […]}',
      ),
    ),
    v.minLength(1),
    v.maxLength(32),
  ),
  rules: v.exactOptional(v.pipe(v.array(v.looseObject({ id })), v.maxLength(200))),
  settings: v.exactOptional(v.looseObject({})),
})

type Named = Exclude<v.InferOutput<typeof schema>['gateways'][number], string>

/** What it serves is what its spec says, unless the policy says it: a part of it, say, or a gateway that is not in the repository. */
const routed = (given: Named): RoutedGateway | null => {
  const known = KNOWN_GATEWAYS.find((gateway) => gateway.name === given.name)
  const providers = (given.providers as RoutedGateway['providers'] | undefined) ?? known?.providers
  return providers ? { ...known, ...given, providers } : null
}

/**
 * `LANGO_ROUTING` (docs/routing.md) as far as it is not the router's to judge: gateways by their names, with what src/gateways
 * says of them. The error is for whoever deploys: what is wrong, and where.
 */
export const readRoutePolicy = (text: string): Result<RoutePolicy, string> => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return err('it is not JSON')
  }
  const parsed = v.safeParse(schema, json)
  if (!parsed.success)
    return err(parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'policy'}: ${issue.message}`).join('\n'))
  const gateways: RoutedGateway[] = []
  for (const [i, given] of parsed.output.gateways.entries()) {
    const gateway = routed(typeof given === 'string' ? { name: given } : given)
    if (!gateway) {
      const known = KNOWN_GATEWAYS.map((each) => each.name).join(', ')
      const unknown = typeof given === 'string' ? given : given.name
      return err(
        `gateways.${i}: src/gateways has no \`${unknown}\`, only ${known}: name one, or add its providers here`,
      )
    }
    gateways.push(gateway)
  }
  // Rules and settings are the router's to read: it refuses what it does not know.
  return ok({ ...parsed.output, gateways } as unknown as RoutePolicy)
}
