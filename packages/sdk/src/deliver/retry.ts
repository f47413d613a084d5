// What an answer means, and when to try again.
import { attempt } from '../attempt'
import { parseJson } from '../seal'
import type { IngestResult } from '../wire'

/** Longest pause that a server may ask for, in milliseconds. */
const RETRY_AFTER_MAX_MS = 5 * 60_000

/** Shortest pause after a 429 that asks for none, in milliseconds. */
const TOO_MANY_MS = 30_000

/** Pause after "you may not": asking more often changes nothing. Milliseconds. */
const HOLD_MS = 10 * 60_000

/** After so many failures in a row the breaker is open. */
const QUICK_FAILURES = 3

/** First and longest pause of the open breaker, and the shortest one between two attempts to close it, in milliseconds. */
const BREAKER_FIRST_MS = 60_000
const BREAKER_MAX_MS = 15 * 60_000

/**
 * - `done` decided; some events may have been refused for themselves
 * - `again` no decision; the same events may be sent again
 * - `smaller` too large; the same events in smaller requests
 * - `hold` not allowed now; nothing is lost, nothing is sent for a while
 * - `refused` decided: never
 */
export type Verdict = 'done' | 'again' | 'smaller' | 'hold' | 'refused'

/** `status` is `0` when no answer came. */
export function judge(status: number): Verdict {
  if (status >= 200 && status < 300) return 'done'
  if (status === 413) return 'smaller'
  if (status === 401 || status === 403) return 'hold'
  const isUndecided = [0, 408, 425, 429].includes(status) || (status >= 500 && status !== 501 && status !== 505)
  return isUndecided ? 'again' : 'refused'
}

/** Places of the events that the collector refused, read from its answer; empty when it cannot be read. */
export function readRefused(body: unknown): number[] {
  return attempt(() => (parseJson(body as string) as IngestResult).errors.map(({ index }) => index)) ?? []
}

/** The pause that `Retry-After` asks for, in milliseconds from `now`, the wall clock; NaN without one. */
export function readRetryAfter(header: string | null | undefined, now: number): number {
  const waitMs = Number(header || NaN) * 1_000
  return Math.min(RETRY_AFTER_MAX_MS, Number.isNaN(waitMs) ? Date.parse(header ?? '') - now : waitMs)
}

/**
 * Nothing is sent for now, and why. `backoff` ends when the network or the visitor comes back, `hold` when the site asks
 * for it, `asked` (by the server) only with its time.
 */
export interface Pause {
  /** End of the pause, on the clock of `now`, in milliseconds. */
  readonly until: number
  /** Requests without a decision since the last one with. */
  readonly failures: number
  /** `retryAfter` is the header of that name. */
  after(verdict: Verdict, status: number, retryAfter?: string | null): void
  /** Ends the pause if that is allowed, for the site or else for the page; tells whether there is none now. */
  lift(forSite?: boolean): boolean
}

export function createPause(now: () => number, wallClock: () => number): Pause {
  let kind: 'backoff' | 'hold' | 'asked'
  let triedAt = 0

  const pause = {
    until: 0,
    failures: 0,
    after(verdict: Verdict, status: number, retryAfter?: string | null) {
      triedAt = now()
      if (verdict === 'done' || verdict === 'refused') {
        pause.until = pause.failures = 0
        return
      }
      const random = Math.random()
      const opened = pause.failures++ - QUICK_FAILURES
      // Full jitter up to 1, 4 and 16 seconds: clients that failed together do not come back together.
      let waitMs =
        opened < 0
          ? random * 1_000 * 4 ** (opened + QUICK_FAILURES)
          : (1 + random / 2) * Math.min(BREAKER_MAX_MS, BREAKER_FIRST_MS * 2 ** opened)
      const askedMs = readRetryAfter(retryAfter, wallClock())
      kind = 'backoff'
      if (verdict === 'hold') {
        kind = 'hold'
        waitMs = HOLD_MS
      } else if (askedMs > 0 || status === 429) {
        kind = 'asked'
        waitMs = askedMs > 0 ? askedMs * (1 + random / 10) : Math.max(TOO_MANY_MS, waitMs)
      }
      pause.until = triedAt + waitMs
    },
    lift(forSite?: boolean) {
      const mayLift = forSite
        ? kind !== 'asked'
        : kind === 'backoff' && (pause.failures <= QUICK_FAILURES || now() - triedAt >= BREAKER_FIRST_MS)
      if (mayLift) {
        pause.until = 0
        pause.failures = Math.min(pause.failures, QUICK_FAILURES)
      }
      return pause.until <= now()
    },
  }
  return pause
}
