// When a batch leaves: enough events, enough bytes, long enough, the end of the page, or because somebody asks.
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
  /** Events that neither wait nor are on their way any more. */
  decided(): number
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
  /** The page is seen again. */
  stay(): void
  close(): void
}

export function createFlusher(ports: FlusherPorts): Flusher {
  const { now, outbox, courier, pause } = ports
  let dueAt = Infinity
  let timer: ReturnType<typeof setTimeout> | undefined
  let exitedAt = -Infinity
  let isExitQueued = false
  let isClosed = false

  const isFull = () => outbox.length >= ports.maxBatchEvents || outbox.bytes >= ports.maxBatchBytes

  function schedule(): void {
    clearTimeout(timer)
    timer = undefined
    if (isClosed || ports.isHeld() || courier.inFlight || !outbox.length || dueAt === Infinity) return
    const waitMs = Math.max(dueAt, pause.until) - now()
    if (waitMs > 0) timer = setTimeout(schedule, Math.min(waitMs, LONGEST_TIMER_MS))
    else void send()
  }

  function send(): Promise<number> | undefined {
    dueAt = Infinity
    return courier.send()?.then((count) => {
      const isUrgent = isFull() || pause.until > now()
      if (outbox.length) dueAt = Math.min(dueAt, isUrgent ? now() : now() + ports.flushIntervalMs)
      schedule()
      return count
    })
  }

  function hurry(): void {
    if (!outbox.length) return
    dueAt = now()
    schedule()
  }

  function exit(): void {
    exitedAt = now()
    if (ports.isHeld() || pause.holds('asked', 'hold')) return
    clearTimeout(timer)
    timer = undefined
    dueAt = Infinity
    courier.sendAtExit()
    // An answer may still come, and a tab that was only hidden goes on.
    void courier.settled().then(() => outbox.length && hurry())
  }

  function exitSoon(): void {
    if (isExitQueued) return
    isExitQueued = true
    queueMicrotask(() => {
      isExitQueued = false
      if (!isClosed) exit()
    })
  }

  return {
    recorded() {
      const at = now()
      if (at - exitedAt < AFTER_EXIT_MS) exitSoon()
      // Nothing is planned any more if something else has emptied the outbox since.
      if (timer === undefined && !courier.inFlight) dueAt = Infinity
      const nextDueAt = isFull() ? at : at + ports.flushIntervalMs
      if (nextDueAt >= dueAt) return
      dueAt = nextDueAt
      schedule()
    },
    retry() {
      pause.lift('backoff')
      hurry()
    },
    release() {
      pause.lift('backoff', 'hold')
      hurry()
    },
    async flush() {
      pause.lift('backoff', 'hold')
      const target = ports.decided() + outbox.length + courier.inFlight
      const isOver = () =>
        isClosed ||
        ports.isHeld() ||
        !outbox.length ||
        ports.decided() >= target ||
        pause.holds('backoff', 'hold', 'asked')
      while (courier.inFlight || !isOver()) await (courier.inFlight ? courier.settled() : send())
    },
    exit,
    stay() {
      exitedAt = -Infinity
    },
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
