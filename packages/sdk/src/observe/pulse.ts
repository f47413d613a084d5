// The one timer behind every deadline, and the sense of time standing still.

/** How often it shows that the page is alive while something is on screen, in milliseconds. */
export const PULSE_MS = 250

/** A longer silence is a stall: a blocked main thread, or a machine asleep. Milliseconds. */
const STALL_MS = 500

export interface Pulse {
  /** First word of everything that runs at `at`, now: takes a stall out of all durations before anything is decided. */
  alive(at?: number): number
  /** Last word: when somebody waits, `Infinity` where only time passes, nothing where it passes for nobody. */
  arm(wakeAt: number | undefined): void
}

export function createPulse(ports: { now(): number; stalled(gapMs: number): void; wake(): void }): Pulse {
  let aliveAt = ports.now()
  let timer: ReturnType<typeof setTimeout> | undefined
  let dueAt = Infinity

  return {
    alive(at = ports.now()) {
      const gapMs = at - aliveAt
      if (gapMs > 0) aliveAt = at
      if (gapMs > STALL_MS) ports.stalled(gapMs)
      return aliveAt
    },
    arm(wakeAt) {
      const nextAt = wakeAt === undefined ? Infinity : Math.min(aliveAt + PULSE_MS, wakeAt)
      // A timer that rings too early costs less than setting it anew with every frame.
      if (dueAt === nextAt || (dueAt < nextAt && nextAt < Infinity)) return
      clearTimeout(timer)
      dueAt = nextAt
      if (dueAt === Infinity) return
      timer = setTimeout(() => {
        dueAt = Infinity
        ports.wake()
      }, dueAt - ports.now())
    },
  }
}
