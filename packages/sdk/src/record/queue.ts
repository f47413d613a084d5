// Bounded first-in first-out queue between recording and delivery. Drops the oldest event when full.
import type { SealedEvent } from '../seal'

export interface EventQueue {
  readonly length: number
  /** UTF-8 bytes of all events in it. */
  readonly bytes: number
  push(event: SealedEvent): void
  /** Takes the oldest events out for as long as `fits` agrees. */
  take(fits: (event: SealedEvent) => boolean): SealedEvent[]
  /** Puts events back in front of all others, oldest first. */
  putBack(events: readonly SealedEvent[]): void
}

/** `dropped` gets what had to leave because the queue was full. */
export function createQueue(
  limits: { maxQueueEvents: number; maxQueueBytes: number },
  dropped: (events: SealedEvent[]) => void,
): EventQueue {
  const events: SealedEvent[] = []
  const bytes = () => events.reduce((sum, event) => sum + event.bytes, 0)

  function take(fits: (event: SealedEvent) => boolean): SealedEvent[] {
    const end = events.findIndex((event) => !fits(event))
    return events.splice(0, end < 0 ? events.length : end)
  }

  function trim(): void {
    let excessEvents = events.length - limits.maxQueueEvents
    let excessBytes = bytes() - limits.maxQueueBytes
    const lost = take((event) => {
      const isTooMuch = excessEvents > 0 || excessBytes > 0
      excessEvents--
      excessBytes -= event.bytes
      return isTooMuch
    })
    if (lost.length) dropped(lost)
  }

  return {
    get length() {
      return events.length
    },
    get bytes() {
      return bytes()
    },
    push(event) {
      events.push(event)
      trim()
    },
    take,
    putBack(returned) {
      events.unshift(...returned)
      trim()
    },
  }
}
