// A content's type and id become the 63-bit key that its rows and counters are found by.
import { hash } from 'node:crypto'

/** Key of events that are about no content. */
export const NO_CONTENT_KEY = '0'

/** What is looked at today is few contents, again and again. At these two limits their keys fill about 4 MB. */
const MAX_REMEMBERED = 20_000
const MAX_REMEMBERED_LENGTH = 64
const remembered = new Map<string, string>()

/**
 * First 63 bits of SHA-256 over type and id, as a decimal string. Every collector computes the same key, so none has to
 * ask a dictionary. Among ten million contents the odds of one collision are about 5 in a million.
 */
export function contentKey(type: string, id: string): string {
  const name = `${type}\0${id}`
  const known = remembered.get(name)
  if (known !== undefined) return known
  const key = hashedKey(name)
  if (name.length > MAX_REMEMBERED_LENGTH) return key
  if (remembered.size >= MAX_REMEMBERED) remembered.clear()
  remembered.set(name, key)
  return key
}

/** First 63 bits of the SHA-256 of a text, as a decimal string. */
export function hashedKey(text: string): string {
  return first63Bits(hash('sha256', text, 'buffer'))
}

/** First 63 bits of a hash as a decimal string, which fits PostgreSQL's signed bigint. */
export function first63Bits(hash: Buffer): string {
  return (hash.readBigUInt64BE(0) >> 1n).toString()
}
