import { toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema'
import type * as v from 'valibot'
import { PROBLEMS, type ProblemCode } from '../problem-catalogue.ts'
import { ANSWERS } from './answers.ts'
import type { Answer, Operation } from './operation.ts'
import { OPERATIONS } from './operations.ts'
import { REQUESTS } from './requests.ts'

type Json = Readonly<Record<string, unknown>>

/** What cannot be said in JSON Schema is checked all the same; `metadata` of a schema says the part that can. */
const requestSchema = (schema: v.GenericSchema): Json => {
  const { $schema: _, ...rest } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    errorMode: 'ignore',
  }) as Json
  return rest
}

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })

/** What every holder of a key may meet, whatever they ask. */
const OF_KEYS: readonly ProblemCode[] = ['unauthenticated', 'rate_limited', 'unavailable', 'internal']
const OF_BODIES: readonly ProblemCode[] = ['invalid_request', 'unsupported_media_type', 'body_too_large']

const problemsOf = (operation: Operation): readonly ProblemCode[] => {
  if (operation.keys === 'none') return operation.problems ?? []
  return [
    ...new Set([
      ...(operation.problems ?? []),
      ...OF_KEYS,
      operation.keys === 'secret' ? ('key_scope' as const) : ('origin_not_allowed' as const),
      ...(operation.request ? OF_BODIES : []),
      ...(operation.query ? (['invalid_request'] as const) : []),
      ...(operation.pathParameters ? (['not_found'] as const) : []),
    ]),
  ]
}

const headersOf = (headers: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  )

const answerOf = ({ description, body, mediaType, headers }: Answer): Json => ({
  description,
  ...(headers ? { headers: headersOf(headers) } : {}),
  ...(body ? { content: { 'application/json': { schema: ref(body) } } } : {}),
  ...(mediaType ? { content: { [mediaType]: { schema: { type: 'string' } } } } : {}),
})

/** One answer for all problems of a status; `code` tells them apart. */
const problemAnswers = (codes: readonly ProblemCode[]): Json =>
  Object.fromEntries(
    [...Map.groupBy(codes, (code) => PROBLEMS[code].status)].map(([status, those]) => [
      status,
      {
        description: those.map((code) => `${code}: ${PROBLEMS[code].title}.`).join(' '),
        ...(status === 429 || status === 503
          ? { headers: headersOf({ 'Retry-After': 'Seconds until it is worth another try.' }) }
          : {}),
        content: {
          'application/problem+json': {
            schema: { allOf: [ref('Problem'), { properties: { code: { enum: those } } }] },
          },
        },
      },
    ]),
  )

/** Query parameters arrive as text; `metadata` says which of them are whole numbers. */
const queryParameters = (query: v.ObjectSchema<v.ObjectEntries, undefined>): readonly Json[] => {
  const { properties = {}, required = [] } = requestSchema(query) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, schema]) => {
    const { pattern, default: byDefault, ...rest } = schema
    const isNumber = rest['type'] === 'integer'
    return {
      name,
      in: 'query',
      required: required.includes(name),
      schema: {
        ...rest,
        ...(pattern === undefined || isNumber ? {} : { pattern }),
        ...(byDefault === undefined ? {} : { default: isNumber ? Number(byDefault) : byDefault }),
      },
    }
  })
}

const bodyOf = ([name, ...others]: readonly [string, ...string[]]): Json =>
  others.length === 0 ? ref(name) : { oneOf: [name, ...others].map(ref) }

const SECURITY = { none: [], secret: [{ secretKey: [] }], any: [{ secretKey: [] }, { publishableKey: [] }] } as const

const operationOf = (operation: Operation): Json => {
  const { id, tag, summary, description, keys, pathParameters = {}, query, headers = [], request, answers } = operation
  const parameters = [
    ...Object.entries(pathParameters).map(([name, what]) => ({
      name,
      in: 'path',
      required: true,
      description: what,
      schema: { type: 'string' },
    })),
    ...(query ? queryParameters(query) : []),
    ...headers.map((header) => ({ in: 'header', ...header })),
  ]
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description ? { description } : {}),
    security: SECURITY[keys],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(request
      ? {
          requestBody: {
            required: request.required,
            content: { [request.mediaType ?? 'application/json']: { schema: bodyOf(request.names) } },
          },
        }
      : {}),
    responses: {
      ...problemAnswers(problemsOf(operation)),
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)])),
    },
  }
}

const schemas = (): Json => {
  const answers = toJsonSchemaDefs(ANSWERS, {
    target: 'draft-2020-12',
    errorMode: 'ignore',
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  })
  const requests = Object.entries(REQUESTS).map(
    // Unknown members are refused, by name.
    ([name, schema]) => [name, { ...requestSchema(schema), additionalProperties: false }] as const,
  )
  return { ...answers, ...Object.fromEntries(requests) }
}

/** The API description, OpenAPI 3.1: made of the schemas that check requests and of the catalogue of problems. */
export const buildOpenApi = (origin: string): Json => {
  const byPath = Map.groupBy(OPERATIONS, ({ path }) => path)
  return {
    openapi: '3.1.1',
    info: {
      title: 'Lango',
      version: '1.0.0',
      summary: 'Mobile-money payments: charged once, whatever the network does.',
      description:
        'Amounts are decimal strings, times RFC 3339 UTC. Errors are application/problem+json (RFC 9457) with a stable `code`. Readers ignore fields that they do not know.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: origin }],
    tags: [...new Set(OPERATIONS.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: Object.fromEntries(
      [...byPath].map(([path, operations]) => [
        path,
        Object.fromEntries(operations.map((operation) => [operation.method, operationOf(operation)])),
      ]),
    ),
    components: {
      schemas: schemas(),
      securitySchemes: {
        secretKey: { type: 'http', scheme: 'bearer', description: 'sk_test_… or sk_live_…, from your server only.' },
        publishableKey: { type: 'http', scheme: 'bearer', description: 'pk_test_… or pk_live_…, from a browser.' },
      },
    },
    'x-problems': Object.entries(PROBLEMS).map(([code, problem]) => ({ code, ...problem })),
  }
}
