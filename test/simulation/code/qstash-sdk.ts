/** Stands in for `@upstash/qstash`: the calls that our adapters make, carried to the simulated queue. */
export interface Publish {
  readonly url: string
  readonly body: string
  readonly deduplicationId: string
}

interface Wired {
  readonly langoQueue: { publish(message: Publish): Promise<{ messageId: string }> }
}

export class Client {
  publish(message: Publish): Promise<{ messageId: string }> {
    return (globalThis as unknown as Wired).langoQueue.publish(message)
  }
}

/** The queue's signature is the word `signed` and the address: what it protects is not what is simulated. */
export class Receiver {
  async verify(input: { readonly signature: string; readonly url: string }): Promise<boolean> {
    return input.signature === `signed ${input.url}`
  }
}
