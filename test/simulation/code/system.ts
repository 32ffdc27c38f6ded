import { pathToFileURL } from 'node:url'
import type { DecideCore } from '../../../src/contracts/decide.ts'
import type { PaymentObjectRpc } from '../../../src/contracts/payment-object.ts'
import type { LightResponse } from './http.ts'

export interface ExecutionContext {
  waitUntil(work: Promise<unknown>): void
}

export interface Worker {
  fetch(request: Request, env: unknown, ctx: ExecutionContext): Promise<LightResponse>
}

/** Our code as it was bundled: what the simulation runs. */
export interface System {
  readonly PaymentObject: new (ctx: unknown, env: unknown) => PaymentObjectRpc & { alarm(): Promise<void> }
  /** A new isolate's Worker, with caches and breaker of its own. */
  readonly createWorker: () => Worker
  readonly consumer: Worker
  readonly decideCore: () => DecideCore
  readonly redisScripts: Readonly<Record<'CLAIM' | 'RELEASE' | 'KEEP' | 'READ', string>>
}

export const loadSystem = async (file: string): Promise<System> =>
  (await import(pathToFileURL(file).href)) as unknown as System
