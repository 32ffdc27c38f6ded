import { loadSecrets } from '../../scripts/stack/secrets.ts'
import type { Stack } from '../../scripts/stack/stack.ts'

interface Text {
  readonly where: string
  readonly text: string
}

const numbersAt = ({ pawapay }: Pick<Stack, 'pawapay'>): string[] => {
  const found = pawapay.requests().flatMap(({ body }) => [...body.matchAll(/"phoneNumber"\s*:\s*"(\d+)"/g)])
  return [...new Set(found.flatMap(([, digits]) => digits ?? []))]
}

/** Name → what must be nowhere. A number counts in its national form, too: the last nine digits. */
const secretsOf = (stack: Stack): readonly (readonly [string, string])[] => {
  const held = loadSecrets(stack.stateDir)
  const [, pem = ''] = held.pawapaySigningKey.split('\n')
  return [
    ['API key', stack.secretKey],
    ['Redis token', held.redisToken],
    ['QStash token', stack.qstash.token],
    ['QStash signing key', stack.qstash.currentSigningKey],
    ['QStash next signing key', stack.qstash.nextSigningKey],
    ['fingerprint key', held.fingerprintKey],
    ['attestation key', held.attestationKey],
    ['personal-data key', held.personalKey],
    ['gateway token', held.pawapayToken],
    ['gateway signing key', pem],
    ...numbersAt(stack).map((digits) => ['phone number', digits.slice(-9)] as const),
  ]
}

const deadLetters = async ({ qstash }: Stack): Promise<Text[]> => {
  const response = await fetch(`${qstash.url}/v2/dlq`, { headers: { authorization: `Bearer ${qstash.token}` } })
  const { messages } = (await response.json()) as { messages: readonly { readonly body?: string }[] }
  return messages.map((message) => ({ where: 'dead letter', text: JSON.stringify(message) }))
}

const rows = async ({ database }: Stack): Promise<Text[]> => {
  const { results: tables } = await database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
    .all<{ name: string }>()
  const texts: Text[] = []
  for (const { name } of tables) {
    const { results } = await database.prepare(`SELECT * FROM "${name}"`).all()
    texts.push(...results.map((row) => ({ where: `D1 ${name}`, text: JSON.stringify(row) })))
  }
  return texts
}

const textsOf = async (stack: Stack, logs: readonly string[], payments: readonly string[]): Promise<Text[]> => {
  const histories = payments.map(async (id): Promise<Text> => {
    const payment = await stack.payment(id)
    return { where: `object ${id}`, text: JSON.stringify([await payment.history(), await payment.state()]) }
  })
  return [
    ...logs.map((text) => ({ where: 'log', text })),
    ...stack.qstash.published().map((message) => ({ where: 'queue', text: JSON.stringify(message) })),
    ...(await deadLetters(stack)),
    ...(await stack.redis.control.keys()).map((key) => ({ where: 'Redis', text: JSON.stringify(key) })),
    ...(await rows(stack)),
    ...(await Promise.all(histories)),
  ]
}

/**
 * T55: full phone numbers, tokens and keys in logs, queue messages, dead letters, Redis, D1 or the given payments' objects.
 * Says where and of what kind, never the secret itself; empty when there is none.
 */
export const scanForSecrets = async (
  stack: Stack,
  logs: readonly string[],
  payments: readonly string[] = [],
): Promise<string[]> => {
  const secrets = secretsOf(stack)
  const found = new Set<string>()
  for (const { where, text } of await textsOf(stack, logs, payments))
    for (const [name, secret] of secrets) if (text.includes(secret)) found.add(`${where}: ${name}`)
  return [...found]
}
