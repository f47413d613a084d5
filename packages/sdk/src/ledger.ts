// Counts what became of every event: recorded = delivered + queued + in flight + unconfirmed + dropped by reason.
import type { SealedEvent } from './seal'
import type { DropCounts, DropReason } from './wire'

export interface Ledger {
  recorded: number
  delivered: number
  readonly dropped: DropCounts
  /** Drops that no request has told the collector yet. */
  readonly untold: DropCounts
  /** Closes the books on some events: delivered, or dropped for a reason. */
  decide(events: readonly SealedEvent[], reason?: DropReason): void
}

/** `decided` is called after the numbers have changed; it must not throw. */
export function openLedger(decided: Ledger['decide']): Ledger {
  const ledger: Ledger = {
    recorded: 0,
    delivered: 0,
    dropped: {},
    untold: {},
    decide(events, reason) {
      const { length } = events
      if (!length) return
      if (!reason) ledger.delivered += length
      else for (const counts of [ledger.dropped, ledger.untold]) addCounts(counts, { [reason]: length })
      decided(events, reason)
    },
  }
  return ledger
}

/** Adds counts to others, in place; with the sign −1 takes them away. */
export function addCounts(counts: DropCounts, more: DropCounts, sign = 1): DropCounts {
  for (const [reason, count] of Object.entries(more) as [DropReason, number][]) {
    counts[reason] = (counts[reason] ?? 0) + sign * count
    if (!counts[reason]) delete counts[reason]
  }
  return counts
}
