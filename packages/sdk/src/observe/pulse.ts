// The one timer behind every deadline, and the sense of time standing still.

/** How often it shows that the page is alive while something is on screen, in milliseconds. */
const PULSE_MS = 250

/** A longer silence is a stall: a blocked main thread, or a machine asleep. Milliseconds. */
const STALL_MS = 500

export interface Pulse {
  /** First word of everything that runs: takes a stall out of all durations before anything is decided. */
  alive(): number
  /** Sets the timer anew. Last word of everything that runs. */
  arm(): void
  /** The page was not open; that time is no stall. */
  resume(): void
}

export function createPulse(ports: {
  now(): number
  /** Whether time passes for anything at all. */
  isNeeded(): boolean
  /** Earliest time that somebody waits for. */
  nextWakeAt(): number
  stalled(gapMs: number): void
  wake(now: number): void
}): Pulse {
  let aliveAt = ports.now()
  let timer: ReturnType<typeof setTimeout> | undefined

  function alive(): number {
    const now = ports.now()
    const gapMs = now - aliveAt
    if (gapMs > STALL_MS && ports.isNeeded()) ports.stalled(gapMs)
    aliveAt = now
    return now
  }

  function arm(): void {
    clearTimeout(timer)
    timer = undefined
    if (!ports.isNeeded()) return
    const now = ports.now()
    // Counted from the last sign of life: setting the timer anew must not put the pulse off.
    const wakeAt = Math.min(aliveAt + PULSE_MS, ports.nextWakeAt())
    timer = setTimeout(
      () => {
        ports.wake(alive())
        arm()
      },
      Math.max(0, wakeAt - now),
    )
  }

  return {
    alive,
    arm,
    resume() {
      aliveAt = ports.now()
    },
  }
}
