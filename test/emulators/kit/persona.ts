/**
 * How a simulated gateway behaves: settings with a usual value each, changed for everyone, for one customer, or for what
 * comes next. Each simulator says which settings it has.
 */
type Patch<Persona> = { readonly [K in keyof Persona]?: Persona[K] | null }

/** `null` puts one setting back to usual. Without `next` and `msisdn` it is for everyone until changed. */
export type PersonaCommand<Persona> = Patch<Persona> & {
  /** Only the next n deposit initiations, and what follows from those deposits. */
  readonly next?: number
  /** Only deposits of this MSISDN. */
  readonly msisdn?: string
  /** First forget every persona set so far. */
  readonly reset?: boolean
}

export class UnknownPersonaError extends Error {
  override readonly name = 'UnknownPersonaError'
}

export interface Personas<Persona> {
  set(command: PersonaCommand<Persona>): Persona
  /** What sticks to the deposit that is being initiated; uses up one of `next`. */
  takeNext(): Partial<Persona>
  /** The settings in force now. `sticky` is what the deposit took with it. */
  of(msisdn?: string, sticky?: Partial<Persona>): Persona
  clear(): void
}

export const createPersonas = <Persona extends object>(usual: Persona): Personas<Persona> => {
  let everyone = usual
  const byMsisdn = new Map<string, Partial<Persona>>()
  let upcoming: { left: number; patch: Partial<Persona> }[] = []
  const clear = () => {
    everyone = usual
    byMsisdn.clear()
    upcoming = []
  }
  const settled = (patch: object): Partial<Persona> =>
    Object.fromEntries(
      Object.entries(patch).map(([name, value]) => {
        if (!(name in usual)) {
          throw new UnknownPersonaError(`no persona setting ${name}; there are ${Object.keys(usual).join(', ')}`)
        }
        return [name, value ?? usual[name as keyof Persona]]
      }),
    ) as Partial<Persona>
  return {
    clear,
    set: ({ next, msisdn, reset, ...rest }) => {
      const patch = settled(rest)
      if (reset) clear()
      if (next !== undefined) upcoming.push({ left: next, patch })
      else if (msisdn !== undefined) byMsisdn.set(msisdn, { ...byMsisdn.get(msisdn), ...patch } as Partial<Persona>)
      else everyone = { ...everyone, ...patch }
      return everyone
    },
    takeNext: () => {
      const taken = Object.assign({}, ...upcoming.map((entry) => entry.patch)) as Partial<Persona>
      upcoming = upcoming.map((entry) => ({ ...entry, left: entry.left - 1 })).filter((entry) => entry.left > 0)
      return taken
    },
    of: (msisdn, sticky) => ({ ...everyone, ...(msisdn ? byMsisdn.get(msisdn) : {}), ...sticky }),
  }
}
