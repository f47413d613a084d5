// The pool of native observers: one for each threshold, shared by all elements that ask for it.

/** Parts of the viewport that something else covers, in pixels: a sticky header is `{ top: 64 }`. */
export interface Insets {
  top?: number | undefined
  right?: number | undefined
  bottom?: number | undefined
  left?: number | undefined
}

export interface Viewport {
  /**
   * Asks for a fresh measurement, which comes with the next frame, and for every later change. Reads no layout. What was
   * measured of a watched element and not delivered yet is thrown away: `drain()` before.
   */
  watch(element: Element, threshold: number): void
  unwatch(element: Element, threshold: number): void
  /** Hands over at once what was measured and not delivered yet. */
  drain(): void
  close(): void
}

const GRID = Array.from({ length: 101 }, (_, percent) => percent / 100)

/** `entries` is called with what the browser measured, oldest first. */
export function openViewport(insets: Insets, entries: (batch: IntersectionObserverEntry[]) => void): Viewport {
  const { top = 0, right = 0, bottom = 0, left = 0 } = insets
  const rootMargin = `${-top}px ${-right}px ${-bottom}px ${-left}px`
  const pool = new Map<number, IntersectionObserver>()

  // Always of this window, also for elements of a frame or a popup: entries tell the time on the clock of their observer.
  function observerOf(threshold: number): IntersectionObserver {
    // No explicit root: it would call an element visible inside a scroller that is itself off screen.
    const observer =
      pool.get(threshold) ?? new IntersectionObserver(entries, { rootMargin, threshold: [...GRID, threshold] })
    pool.set(threshold, observer)
    return observer
  }

  function drain(): void {
    for (const observer of pool.values()) {
      const batch = observer.takeRecords()
      if (batch.length) entries(batch)
    }
  }

  return {
    // Nothing is drained here: takeRecords() costs as much as there are elements, which many registrations would square.
    watch(element, threshold) {
      observerOf(threshold).unobserve(element)
      observerOf(threshold).observe(element)
    },
    unwatch: (element, threshold) => observerOf(threshold).unobserve(element),
    drain,
    close() {
      for (const observer of pool.values()) observer.disconnect()
    },
  }
}

/** Whether the browser paints the element at all: `opacity: 0` and the like intersect as usual. */
export function isPainted(element: Element | undefined): boolean {
  const hidden = { opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }
  return element?.checkVisibility?.(hidden) ?? element !== undefined
}
