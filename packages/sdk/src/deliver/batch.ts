// What goes into one request: how many sealed events fit, and the envelope around them.
import { type SealedEvent, toJson } from '../seal'
import { type DropCounts, WIRE_VERSION } from '../wire'

/** Name and version of this sender. */
export const SDK_NAME = 'web/0.1.0'

/** More than any envelope takes, with a count for every reason of a drop, in bytes. */
export const ENVELOPE_BYTES = 512

export interface BatchLimits {
  maxBatchEvents: number
  /** UTF-8 bytes of a body, envelope included. */
  maxBatchBytes: number
}

/** Tells whether one more event fits behind `count` others. The first one always does: no other batch has more room. */
export function createFit({ maxBatchEvents, maxBatchBytes }: BatchLimits) {
  let bytes = ENVELOPE_BYTES
  return (event: SealedEvent, count: number): boolean => {
    bytes += event.bytes + 1
    return !count || (count < maxBatchEvents && bytes <= maxBatchBytes)
  }
}

/** `sentAt` is the wall clock of this request, in milliseconds since 1970. */
export function writeBatch(events: readonly SealedEvent[], drops: DropCounts, sentAt: number): string {
  const envelope = toJson({
    v: WIRE_VERSION,
    sentAt,
    sdk: SDK_NAME,
    drops: Object.keys(drops).length ? drops : undefined,
  })
  return `${envelope.slice(0, -1)},"events":[${events.map((event) => event.json).join()}]}`
}
