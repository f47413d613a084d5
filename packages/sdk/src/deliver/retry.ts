// What an answer means, and when to try again.
import { attempt } from '../attempt'
import type { IngestResult } from '../wire'

/** Longest pause that a server may ask for, in milliseconds. */
const RETRY_AFTER_MAX_MS = 5 * 60_000

const BACKOFF_FIRST_MS = 1_000
const BACKOFF_MAX_MS = 60_000

/** Pause after "you may not": asking more often changes nothing. Milliseconds. */
const HOLD_MS = 60_000

/**
 * - `done` decided; some events may have been refused for themselves
 * - `again` no decision; the same events may be sent again
 * - `smaller` too large; the same events in smaller requests
 * - `hold` not allowed now; nothing is lost, nothing is sent for a while
 * - `refused` decided: never
 */
export type Verdict = 'done' | 'again' | 'smaller' | 'hold' | 'refused'

export function judge(status: number): Verdict {
  return exceptions[status] ?? (status < 300 ? 'done' : status < 500 ? 'refused' : 'again')
}

const exceptions: Record<number, Verdict | undefined> = {
  0: 'again',
  401: 'hold',
  403: 'hold',
  408: 'again',
  413: 'smaller',
  425: 'again',
  429: 'again',
  501: 'refused',
  505: 'refused',
}

/** Places of the events that the collector refused, read from its answer; empty when it cannot be read. */
export function readRefused(body: string): number[] {
  return attempt(() => (JSON.parse(body) as IngestResult).errors.map(({ index }) => index)) ?? []
}

/** The pause that `Retry-After` asks for, in milliseconds from `now`, the wall clock; NaN without one. */
export function readRetryAfter(header: string | null, now: number): number {
  const waitMs = Number(header || NaN) * 1_000
  return Math.min(RETRY_AFTER_MAX_MS, Math.max(0, Number.isNaN(waitMs) ? Date.parse(header ?? '') - now : waitMs))
}

/**
 * Nothing is sent for now, and why. `backoff` ends when the network or the visitor comes back, `hold` when the site asks
 * for it, `asked` (by `Retry-After`) only with its time.
 */
export interface Pause {
  /** End of the pause, on the clock of `now`, in milliseconds. */
  until: number
  kind: 'backoff' | 'hold' | 'asked'
  /** `retryAfter` is the header of that name. */
  after(verdict: Verdict, retryAfter: string | null): void
}

export function createPause(now: () => number, wallClock: () => number): Pause {
  let failures = 0

  const begin = (kind: Pause['kind'], forMs: number) => {
    pause.kind = kind
    pause.until = now() + forMs
  }

  const pause: Pause = {
    until: 0,
    kind: 'backoff',
    after(verdict, retryAfter) {
      if (verdict === 'hold') return begin('hold', HOLD_MS)
      if (verdict === 'done' || verdict === 'refused') {
        failures = 0
        pause.until = 0
        return
      }
      // Also before smaller requests: a server that finds everything too large must not be asked a thousand times.
      const askedMs = readRetryAfter(retryAfter, wallClock())
      if (askedMs >= 0) return begin('asked', askedMs)
      // Full jitter: clients that failed together do not come back together.
      begin('backoff', Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** failures++))
    },
  }
  return pause
}
