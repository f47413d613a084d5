// From anything a caller hands over to plain JSON within the limits of the wire. It never throws.
import { type JsonValue, type Metadata, wireLimits } from '../wire'
import { cleanText } from './text'

/** Collectors refuse a whole request that names one of these keys, since they are how prototypes are poisoned. */
const FORBIDDEN_KEY = /^(__proto__|constructor|prototype)$/

/**
 * Copies `value` once; what changes later in the caller's objects changes nothing here.
 *
 * Dates become ISO strings, BigInts and errors their text. Left out are functions, symbols, numbers without a value,
 * DOM nodes, windows, properties that throw, circles and whatever is beyond the limits; in an array they become `null`.
 * Other objects keep their own enumerable properties. `toJSON` is not asked.
 *
 * @param leftOut gets the name of each value that is left out
 * @returns nothing for a value that is not an object, or has nothing to tell
 */
export function cleanMetadata(value: unknown, leftOut: string[]): Metadata | undefined {
  const { maxMetadataDepth, maxMetadataKeys, maxMetadataNodes, maxMetadataStringLength } = wireLimits
  const ancestors: unknown[] = []
  let keys = 0
  let nodes = 0

  function copy(item: unknown): JsonValue | undefined {
    if (++nodes > maxMetadataNodes) return undefined
    if (item === null || typeof item === 'boolean' || (typeof item === 'number' && Number.isFinite(item))) return item
    const tag = Object.prototype.toString.call(item)
    if (tag === '[object Date]') return (item as Date).toISOString()
    if (tag === '[object Error]' || typeof item === 'bigint' || typeof item === 'string') {
      return cleanText(String(item), maxMetadataStringLength)
    }
    return typeof item === 'object' ? copyObject(item) : undefined
  }

  function copyObject(item: object): JsonValue | undefined {
    if (isOfThePage(item) || ancestors.length >= maxMetadataDepth || ancestors.includes(item)) return undefined
    ancestors.push(item)
    const copies: JsonValue[] = []
    const members: Metadata = {}
    const isArray = Array.isArray(item)
    // Everything beyond the limits would be left out one by one, which takes long for a very long list.
    const names = Object.keys(item).slice(0, maxMetadataNodes)
    for (const name of names) {
      const isAllowed = isArray || (!FORBIDDEN_KEY.test(name) && keys++ < maxMetadataKeys)
      const member = isAllowed ? attempt(() => copy(item[name as keyof typeof item])) : undefined
      if (member === undefined) leftOut.push(name)
      if (isArray) copies.push(member ?? null)
      else if (member !== undefined) members[cleanText(name, maxMetadataStringLength)] = member
    }
    ancestors.pop()
    return isArray ? copies : members
  }

  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const metadata = isObject ? attempt(() => copyObject(value)) : undefined
  if (!metadata && value !== undefined && value !== null) leftOut.push('metadata')
  return metadata && Object.keys(metadata).length ? (metadata as Metadata) : undefined
}

function isOfThePage(item: object): boolean {
  const { nodeType, nodeName, window } = item as { nodeType?: unknown; nodeName?: unknown; window?: unknown }
  return window === item || (typeof nodeType === 'number' && typeof nodeName === 'string')
}

function attempt<Result>(make: () => Result): Result | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
