// When a batch leaves: enough events, enough bytes, long enough, the end of the page, or because somebody asks.
import type { Ledger } from '../ledger'
import type { Courier } from './courier'
import { createLastWill } from './last-will'
import type { Pause } from './retry'

/** Timers above 2^31 − 1 milliseconds fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** So long after an exit an event leaves at once: handlers of the page that ran after ours have their say too. */
const AFTER_EXIT_MS = 1_000

export interface FlusherPorts {
  now(): number
  /** Nothing may be sent now, whatever happens: no consent yet, no token yet, or a page that nobody has opened yet. */
  isHeld(): boolean
  /** What stays behind lives on without the page. */
  isLasting(): boolean
  ledger: Ledger
  courier: Courier
  pause: Pause
  flushIntervalMs: number
  maxBatchEvents: number
  maxBatchBytes: number
  guard(act: () => void): void
}

export interface Flusher {
  /** Events have entered the outbox. */
  recorded(): void
  /** Something that stood in the way may be gone: the network is back, the visitor is back. */
  retry(): void
  /** The site lets events go: also what a refusal held back. */
  release(): void
  /** Sends what is in the outbox now; resolves when all of it is decided or has to wait. */
  flush(): Promise<void>
  /** The page goes away, perhaps for good. */
  exit(): void
  close(): void
}

export function createFlusher(ports: FlusherPorts): Flusher {
  const { now, isHeld, courier, pause } = ports
  const { stats, bytes } = ports.ledger
  const { flights } = courier
  let dueAt = Infinity
  let timer: ReturnType<typeof setTimeout> | undefined
  let exitedAt = -Infinity
  let isClosed = false

  const isFull = () => stats.queued >= ports.maxBatchEvents || bytes.queued >= ports.maxBatchBytes
  const isPaused = () => pause.until > now()
  const will = createLastWill(now, () => (isHeld() || isPaused() ? undefined : courier.defer()))

  function schedule(): void {
    clearTimeout(timer)
    timer = undefined
    if (isClosed) return
    if (stats.queued || flights.size) will.renew()
    else will.revoke()
    if (!stats.queued) dueAt = Infinity
    if (isHeld() || flights.size || dueAt === Infinity) return
    const waitMs = Math.max(dueAt, pause.until) - now()
    if (waitMs > 0) timer = setTimeout(() => ports.guard(schedule), Math.min(waitMs, LONGEST_TIMER_MS))
    else send().catch(() => {})
  }

  async function send(): Promise<void> {
    dueAt = Infinity
    const answered = courier.send()
    // What found no room has waited for long enough.
    const isMore = stats.queued > 0
    await answered
    plan(isMore || isFull() || isPaused() ? 0 : ports.flushIntervalMs)
  }

  /** A batch leaves in so many milliseconds, or earlier if that was planned before. */
  function plan(inMs: number): void {
    dueAt = Math.min(dueAt, now() + inMs)
    schedule()
  }

  function exit(): void {
    exitedAt = now()
    const isKept = ports.isLasting()
    // What would be lost otherwise is sent at the wrong time rather than never.
    if (isHeld() || (!pause.lift() && isKept)) return
    courier.sendAtExit()
    if (!stats.queued) will.revoke()
    // An answer may still come, and a tab that was only hidden goes on.
    void courier.settled().then(() => plan(0))
  }

  return {
    recorded() {
      if (now() - exitedAt < AFTER_EXIT_MS) queueMicrotask(() => ports.guard(exit))
      const inMs = isFull() ? 0 : ports.flushIntervalMs
      // One timer serves all events of a batch.
      if (timer && dueAt <= now() + inMs) will.renew()
      else plan(inMs)
    },
    retry() {
      exitedAt = -Infinity
      pause.lift()
      plan(0)
    },
    release() {
      pause.lift(true)
      plan(0)
    },
    async flush() {
      pause.lift(true)
      const { recorded } = stats
      // What is recorded from now on is left for the next time.
      const isOver = () => stats.recorded - stats.queued >= recorded || isClosed || isHeld() || isPaused()
      while (flights.size || !isOver()) await (flights.size ? courier.settled() : send())
    },
    exit,
    close() {
      isClosed = true
      clearTimeout(timer)
      will.revoke()
    },
  }
}
