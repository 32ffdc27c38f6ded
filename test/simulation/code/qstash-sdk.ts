/** Stands in for `@upstash/qstash`: what our adapters use of it and is simulated. */
export class Client {}

/** The queue's signature is the word `signed` and the address: what it protects is not what is simulated. */
export class Receiver {
  async verify(input: { readonly signature: string; readonly url: string }): Promise<boolean> {
    return input.signature === `signed ${input.url}`
  }
}
