// Holds an answer to the description: its status, the shape of its body, and the code of a refusal.
import type { LightMyRequestResponse } from 'fastify'
import { answers } from '../../src/description/answers'
import { everywhere, operations } from '../../src/description/operations'
import { refusals, type RefusalCode } from '../../src/errors'

/** Routes that take one segment for a parameter, longest first: `/v1/content/:type/:id/stats` before `/v1/content/:type/:id`. */
const patterns = Object.keys(operations)
  .map((route) => ({ route, pattern: new RegExp(`^${route.replaceAll(/:\w+/g, '[^/?]+')}(\\?|$)`) }))
  .toSorted((a, b) => Number(a.route.includes(':')) - Number(b.route.includes(':')))

/** @returns what the description does not say about this answer; empty when it says all. */
export function undescribed(method: string, url: string, { statusCode, body }: LightMyRequestResponse): string[] {
  const route = patterns.find(({ pattern }) => pattern.test(`${method} ${url}`))?.route
  const operation = route === undefined ? undefined : operations[route]
  // Addresses that no route has.
  if (operation === undefined) return []
  const place = `${route} → ${statusCode}`
  const told = operation.answers[statusCode]
  const codes = [...operation.refusals, ...everywhere].filter((code) => refusals[code].status === statusCode)
  if (body === '') return told === 'nothing' ? [] : [`${place}: no body`]
  const isJson = body.startsWith('{') || body.startsWith('[')
  const value: unknown = isJson && typeof told !== 'object' ? JSON.parse(body) : undefined
  const code = (value as { error?: { code?: RefusalCode } } | undefined)?.error?.code
  if (code !== undefined) return codes.includes(code) ? [] : [`${place}: code ${code}`]
  if (told === undefined) return [`${place}: the status`]
  if (typeof told === 'object') return []
  if (told === 'nothing') return [`${place}: a body`]
  const result = answers[told].safeParse(value)
  return result.success ? [] : result.error.issues.map((issue) => `${place}: ${issue.path.join('.')} ${issue.message}`)
}
