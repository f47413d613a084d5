// Counts what became of every event: recorded = delivered + queued + in flight + unconfirmed + dropped by reason.
import type { SealedEvent } from './seal'
import type { DropCounts, DropReason } from './wire'

export interface Ledger {
  recorded: number
  delivered: number
  /** Accepted by the browser at exit, with an answer that nobody will read. */
  unconfirmed: number
  readonly dropped: DropCounts
  /** Drops that no request has told the collector yet. */
  readonly untold: DropCounts
  drop(reason: DropReason, events: readonly SealedEvent[]): void
}

/** `onDrop` is called after the numbers have changed; it must not throw. */
export function openLedger(onDrop: (reason: DropReason, events: readonly SealedEvent[]) => void): Ledger {
  const dropped: DropCounts = {}
  const untold: DropCounts = {}
  return {
    recorded: 0,
    delivered: 0,
    unconfirmed: 0,
    dropped,
    untold,
    drop(reason, events) {
      if (!events.length) return
      for (const counts of [dropped, untold]) addCounts(counts, { [reason]: events.length })
      onDrop(reason, events)
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
