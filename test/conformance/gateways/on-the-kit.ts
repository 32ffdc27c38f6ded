import type { Gateway, GatewayPersona } from '../../emulators/kit/gateway.ts'
import type { PersonaCommand } from '../../emulators/kit/persona.ts'
import type { Simulator } from './description.ts'

/** A simulator that stands on the kit's frame, as the suite drives it. */
export const onTheKit = <Persona extends GatewayPersona>(gateway: Gateway<Persona>): Simulator => ({
  url: gateway.url,
  requests: gateway.requests,
  captures: gateway.captures,
  behave: ({ on = 'create', own = {}, ...manner }) => {
    gateway.persona({ faultsOn: [on], ...manner, ...own } as unknown as PersonaCommand<Persona>)
  },
  advance: gateway.advance,
  reset: gateway.reset,
  close: gateway.close,
})
