// The routes of a collector become one OpenAPI 3.1 document (spec.openapis.org/oas/v3.1): paths, schemas, who may call, codes.
import { z } from 'zod'
import { refusals, type RefusalCode } from '../errors'
import { answers } from './answers'
import {
  bodies,
  everywhere,
  operations,
  parameterNotes,
  type Credential,
  type Operation,
  type Told,
} from './operations'

/** A schema of JSON, draft 2020-12, as far as this document uses it. */
export interface JsonSchema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  format?: string
  description?: string
  default?: unknown
  minimum?: number
  maximum?: number
  properties?: Record<string, JsonSchema>
  additionalProperties?: boolean | JsonSchema
  required?: string[]
  items?: JsonSchema
  anyOf?: JsonSchema[]
  [more: string]: unknown
}

export interface DescribedParameter {
  name: string
  in: 'path' | 'query'
  required: boolean
  description?: string
  schema: JsonSchema
  example?: string | number
}

type Content = Record<string, { schema?: JsonSchema; example?: unknown }>

export interface DescribedResponse {
  description: string
  headers?: Record<string, { description: string; schema: JsonSchema }>
  content?: Content
}

export interface DescribedOperation {
  operationId: string
  summary: string
  description?: string
  tags: string[]
  security: Record<string, string[]>[]
  parameters?: DescribedParameter[]
  requestBody?: { required: boolean; content: Content }
  responses: Record<string, DescribedResponse>
  /** Whether the values of the examples make a call that works. */
  'x-example'?: true
}

export interface ApiDescription {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } }
  servers: { url: string }[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, DescribedOperation>>
  components: { schemas: Record<string, JsonSchema>; securitySchemes: Record<string, object> }
}

const tagNotes: Record<Operation['tag'], string> = {
  Events: 'What visitors saw and did, on its way in.',
  Catalogue: 'What is known about content: owner, visibility, length.',
  Statistics: 'The questions. Every answer says how its numbers were made.',
  Viewers: 'What people may ask of their own data.',
  Operation: 'For those who run the collector.',
  Tests: 'Only with a database in memory.',
}

const securitySchemes: Record<Exclude<Credential, 'nobody'>, object> = {
  admin: { type: 'http', scheme: 'bearer', description: 'An admin token, from `sightline token create`.' },
  user: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token that your site signed for its user. Statistics ask for `role: "moderator"` in it.',
  },
  share: { type: 'http', scheme: 'bearer', description: 'The token of a share link, from `POST /v1/shares`.' },
  anonymousId: {
    type: 'apiKey',
    in: 'header',
    name: 'Sightline-Anonymous-Id',
    description: "The SDK's anonymous id. Whoever knows it, holds it.",
  },
  metrics: { type: 'http', scheme: 'bearer', description: 'The value of METRICS_TOKEN, if it is set.' },
}

const uri = (name: string) => `#/components/schemas/${name}`

/** Describes the routes of one collector, named as the router does: `GET /v1/content/:type/:id`. */
export function describeApi(routes: readonly string[], version: string): ApiDescription {
  const described = Object.entries(operations).filter(([route]) => routes.includes(route))
  const paths: ApiDescription['paths'] = {}
  for (const [route, operation] of described) {
    const [method = '', path = ''] = route.split(' ')
    const key = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[key] = { ...paths[key], [method.toLowerCase()]: describeOperation(route, operation) }
  }
  const used = new Set(described.map(([, { tag }]) => tag))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sightline collector',
      version,
      description:
        'Stores events once and answers questions about them. Answers may get new fields; codes of errors keep their meaning.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: (Object.keys(tagNotes) as Operation['tag'][])
      .filter((name) => used.has(name))
      .map((name) => ({ name, description: tagNotes[name] })),
    paths,
    components: {
      schemas: { ...components(bodies, 'input'), ...components(answers, 'output') },
      securitySchemes,
    },
  }
}

function describeOperation(route: string, operation: Operation): DescribedOperation {
  const { summary, detail, tag, credentials, body, example } = operation
  const parameters = [...pathParameters(route, operation), ...queryParameters(operation)]
  return {
    operationId: operationId(route),
    summary,
    ...(detail !== undefined && { description: detail }),
    tags: [tag],
    security: credentials.map((name) => (name === 'nobody' ? {} : { [name]: [] })),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: {
        required: !operation.bodyIsOptional,
        content: {
          'application/json': {
            schema: { $ref: uri(body) },
            ...(example?.body !== undefined && { example: example.body }),
          },
          'text/plain': { schema: { $ref: uri(body) } },
        },
      },
    }),
    responses: describeResponses(operation),
    ...(example && { 'x-example': true }),
  }
}

/** `GET /v1/me/opt-out` → `getMeOptOut`. */
function operationId(route: string): string {
  const words = route
    .replace(/^(\w+) (\/v1)?/, (_all, method: string) => `${method.toLowerCase()} `)
    .split(/[^A-Za-z]+/)
  return words.map((word, index) => (index === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1))).join('')
}

function pathParameters(route: string, { example }: Operation): DescribedParameter[] {
  return [...route.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    ...noteOf(name),
    schema: { type: 'string' },
    ...(example?.path?.[name] !== undefined && { example: example.path[name] }),
  }))
}

function queryParameters({ query, example }: Operation): DescribedParameter[] {
  if (!query) return []
  const { properties = {}, required = [] } = toJson(query, 'input')
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...noteOf(name),
    schema,
    ...exampleOf(schema, example?.query?.[name]),
  }))
}

const exampleOf = ({ type }: JsonSchema, text: string | undefined) =>
  text === undefined ? {} : { example: type === 'integer' ? Number(text) : text }

const noteOf = (name: string) => (parameterNotes[name] === undefined ? {} : { description: parameterNotes[name] })

function describeResponses({ answers: told, refusals: own }: Operation): Record<string, DescribedResponse> {
  const byStatus = new Map<number, RefusalCode[]>()
  for (const code of new Set([...own, ...everywhere])) {
    const { status } = refusals[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const statuses = [...new Set([...Object.keys(told).map(Number), ...byStatus.keys()])].toSorted((a, b) => a - b)
  return Object.fromEntries(
    statuses.map((status) => [status, describeResponse(told[status], byStatus.get(status) ?? [])]),
  )
}

function describeResponse(told: Told | undefined, codes: readonly RefusalCode[]): DescribedResponse {
  const sentences = codes.map((code) => `\`${code}\`: ${refusals[code].message}`)
  const mayReturn = codes.some((code) => 'retryAfterSeconds' in refusals[code])
  const headers = mayReturn
    ? { headers: { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } } }
    : {}
  const schemas = [
    ...(typeof told === 'string' && told !== 'nothing' ? [{ $ref: uri(told) }] : []),
    ...(codes.length > 0 ? [refusalSchema(codes)] : []),
  ]
  const [first] = schemas
  const asJson = first && { 'application/json': { schema: schemas.length > 1 ? { anyOf: schemas } : first } }
  const asText = typeof told === 'object' ? { [told.mediaType]: {} } : undefined
  const own = typeof told === 'object' ? told.description : told === 'nothing' ? 'Done; no body.' : ''
  return {
    description: [own, ...sentences].filter(Boolean).join('\n\n') || 'As asked for.',
    ...headers,
    ...((asJson ?? asText) && { content: { ...asJson, ...asText } }),
  }
}

const refusalSchema = (codes: readonly RefusalCode[]): JsonSchema => ({
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string', enum: [...codes] }, message: { type: 'string' } },
    },
  },
})

function components(schemas: Record<string, z.ZodType>, io: 'input' | 'output'): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id })
  const { schemas: found } = z.toJSONSchema(registry, { ...conversion(io), uri })
  return Object.fromEntries(
    Object.entries(found).map(([name, { $schema: _draft, $id: _id, ...schema }]) => [name, schema as JsonSchema]),
  )
}

const toJson = (schema: z.ZodType, io: 'input' | 'output') => z.toJSONSchema(schema, conversion(io)) as JsonSchema

function conversion(io: 'input' | 'output') {
  return {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.JSONSchema }) {
      // Checked by code of our own; the only such value is `metadata`.
      if (zodSchema instanceof z.ZodCustom) jsonSchema.type = 'object'
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      // An answer may get a new field without a new version.
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
      // `propertyNames: { type: 'string' }` says nothing that JSON does not.
      delete jsonSchema.propertyNames
    },
  } as const
}
