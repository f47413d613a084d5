// The bytes of a body become JSON that is safe to look into, by one parser for every media type and every route.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from './errors'

/** Body of a request with its size, which is known only to the parser. */
export interface ParsedBody {
  value: unknown
  bytes: number
}

/** Without one of these in the text there is no such key. Escapes are looked into too: `\\u005f` is an underscore. */
const signsOfForbiddenKeys = ['__proto__', 'constructor', '\\u']
const BYTE_ORDER_MARK = /^\uFEFF/

/**
 * Parses JSON of any accepted media type.
 * @throws Refusal `invalid_json` or `forbidden_key`
 */
export function parseJson(body: Buffer): unknown {
  const text = body.toString().replace(BYTE_ORDER_MARK, '')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Refusal('invalid_json')
  }
  if (signsOfForbiddenKeys.some((sign) => text.includes(sign)) && holdsForbiddenKey(value))
    throw new Refusal('forbidden_key')
  return value
}

/**
 * Makes a scope take JSON, as `application/json` and as `text/plain`, and nothing else.
 * @param maxBytesOf what this one request may bring; at most `bodyLimit`, which is what the scope takes from anyone.
 */
export function acceptJson(
  scope: FastifyInstance,
  bodyLimit: number,
  maxBytesOf: (request: FastifyRequest) => number = () => bodyLimit,
): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    ['application/json', 'text/plain'],
    { parseAs: 'buffer', bodyLimit },
    async (request: FastifyRequest, body: Buffer): Promise<ParsedBody> => {
      if (body.length > maxBytesOf(request)) throw new Refusal('body_too_large')
      return { value: parseJson(body), bytes: body.length }
    },
  )
}

/** Refuses a body that would have to be unpacked first. */
export function refuseEncoded(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw new Refusal('unsupported_encoding')
}

type Container = Record<string, unknown> | unknown[]

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null

/** Whether a key is in there, at any depth, that could change the prototype of an object that is built from it. */
export function holdsForbiddenKey(root: unknown): boolean {
  const stack: unknown[] = [root]
  while (stack.length > 0) {
    const value = stack.pop()
    if (!isContainer(value)) continue
    if (Array.isArray(value)) {
      for (const item of value) if (isContainer(item)) stack.push(item)
      continue
    }
    for (const key of Object.keys(value)) {
      const child = value[key]
      if (key === '__proto__') return true
      if (!isContainer(child)) continue
      if (key === 'constructor' && Object.hasOwn(child, 'prototype')) return true
      stack.push(child)
    }
  }
  return false
}
