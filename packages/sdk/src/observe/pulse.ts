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
}

export function createPulse(ports: {
  now(): number
  /** Earliest time that somebody waits for; nothing while time passes for nobody. */
  nextWakeAt(): number | undefined
  stalled(gapMs: number): void
  wake(): void
}): Pulse {
  let aliveAt = ports.now()
  let timer: ReturnType<typeof setTimeout> | undefined

  return {
    alive() {
      const gapMs = ports.now() - aliveAt
      aliveAt += gapMs
      if (gapMs > STALL_MS) ports.stalled(gapMs)
      return aliveAt
    },
    arm() {
      clearTimeout(timer)
      const wakeAt = ports.nextWakeAt()
      // Counted from the last sign of life: setting the timer anew must not put the pulse off.
      if (wakeAt !== undefined) timer = setTimeout(ports.wake, Math.min(aliveAt + PULSE_MS, wakeAt) - ports.now())
    },
  }
}
