// An event is sealed once, into the JSON that every later request repeats byte by byte.
import type { WireEvent } from './wire'

/** An event on its way: it is never looked into again, only counted, joined with others and sent. */
export interface SealedEvent {
  readonly json: string
  /** UTF-8 bytes of {@link json}. */
  readonly bytes: number
  /** Wall clock at capture, in milliseconds since 1970. */
  readonly occurredAt: number
  /** Content whose impression this is; it counts as unseen again if the queue has to drop the event. */
  readonly dedupeKey: string | undefined
}

export function sealEvent(event: WireEvent, dedupeKey?: string): SealedEvent {
  const json = toJson(event)
  return { json, bytes: utf8Length(json), occurredAt: event.occurredAt ?? 0, dedupeKey }
}

/** The event inside, for people and hooks. */
export function unseal(sealed: SealedEvent): WireEvent {
  return JSON.parse(sealed.json) as WireEvent
}

/**
 * JSON of plain values. Not `JSON.stringify`: pages that add `toJSON` to `Array.prototype` or `Object.prototype`
 * would change what is sent. Primitive strings are safe there, since the standard asks only objects for `toJSON`.
 */
export function toJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(toJson).join()}]`
  const members: string[] = []
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${toJson(member)}`)
  }
  return `{${members.join()}}`
}

/** Bytes of a text in UTF-8, where `length` counts UTF-16 units. */
export function utf8Length(text: string): number {
  let bytes = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    // Each half of a surrogate pair counts two of the pair's four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3
  }
  return bytes
}
