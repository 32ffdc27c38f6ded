import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { loadSecrets } from '../../scripts/stack/secrets.ts'
import type { Stack } from '../../scripts/stack/stack.ts'
import { type Form, formsOf, numberForms, type Place, place } from './forms.ts'

/** The development stack's own vault for secrets, which in production no file holds. */
const SECRETS_FILE = 'secrets.json'

/** Of every number that the gateway was asked about: whatever reached it went through everything else. */
export const numbersAt = ({ pawapay }: Pick<Stack, 'pawapay'>): string[] => {
  const found = pawapay.requests().flatMap(({ body }) => [...body.matchAll(/"phoneNumber"\s*:\s*"(\d{11,})"/g)])
  return [...new Set(found.flatMap(([, digits]) => digits ?? []))]
}

export const secretForms = (stack: Stack): Form[] => {
  const held = loadSecrets(stack.stateDir)
  const [, pem = ''] = held.pawapaySigningKey.split('\n')
  const secrets: Readonly<Record<string, string>> = {
    ...held,
    pawapaySigningKey: pem,
    apiKey: stack.secretKey,
    qstashToken: stack.qstash.token,
    qstashCurrentSigningKey: stack.qstash.currentSigningKey,
    qstashNextSigningKey: stack.qstash.nextSigningKey,
  }
  return Object.entries(secrets).flatMap(([name, secret]) => formsOf(`the secret ${name}`, secret))
}

export const forbidden = (stack: Stack, numbers: readonly string[] = []): Form[] => [
  ...[...new Set([...numbers, ...numbersAt(stack)])].flatMap(numberForms),
  ...secretForms(stack),
]

/** Every file of a state directory, as bytes: objects, D1 and its freed pages, what the queue keeps, archives. */
export const filesOf = (stateDir: string): Place[] =>
  globSync('**/*', { cwd: stateDir, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== SECRETS_FILE)
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({ where: `file ${path.relative(stateDir, file)}`, bytes: readFileSync(file) }))

const rows = async ({ database }: Stack): Promise<Place[]> => {
  const { results: tables } = await database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
    .all<{ name: string }>()
  return Promise.all(
    tables.map(async ({ name }) =>
      place(`D1 ${name}`, JSON.stringify((await database.prepare(`SELECT * FROM "${name}"`).all()).results)),
    ),
  )
}

const asked = async (where: string, url: string, token: string): Promise<Place> =>
  place(where, await (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).text())

/** What is kept in memory by what runs beside the Workers: Redis, the queue with its dead letters. */
export const memoryOf = async ({ redis, qstash }: Stack): Promise<Place[]> => [
  place('Redis', JSON.stringify(await redis.control.keys())),
  ...qstash.published().map((message) => place('queue message', JSON.stringify(message))),
  ...qstash.deliveries().map((delivery) => place('delivery', JSON.stringify(delivery))),
]

/** Everything that a running stack holds, logs apart. */
export const placesOf = async (stack: Stack): Promise<Place[]> => {
  const { operatorKey } = loadSecrets(stack.stateDir)
  const operator = (what: string) =>
    asked(`operator route ${what}`, `${stack.consumerUrl}/operator/${what}`, operatorKey)
  return [
    ...(await memoryOf(stack)),
    await asked('dead letters', `${stack.qstash.url}/v2/dlq`, stack.qstash.token),
    ...(await rows(stack)),
    await operator('dlq'),
    await operator('erasures'),
    ...filesOf(stack.stateDir),
  ]
}
