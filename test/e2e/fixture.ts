import '../../scripts/stack/environment.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { type Stack, type StackOptions, startStack } from '../../scripts/stack/stack.ts'
import { place, search } from '../scan/forms.ts'
import { filesOf, forbidden, memoryOf } from '../scan/stack.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field, whatever their shape
  readonly body: any
}

/** The running stack of one test file: free ports, a state directory of its own, every log line kept. */
export interface Fixture {
  readonly stack: Stack
  readonly logs: string[]
  pay(body: Record<string, unknown>, headers?: Record<string, string>): Promise<Answer>
  get(id: string): Promise<Answer>
  /** Polls until `done` says yes, and returns that answer. */
  until(id: string, done: (payment: Answer['body']) => boolean, timeoutMs?: number): Promise<Answer['body']>
}

let counter = 0
const unique = Date.now().toString(36)

/** A body that is right and like no other. */
export const order = (over: Record<string, unknown> = {}): Record<string, unknown> => ({
  sessionId: `session-${unique}-${++counter}`,
  invoice: `INV-${unique}-${counter}`,
  amount: '15.50',
  currency: 'ZMW',
  phoneNumber: '260763456789',
  ...over,
})

export const freshKey = (): string => `key-${unique}-${++counter}`

export const json = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  let body: Answer['body'] = text
  try {
    body = JSON.parse(text)
  } catch {
    // An empty or HTML body is looked at as text.
  }
  return { status: response.status, headers: response.headers, body }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits until `check` returns something; fails with the last value seen. */
export const eventually = async <T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 15_000,
): Promise<T> => {
  const until = Date.now() + timeoutMs
  for (;;) {
    const value = await check()
    if (value) return value
    if (Date.now() > until) throw new Error(`not so within ${timeoutMs} ms: ${check.toString()}`)
    await sleep(50)
  }
}

/** Numbers, tokens and keys that are where they should not be, once the stack has stopped and everything is on the disk. */
const leftBehind = async (stack: Stack, logs: readonly string[]): Promise<string[]> => {
  const forms = forbidden(stack)
  const memory = await memoryOf(stack)
  await stack.close()
  const found = search([...logs.map((line) => place('log', line)), ...memory, ...filesOf(stack.stateDir)], forms)
  // The queue keeps its own signing keys in its own file, once they were rotated.
  return found.filter((what) => !/^file qstash\.sqlite.*: the secret qstash(Current|Next)SigningKey$/.test(what))
}

export const useStack = (options: Partial<StackOptions> = {}): Fixture => {
  const logs: string[] = []
  let running: Stack | undefined
  let stateDir: string | undefined
  beforeAll(async () => {
    stateDir = mkdtempSync(path.join(tmpdir(), 'lango-e2e-'))
    running = await startStack({
      ports: { edge: 0, consumer: 0, redis: 0, qstash: 0, pawapay: 0 },
      stateDir,
      redis: 'auto',
      onLog: (line) => logs.push(line),
      ...options,
    })
  })
  // T55, of every file of tests that has a stack: when all is over, what it wrote is searched.
  afterAll(async () => {
    const found = running ? await leftBehind(running, logs) : []
    if (stateDir) rmSync(stateDir, { recursive: true, force: true })
    expect(found).toEqual([])
  })
  const stack = (): Stack => {
    if (!running) throw new Error('the stack is not running')
    return running
  }
  const call = async (target: string, init?: RequestInit): Promise<Answer> =>
    json(
      await fetch(`${stack().edgeUrl}${target}`, {
        ...init,
        headers: { authorization: `Bearer ${stack().secretKey}`, ...(init?.headers as Record<string, string>) },
      }),
    )
  const fixture: Fixture = {
    get stack() {
      return stack()
    },
    logs,
    pay: (body, headers = {}) =>
      call('/v1/payments', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': freshKey(), ...headers },
        body: JSON.stringify(body),
      }),
    get: (id) => call(`/v1/payments/${id}`),
    until: async (id, done, timeoutMs) => {
      let last: Answer | undefined
      try {
        return await eventually(async () => {
          last = await fixture.get(id)
          return last.status === 200 && done(last.body) ? last.body : undefined
        }, timeoutMs)
      } catch (error) {
        throw new Error(`${(error as Error).message}; last seen: ${JSON.stringify(last?.body)}`)
      }
    },
  }
  return fixture
}

/** How many deposits with this reference reached the gateway, and how often it took the money. */
export const atGateway = (fixture: Fixture, reference: string) => ({
  deposits: fixture.stack.pawapay
    .requests()
    .filter((request) => request.method === 'POST' && request.body.includes(reference)).length,
  captures: fixture.stack.pawapay.captures().filter((capture) => capture.reference === reference).length,
})

/** I5 over the whole database: every entry balances, and the ledger holds exactly these references. */
export const expectLedger = async (fixture: Fixture, references: readonly string[]): Promise<void> => {
  const { database } = fixture.stack
  expect((await database.prepare('SELECT * FROM ledger_imbalance').all()).results).toEqual([])
  for (const reference of references) {
    const { results } = await database
      .prepare(
        'SELECT p.account, p.direction, p.amount_minor, p.currency FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id WHERE e.reference = ? ORDER BY p.direction DESC',
      )
      .bind(reference)
      .all<{ direction: string; amount_minor: number }>()
    expect(results.map((row) => row.direction).toSorted()).toEqual(['credit', 'debit'])
    expect(results[0]?.amount_minor).toBe(results[1]?.amount_minor)
  }
}
