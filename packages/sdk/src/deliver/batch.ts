// What goes into one request: how many sealed events fit, and the envelope around them.
import { type SealedEvent, toJson } from '../seal'
import { type Batch, WIRE_VERSION } from '../wire'

/** Name and version of this sender. */
const SDK_NAME = 'web/0.1.0'

export type Envelope = Pick<Batch, 'sentAt' | 'anonymousId' | 'token' | 'drops'>

/** Whether one more event fits. The first one always does: no other batch has more room. */
export type Fit = (event: SealedEvent) => boolean

/**
 * @param maxBytes UTF-8 bytes of a body
 * @param emptyBytes those of a body without events
 */
export function createFit(maxEvents: number, maxBytes: number, emptyBytes: number): Fit {
  let bytes = emptyBytes
  let count = 0
  return (event) => {
    bytes += event.bytes + 1
    return !count++ || (count <= maxEvents && bytes <= maxBytes)
  }
}

export function writeBatch(events: readonly SealedEvent[], envelope: Envelope): string {
  const head = toJson({ v: WIRE_VERSION, sdk: SDK_NAME, ...envelope })
  return `${head.slice(0, -1)},"events":[${events.map(({ json }) => json).join()}]}`
}
