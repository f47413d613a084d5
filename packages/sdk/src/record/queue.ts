// Bounded first-in first-out queue between recording and delivery. Drops the oldest event when full.
import type { SealedEvent } from '../seal'

export interface EventQueue {
  readonly length: number
  /** UTF-8 bytes of all events in it. */
  readonly bytes: number
  /** Behind all others, oldest first. */
  push(...events: SealedEvent[]): void
  /** Takes the oldest events out for as long as `fits` agrees. */
  take(fits: (event: SealedEvent) => boolean): SealedEvent[]
  /** In front of all others, oldest first. */
  putBack(events: readonly SealedEvent[]): void
}

/**
 * `dropped` gets what had to leave because the queue was full. `countAway` tells how many events are out with requests: they
 * may come back, and take their places along.
 */
export function createQueue(
  limits: { maxQueueEvents: number; maxQueueBytes: number },
  countAway: () => number,
  dropped: (events: SealedEvent[]) => void,
): EventQueue {
  const events: SealedEvent[] = []
  let bytes = 0

  function add(at: number, more: readonly SealedEvent[]): void {
    events.splice(at, 0, ...more)
    for (const event of more) bytes += event.bytes
    let excess = events.length + countAway() - limits.maxQueueEvents
    let left = bytes
    dropped(
      take((event) => {
        const isTooMuch = excess-- > 0 || left > limits.maxQueueBytes
        left -= event.bytes
        return isTooMuch
      }),
    )
  }

  function take(fits: (event: SealedEvent) => boolean): SealedEvent[] {
    const end = events.findIndex((event) => !fits(event))
    const taken = events.splice(0, end < 0 ? events.length : end)
    for (const event of taken) bytes -= event.bytes
    return taken
  }

  return {
    get length() {
      return events.length
    },
    get bytes() {
      return bytes
    },
    push: (...more) => add(events.length, more),
    take,
    putBack: (returned) => add(0, returned),
  }
}
