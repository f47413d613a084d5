// What an answer means, and when to try again.
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
  if (status >= 200 && status < 300) return 'done'
  if (status === 413) return 'smaller'
  if (status === 401 || status === 403) return 'hold'
  if (status === 0 || status === 408 || status === 425 || status === 429) return 'again'
  return status >= 500 && status !== 501 && status !== 505 ? 'again' : 'refused'
}

/** Places of the events that the collector refused, read from its answer; empty when it cannot be read. */
export function readRefused(body: string): number[] {
  try {
    return (JSON.parse(body) as IngestResult).errors.map(({ index }) => index)
  } catch {
    return []
  }
}

/** The pause that `Retry-After` asks for, in milliseconds from `now`, the wall clock; nothing without one. */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  if (!header?.trim()) return undefined
  const seconds = Number(header)
  const waitMs = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1_000
  return Number.isNaN(waitMs) ? undefined : Math.min(RETRY_AFTER_MAX_MS, Math.max(0, waitMs))
}

/**
 * Why nothing is sent for now; the stronger outlives more. `backoff` ends when the network or the visitor comes back,
 * `hold` when the site asks for it, `asked` (by `Retry-After`) only with its time.
 */
export type PauseKind = 'backoff' | 'hold' | 'asked'

export interface Pause {
  /** End of the pause, on the clock of `now`, in milliseconds. */
  readonly until: number
  /** `retryAfter` is the header of that name. */
  after(verdict: Verdict, retryAfter: string | null): void
  /** Ends a pause of these kinds. */
  lift(...kinds: PauseKind[]): void
  /** Whether a pause of these kinds holds now. */
  holds(...kinds: PauseKind[]): boolean
}

/** Full jitter: clients that failed together do not come back together. */
export function createPause(now: () => number, wallClock: () => number, random: () => number = Math.random): Pause {
  let until = 0
  let kind: PauseKind = 'backoff'
  let failures = 0

  const pause = (forMs: number, why: PauseKind) => {
    until = now() + forMs
    kind = why
  }

  return {
    get until() {
      return until
    },
    after(verdict, retryAfter) {
      if (verdict === 'hold') return pause(HOLD_MS, 'hold')
      if (verdict !== 'again' && verdict !== 'smaller') {
        failures = 0
        until = 0
        return
      }
      // Also before smaller requests: a server that finds everything too large must not be asked a thousand times.
      const askedMs = readRetryAfter(retryAfter, wallClock())
      if (askedMs !== undefined) return pause(askedMs, 'asked')
      pause(random() * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** failures++), 'backoff')
    },
    lift(...kinds) {
      if (kinds.includes(kind)) until = 0
    },
    holds: (...kinds) => until > now() && kinds.includes(kind),
  }
}
