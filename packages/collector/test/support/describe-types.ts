// The description becomes TypeScript: a type a component, and for each operation what it takes and what it answers by status.
import type { ApiDescription, DescribedOperation, DescribedResponse, JsonSchema } from '../../src/description/openapi'

const nameOf = (reference: string) => reference.slice(reference.lastIndexOf('/') + 1)

/** A schema of JSON as a type of TypeScript. */
export function typeOf(schema: JsonSchema): string {
  const { $ref, anyOf, type, properties, required = [], items, additionalProperties } = schema
  if ($ref !== undefined) return nameOf($ref)
  if (anyOf) return anyOf.map((each) => `(${typeOf(each)})`).join(' | ')
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (Array.isArray(type)) return type.map((each) => `(${typeOf({ ...schema, type: each })})`).join(' | ')
  if (type === 'array') return `(${items ? typeOf(items) : 'unknown'})[]`
  if (type === 'object') {
    const fields = Object.entries(properties ?? {}).map(
      ([name, each]) => `${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeOf(each)}`,
    )
    if (fields.length > 0) return `{ ${fields.join('; ')} }`
    return `Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'}>`
  }
  return type === 'integer' || type === 'number' ? 'number' : (type ?? 'unknown')
}

function parametersOf({ parameters = [] }: DescribedOperation, place: 'path' | 'query'): string {
  const own = parameters.filter((each) => each.in === place)
  if (own.length === 0) return ''
  const fields = own.map(
    ({ name, required, schema }) => `${JSON.stringify(name)}${required ? '' : '?'}: ${typeOf(schema)}`,
  )
  const mayBeLeftOut = own.every(({ required }) => !required)
  return `${place}${mayBeLeftOut ? '?' : ''}: { ${fields.join('; ')} }; `
}

function bodyOf({ requestBody }: DescribedOperation): string {
  const schema = requestBody?.content['application/json']?.schema
  return requestBody && schema ? `body${requestBody.required ? '' : '?'}: ${typeOf(schema)}; ` : ''
}

function answerOf({ content }: DescribedResponse): string {
  const schema = content?.['application/json']?.schema
  return content === undefined ? 'undefined' : schema ? typeOf(schema) : 'string'
}

/** Source of a module with a type for each component, `Operations`, and `routes` for a client to go by. */
export function describeTypes({ paths, components }: ApiDescription): string {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  return [
    ...Object.entries(components.schemas).map(([name, schema]) => `export type ${name} = ${typeOf(schema)}`),
    'export interface Operations {',
    ...all.map(({ operation }) => {
      const takes = `${parametersOf(operation, 'path')}${parametersOf(operation, 'query')}${bodyOf(operation)}`
      const answers = Object.entries(operation.responses).map(
        ([status, each]) => `{ status: ${status}; body: ${answerOf(each)} }`,
      )
      return `  ${operation.operationId}: { takes: { ${takes}}; answers: ${answers.join(' | ')} }`
    }),
    '}',
    'export const routes: Record<keyof Operations, { method: string; path: string }> = {',
    ...all.map(({ path, method, operation }) => `  ${operation.operationId}: ${JSON.stringify({ method, path })},`),
    '}',
    '',
  ].join('\n')
}
