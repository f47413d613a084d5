// A client that knows nothing but /openapi.json: it fills in the examples, sends, and checks what comes back.
import { z } from 'zod'
import type { ApiDescription, DescribedOperation, JsonSchema } from '../../src/description/openapi'

export interface Call {
  operationId: string
  status: number
  /** What is wrong with the request or the answer by the description. */
  problems: string[]
}

/** @param credentials values by the name of the security scheme. */
export function createDescribedClient(
  origin: string,
  api: ApiDescription,
  credentials: Readonly<Record<string, string>>,
) {
  /** The reader of zod finds shared schemas in the document itself. */
  const readerOf = (schema: JsonSchema) =>
    z.fromJSONSchema({
      ...inline(schema),
      $schema: 'https://json-schema.org/draft/2020-12/schema',
    } as Parameters<typeof z.fromJSONSchema>[0])

  function inline(schema: JsonSchema): JsonSchema {
    const text = JSON.stringify(schema, (_key, value: unknown) => {
      const reference = (value as { $ref?: string } | null)?.$ref
      return reference === undefined ? value : api.components.schemas[reference.replace('#/components/schemas/', '')]
    })
    return JSON.parse(text) as JsonSchema
  }

  function headersOf({ security }: DescribedOperation): Record<string, string> {
    const name = security.flatMap(Object.keys)[0]
    if (name === undefined || security.some((one) => Object.keys(one).length === 0)) return {}
    const { type, name: header } = api.components.securitySchemes[name] as { type: string; name?: string }
    const value = credentials[name] ?? ''
    return type === 'http' ? { authorization: `Bearer ${value}` } : { [header ?? '']: value }
  }

  /** Makes the call that the examples of an operation describe. */
  return async function call(path: string, method: string): Promise<Call> {
    const operation = api.paths[path]?.[method]
    if (!operation) throw new Error(`expected ${method} ${path} in the description`)
    const { operationId, parameters = [], requestBody, responses } = operation
    const problems: string[] = []
    const url = new URL(origin)
    url.pathname = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
      const example = parameters.find((each) => each.in === 'path' && each.name === name)?.example
      if (example === undefined) problems.push(`no example for ${name}`)
      return encodeURIComponent(example ?? '')
    })
    for (const { name, example, in: place } of parameters) {
      if (place === 'query' && example !== undefined) url.searchParams.set(name, String(example))
    }
    const [mediaType, content] = Object.entries(requestBody?.content ?? {})[0] ?? []
    const body = content?.example
    if (body !== undefined && content?.schema) {
      const read = readerOf(content.schema).safeParse(body)
      if (!read.success) problems.push(`the example: ${read.error.message}`)
    }

    const answer = await fetch(url, {
      method: method.toUpperCase(),
      headers: { ...headersOf(operation), ...(body !== undefined && { 'content-type': mediaType ?? '' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const response = responses[answer.status]
    if (!response) problems.push(`the status ${answer.status}`)
    const type = answer.headers.get('content-type')?.split(';')[0] ?? ''
    const told = response?.content
    if (text === '' ? told !== undefined : told?.[type] === undefined) {
      problems.push(`${Object.keys(told ?? {}).join() || 'no body'} expected, got ${type || 'none'}`)
    }
    const schema = told?.[type]?.schema
    if (schema) {
      const read = readerOf(schema).safeParse(JSON.parse(text))
      if (!read.success) problems.push(`the answer: ${read.error.message}`)
    }
    return { operationId, status: answer.status, problems }
  }
}
