// The books of a tracker: every event that is not decided yet, oldest first, and what became of all others.
import type { SealedEvent } from './seal'
import type { DropCounts, DropReason } from './wire'

/** Always: `recorded = delivered + queued + inFlight + unconfirmed + all of dropped`. */
export interface TrackerStats {
  /** Events that were made. A second impression of the same content in its dedupe scope is none. */
  recorded: number
  /** Events that the collector has acknowledged. */
  delivered: number
  queued: number
  /** Events in requests that are not answered yet. */
  inFlight: number
  /** Events in beacons: the browser took them and tells nobody what became of them. They go out once more with the next chance. */
  unconfirmed: number
  dropped: DropCounts
}

/** Where an event is that may still be delivered. */
export type Place = NonNullable<SealedEvent['place']>

export interface Ledger {
  /** As of now; not to be written. */
  readonly stats: TrackerStats
  /** UTF-8 bytes of the events in each place. */
  readonly bytes: Readonly<Record<Place, number>>
  /** Drops that no request has told the collector yet. */
  readonly untold: DropCounts
  /** What is open, oldest first: in one place or all of it. */
  list(place?: Place): SealedEvent[]
  /**
   * Events change their place, keep their turn and are counted anew, or are decided: delivered, or dropped for a reason. A new
   * one is recorded by it, and one that is decided stays so. When too much is queued, the oldest are dropped.
   */
  move(events: readonly SealedEvent[], to: Place | 'delivered' | DropReason): void
  /** Events of another page are queued in front of all others. */
  adopt(events: readonly SealedEvent[]): void
}

export const noStats = (): TrackerStats => ({
  recorded: 0,
  delivered: 0,
  queued: 0,
  inFlight: 0,
  unconfirmed: 0,
  dropped: {},
})

/** `decided` is told what is delivered, or dropped for a reason, after the numbers have changed; it must not throw. */
export function openLedger(
  limits: { maxQueueEvents: number; maxQueueBytes: number },
  decided: (events: readonly SealedEvent[], reason: 'delivered' | DropReason) => void,
): Ledger {
  const stats = noStats()
  const bytes = { queued: 0, inFlight: 0, unconfirmed: 0 }
  const untold: DropCounts = {}
  let open = new Set<SealedEvent>()

  const move: Ledger['move'] = (events, to) => {
    const place = to in bytes ? (to as Place) : undefined
    const moved: SealedEvent[] = []
    for (const event of events) {
      const from = event.place
      if (!from) stats.recorded++
      else if (open.has(event)) {
        stats[from]--
        bytes[from] -= event.bytes
      } else continue
      moved.push(event)
      if (place) {
        open.add(event)
        event.place = place
        bytes[place] += event.bytes
      } else open.delete(event)
    }
    const { length } = moved
    if (!length) return
    if (place) stats[place] += length
    else if (to === 'delivered') stats.delivered += length
    else for (const counts of [stats.dropped, untold]) addCounts(counts, { [to]: length })
    if (place === 'queued') move(findExcess(), 'queue_full')
    if (!place) decided(moved, to as Exclude<typeof to, Place>)
  }

  /** What is out with a request takes up its place: it may come back. */
  function findExcess(): SealedEvent[] {
    const oldest: SealedEvent[] = []
    let excess = open.size - limits.maxQueueEvents
    let excessBytes = bytes.queued - limits.maxQueueBytes
    for (const event of open) {
      if (excess <= 0 && excessBytes <= 0) break
      if (event.place !== 'queued') continue
      excess--
      excessBytes -= event.bytes
      oldest.push(event)
    }
    return oldest
  }

  return {
    stats,
    untold,
    bytes,
    list: (place) => [...open].filter((event) => !place || event.place === place),
    move,
    adopt(events) {
      open = new Set([...events, ...open])
      move(events, 'queued')
    },
  }
}

/** Adds counts to others, in place; with the sign −1 takes them away. */
export function addCounts(counts: DropCounts, more: DropCounts, sign = 1): DropCounts {
  for (const [reason, count] of Object.entries(more) as [DropReason, number][]) {
    counts[reason] = (counts[reason] ?? 0) + sign * count
    if (!counts[reason]) delete counts[reason]
  }
  return counts
}
