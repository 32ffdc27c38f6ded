import type { PersonaCommand } from '../../../test/emulators/pawapay/persona.ts'

export type { PersonaCommand }

export type Port = 'edge' | 'consumer' | 'redis' | 'qstash' | 'pawapay'

export interface StartOptions {
  /** 0, as it is if not said: free ones. */
  readonly ports?: 0 | Readonly<Partial<Record<Port, number>>>
  /** How the gateway behaves from the start; `lango.persona` changes it later. */
  readonly persona?: PersonaCommand
  /**
   * The gateway's and its customers' time. `running`, as it is if not said: with the wall clock; a deposit settles after
   * 300 ms. `stopped`: nothing settles until `advance`.
   */
  readonly clock?: 'running' | 'stopped'
  /** Each log line of the Workers, as JSON. */
  readonly onLog?: (line: string) => void
}

/** Money that the gateway took. */
export interface Capture {
  readonly reference: string
  readonly amount: string
  readonly currency: string
  /** Digits with country code. */
  readonly msisdn: string
  readonly provider: string
}

/** A Lango of one's own, on loopback. */
export interface TestLango {
  /** `baseUrl` of the SDK. */
  readonly url: string
  /** A secret key of its one merchant, in test mode. */
  readonly apiKey: string
  /** Changes how the gateway behaves; throws on a setting that there is not. */
  persona(command: PersonaCommand): void
  /** Pushes the time of gateway, queue and payments ahead, and waits until what fell due has been done. */
  advance(ms: number): Promise<void>
  /** What the customer (or the operator's clerk) does about the payment's latest attempt, now: also after it failed. */
  settle(paymentId: string, outcome: 'COMPLETED' | 'FAILED', failureCode?: string): Promise<void>
  /** All money that the gateway took, in order: what a test of "charged once" counts. */
  captures(): readonly Capture[]
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export type StartLango = (options?: StartOptions) => Promise<TestLango>
