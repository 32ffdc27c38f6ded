/** Patches what all code of an isolate goes through, as poisoned npm packages do, and shows each value to `see`. */

type Method = (...args: unknown[]) => unknown
type Holder = Record<string, unknown>

const { apply, construct, ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect

/** May take the place of arguments, or of the answer. */
export interface Tamper {
  args(name: string, args: unknown[]): unknown[]
  answer(name: string, answer: unknown): unknown
}

const replaceMethod = (holder: Holder, name: string, see: (value: unknown) => void, tamper: Tamper): void => {
  const original = holder[name] as Method
  const patched = function (this: unknown, ...given: unknown[]): unknown {
    const args = tamper.args(name, given)
    see(this)
    see(args)
    const answer = tamper.answer(name, apply(original, this, args))
    see(answer)
    return answer
  }
  defineProperty(holder, name, { value: patched, writable: true, configurable: true })
}

const replaceClass = (name: string, see: (value: unknown) => void, tamper: Tamper): void => {
  const holder = globalThis as unknown as Holder
  const original = holder[name] as Method
  const patched = new Proxy(original, {
    construct(target, given, newTarget) {
      const args = tamper.args(name, given)
      see(args)
      const made = construct(target, args, newTarget === patched ? target : newTarget) as object
      see(made)
      return made
    },
  })
  defineProperty(holder, name, { value: patched, writable: true, configurable: true })
}

const CLASSES = ['Request', 'Response', 'Headers', 'URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'Map', 'Set']

/** Every method of these, symbols and getters apart. */
const prototypes = (): Record<string, Holder> =>
  ({
    Request: Request.prototype,
    Response: Response.prototype,
    Headers: Headers.prototype,
    TextEncoder: TextEncoder.prototype,
    TextDecoder: TextDecoder.prototype,
    SubtleCrypto: Object.getPrototypeOf(crypto.subtle),
    Crypto: Object.getPrototypeOf(crypto),
    Map: Map.prototype,
    WeakMap: WeakMap.prototype,
    Uint8Array: Object.getPrototypeOf(Uint8Array.prototype),
    JSON,
    Object,
    Reflect,
    WebAssembly,
  }) as unknown as Record<string, Holder>

/** Of those that everything uses, the ones through which texts and objects go. */
const CHOSEN: Readonly<Record<string, readonly string[]>> = {
  Array: ['map', 'join', 'push', 'includes', 'find', 'concat', 'slice'],
  String: ['slice', 'split', 'startsWith', 'toLowerCase', 'concat', 'trim'],
  Function: ['call', 'apply', 'bind'],
  Promise: ['then'],
}

/** Names that somebody may look for on any object: setting them is seen, and what is set is what it would have been. */
const POLLUTED = ['env', 'token', 'vault', 'executionCtx', 'secret', 'signingKey']

export const patchEverything = (see: (value: unknown) => void, tamper: Tamper): void => {
  for (const [owner, holder] of Object.entries(prototypes()))
    for (const name of ownKeys(holder)) {
      const property = getOwnPropertyDescriptor(holder, name)
      if (typeof name !== 'string' || typeof property?.value !== 'function' || !property.configurable) continue
      // Classes among them stay: what they make is seen by its methods.
      if (name !== 'constructor' && !/^[A-Z]/.test(name)) replaceMethod(holder, name, see, tamper)
      else if (owner === 'WebAssembly') (holder as Holder)[name] = watched(property.value as Method, see)
    }
  const chosen: Record<string, Holder> = {
    Array: Array.prototype,
    String: String.prototype,
    Function: Function.prototype,
    Promise: Promise.prototype,
  } as unknown as Record<string, Holder>
  for (const [owner, names] of Object.entries(CHOSEN))
    for (const name of names) replaceMethod(chosen[owner] as Holder, name, see, tamper)
  replaceMethod(globalThis as unknown as Holder, 'fetch', see, tamper)
  for (const name of CLASSES) replaceClass(name, see, tamper)
  for (const name of POLLUTED)
    defineProperty(Object.prototype, name, {
      configurable: true,
      get: () => undefined,
      set(this: object, value: unknown) {
        see(value)
        defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true })
      },
    })
}

/** `WebAssembly.Instance` as a dependency that came before it would leave it: whoever makes one shows it. */
const watched = (original: Method, see: (value: unknown) => void): Method =>
  new Proxy(original, {
    construct(target, args, newTarget) {
      const made = construct(target, args, newTarget) as object
      see(args)
      see(made)
      see((made as { readonly exports?: unknown }).exports)
      return made
    },
  })
