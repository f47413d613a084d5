// Samples content taller than the screen while it scrolls: the browser is silent while both of its edges are outside.

/** Shortest distance of two samples, in milliseconds. */
const SAMPLE_MS = 100

export interface DepthSampler {
  /** Listens to scrolling exactly as long as it is needed. */
  need(isNeeded: boolean): void
  /** When the next sample is due; `Infinity` while nothing scrolls. */
  dueAt(): number
  /** Whether a sample is due now; if so it counts as taken. */
  take(now: number): boolean
}

export function createDepthSampler(ports: {
  onScroll(listener: () => void): () => void
  alive(): number
  /** The due time has changed. */
  changed(): void
}): DepthSampler {
  let stop: (() => void) | undefined
  let sampledAt = -Infinity
  let dueAt = Infinity

  function scrolled(): void {
    if (dueAt !== Infinity) return
    dueAt = Math.max(ports.alive(), sampledAt + SAMPLE_MS)
    ports.changed()
  }

  return {
    need(isNeeded) {
      if (isNeeded) {
        stop ??= ports.onScroll(scrolled)
        return
      }
      stop?.()
      stop = undefined
      dueAt = Infinity
    },
    dueAt: () => dueAt,
    take(now) {
      if (dueAt > now) return false
      sampledAt = now
      dueAt = Infinity
      return true
    },
  }
}
