// What goes into one request: how many sealed events fit, and the envelope around them.
import { type SealedEvent, toJson } from '../seal'
import { type DropCounts, WIRE_VERSION } from '../wire'

/** Name and version of this sender. */
export const SDK_NAME = 'web/0.1.0'

/** More than any envelope takes, with a count for every reason of a drop, in bytes. */
export const ENVELOPE_BYTES = 512

/**
 * Tells whether one more event fits. The first one always does: no other batch has more room.
 *
 * @param maxBytes UTF-8 bytes of a body, envelope included
 */
export function createFit(maxEvents: number, maxBytes: number) {
  let bytes = ENVELOPE_BYTES
  let count = 0
  return (event: SealedEvent): boolean => {
    bytes += event.bytes + 1
    return !count++ || (count <= maxEvents && bytes <= maxBytes)
  }
}

/** `sentAt` is the wall clock of this request, in milliseconds since 1970. */
export function writeBatch(events: readonly SealedEvent[], drops: DropCounts, sentAt: number): string {
  const told = Object.keys(drops).length ? `"drops":${toJson(drops)},` : ''
  return `{"v":${WIRE_VERSION},"sentAt":${sentAt},"sdk":"${SDK_NAME}",${told}"events":[${events.map(({ json }) => json).join()}]}`
}
