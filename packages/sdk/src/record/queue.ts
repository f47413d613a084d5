// Bounded first-in first-out queue between recording and delivery. Drops the oldest event when full.
import type { SealedEvent } from '../seal'

export interface EventQueue {
  readonly length: number
  /** UTF-8 bytes of all events in it. */
  readonly bytes: number
  push(event: SealedEvent): void
  /** Takes the oldest events out for as long as `fits` agrees. */
  take(fits: (event: SealedEvent, count: number) => boolean): SealedEvent[]
  /** Puts events back in front of all others, oldest first. */
  putBack(events: readonly SealedEvent[]): void
  clear(): SealedEvent[]
}

/** `dropped` gets what had to leave because the queue was full. */
export function createQueue(
  limits: { maxQueueEvents: number; maxQueueBytes: number },
  dropped: (events: SealedEvent[]) => void,
): EventQueue {
  let events: SealedEvent[] = []
  let bytes = 0

  const remove = (count: number): SealedEvent[] => {
    const removed = events.splice(0, count)
    for (const event of removed) bytes -= event.bytes
    return removed
  }

  function trim(): void {
    let excess = Math.max(0, events.length - limits.maxQueueEvents)
    let left = bytes
    for (let index = 0; index < events.length && (index < excess || left > limits.maxQueueBytes); index++) {
      left -= events[index]!.bytes
      excess = Math.max(excess, index + 1)
    }
    if (excess) dropped(remove(excess))
  }

  return {
    get length() {
      return events.length
    },
    get bytes() {
      return bytes
    },
    push(event) {
      events.push(event)
      bytes += event.bytes
      trim()
    },
    take(fits) {
      let count = 0
      while (count < events.length && fits(events[count]!, count)) count++
      return remove(count)
    },
    putBack(returned) {
      events = [...returned, ...events]
      for (const event of returned) bytes += event.bytes
      trim()
    },
    clear: () => remove(events.length),
  }
}
