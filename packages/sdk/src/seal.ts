// An event is sealed once, into the JSON that every later request repeats byte by byte.
import type { WireEvent } from './wire'

/** An event on its way: it is never looked into again, only counted, joined with others and sent. */
export interface SealedEvent {
  readonly id: string
  readonly json: string
  /** UTF-8 bytes of {@link json}. */
  readonly bytes: number
  /** Wall clock at capture, in milliseconds since 1970. */
  readonly occurredAt: number
  /** Content whose impression this is; it counts as unseen again if the queue has to drop the event. */
  readonly dedupeKey?: string | undefined
  /** Where it is, for as long as it may still be delivered. Only the ledger writes it. */
  place?: 'queued' | 'inFlight' | 'unconfirmed'
}

// As they were before the page could patch them.
const { parse, stringify } = JSON
export { parse as parseJson }

export function sealEvent(event: WireEvent, dedupeKey?: string): SealedEvent {
  const json = toJson(event)
  return { id: event.id!, json, bytes: utf8Length(json), occurredAt: event.occurredAt!, dedupeKey }
}

/** The event inside, for people and hooks. */
export function unseal({ json }: SealedEvent): WireEvent {
  return parse(json) as WireEvent
}

/**
 * JSON of plain values. Pages that add `toJSON` to `Array.prototype` or `Object.prototype` would change what is sent: only
 * there objects are not left to `JSON.stringify`, which is quicker.
 */
export function toJson(value: unknown): string {
  if (!('toJSON' in []) || typeof value !== 'object' || value === null) return stringify(value)
  if (Array.isArray(value)) return `[${value.map(toJson).join()}]`
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map((member) => member.map(toJson).join(':')).join()}}`
}

/** Bytes of a text in UTF-8, where `length` counts UTF-16 units. */
export function utf8Length(text: string): number {
  // Almost always plain ASCII, of which each unit is a byte.
  return /[^\0-\x7f]/.test(text) ? new TextEncoder().encode(text).length : text.length
}
