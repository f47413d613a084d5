// From anything a caller hands over to plain JSON within the limits of the wire. It never throws.
import { attempt } from '../attempt'
import { type JsonValue, type Metadata, wireLimits } from '../wire'

/** Collectors refuse a whole request that names one of these keys, since they are how prototypes are poisoned. */
const FORBIDDEN_KEY = /^(__proto__|constructor)$/

/** Keeps one character more than the limit: the collector cuts, between characters, and notes that it had to. */
export function bound(text: string, maxLength: number): string {
  return text.slice(0, maxLength + 1)
}

/**
 * Copies `value` once; what changes later in the caller's objects changes nothing here.
 *
 * Dates become ISO strings, BigInts and errors their text. Left out are functions, symbols, numbers that no collector
 * can read exactly, DOM nodes, windows and other objects with a name of their own, properties that throw, circles and
 * whatever is beyond the limits; in an array they become `null`. `toJSON` is not asked.
 *
 * @param leftOut gets the name of each member that is left out
 * @returns nothing for a value that cannot be copied
 */
export function copyPlain(value: unknown, leftOut: string[]): JsonValue | undefined {
  let keys = 0
  let nodes = 0

  function copy(item: unknown, ancestors: unknown[]): JsonValue | undefined {
    if (item === null || typeof item === 'boolean') return item
    if (typeof item === 'number' && Math.abs(item) <= Number.MAX_SAFE_INTEGER) return item
    // `Object`, `Array` or `Date`, in frames too; what the page is made of has names of its own: `Window`, `Text`.
    const kind = Object.prototype.toString.call(item).slice(8, -1)
    if (kind === 'Date') return (item as Date).toISOString()
    if (['String', 'BigInt', 'Error'].includes(kind)) return bound(String(item), wireLimits.maxMetadataStringLength)
    const isArray = kind === 'Array'
    if (!(isArray || kind === 'Object') || ancestors.length >= wireLimits.maxMetadataDepth || ancestors.includes(item))
      return undefined

    const copies: Metadata = {}
    // Everything beyond the limits would be left out one by one, which takes long for a very long list.
    for (const name of Object.keys(item as object).slice(0, wireLimits.maxMetadataNodes)) {
      const isAllowed =
        ++nodes <= wireLimits.maxMetadataNodes &&
        (isArray || (!FORBIDDEN_KEY.test(name) && ++keys <= wireLimits.maxMetadataKeys))
      const member = isAllowed ? attempt(() => copy((item as Metadata)[name], [...ancestors, item])) : undefined
      if (member === undefined) leftOut.push(name)
      if (isArray || member !== undefined) copies[bound(name, wireLimits.maxMetadataStringLength)] = member ?? null
    }
    return isArray ? Object.values(copies) : copies
  }

  return attempt(() => copy(value, []))
}

/** The same for metadata, which is an object with something in it. */
export function cleanMetadata(value: unknown, leftOut: string[]): Metadata | undefined {
  const copy = copyPlain(value, leftOut)
  const isObject = typeof copy === 'object' && copy !== null && !Array.isArray(copy)
  return isObject && Object.keys(copy).length ? copy : undefined
}
