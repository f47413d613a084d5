// When a batch leaves: enough events, enough bytes, long enough, the end of the page, or because somebody asks.
import type { Ledger } from '../ledger'
import type { Courier, Outbox } from './courier'
import type { Pause } from './retry'

/** Timers above 2^31 − 1 milliseconds fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** So long after an exit an event leaves at once: handlers of the page that ran after ours have their say too. */
const AFTER_EXIT_MS = 1_000

export interface FlusherPorts {
  now(): number
  /** Nothing may be sent now, whatever happens: no consent yet, or a page that nobody has opened yet. */
  isHeld(): boolean
  ledger: Ledger
  outbox: Outbox
  courier: Courier
  pause: Pause
  flushIntervalMs: number
  maxBatchEvents: number
  maxBatchBytes: number
}

export interface Flusher {
  /** An event has entered the outbox. */
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
  const { now, outbox, ledger, courier, pause } = ports
  let dueAt = Infinity
  let timer: ReturnType<typeof setTimeout> | undefined
  let exitedAt = -Infinity
  let isClosed = false

  const isFull = () => outbox.length >= ports.maxBatchEvents || outbox.bytes >= ports.maxBatchBytes
  const isPaused = () => pause.until > now()

  function schedule(): void {
    clearTimeout(timer)
    if (!outbox.length) dueAt = Infinity
    if (isClosed || ports.isHeld() || courier.inFlight || dueAt === Infinity) return
    const waitMs = Math.max(dueAt, pause.until) - now()
    if (waitMs > 0) timer = setTimeout(schedule, Math.min(waitMs, LONGEST_TIMER_MS))
    else void send()
  }

  async function send(): Promise<void> {
    dueAt = Infinity
    await courier.send()
    plan(isFull() || isPaused() ? 0 : ports.flushIntervalMs)
  }

  /** A batch leaves in so many milliseconds, or earlier if that was planned before. */
  function plan(inMs: number): void {
    dueAt = Math.min(dueAt, now() + inMs)
    schedule()
  }

  const lift = (...kinds: Pause['kind'][]) => {
    if (kinds.includes(pause.kind)) pause.until = 0
  }

  function exit(): void {
    exitedAt = now()
    if (ports.isHeld() || (isPaused() && pause.kind !== 'backoff')) return
    courier.sendAtExit()
    // An answer may still come, and a tab that was only hidden goes on.
    void courier.settled().then(() => plan(0))
  }

  return {
    recorded() {
      if (now() - exitedAt < AFTER_EXIT_MS) queueMicrotask(exit)
      plan(isFull() ? 0 : ports.flushIntervalMs)
    },
    retry() {
      exitedAt = -Infinity
      lift('backoff')
      plan(0)
    },
    release() {
      lift('backoff', 'hold')
      plan(0)
    },
    async flush() {
      lift('backoff', 'hold')
      const { recorded } = ledger
      // What is recorded from now on is left for the next time.
      const isOver = () => ledger.recorded - outbox.length >= recorded || isClosed || ports.isHeld() || isPaused()
      while (courier.inFlight || !isOver()) await (courier.inFlight ? courier.settled() : send())
    },
    exit,
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
