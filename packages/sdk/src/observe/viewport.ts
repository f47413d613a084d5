// The pool of native observers: one for each window, since its options are the same for every element.

/** Parts of the viewport that something else covers, in pixels: a sticky header is `{ top: 64 }`. */
export interface Insets {
  top?: number | undefined
  right?: number | undefined
  bottom?: number | undefined
  left?: number | undefined
}

export interface Viewport {
  watch(element: Element, threshold: number): void
  unwatch(element: Element, threshold: number): void
  /** Asks for a fresh measurement, which comes with the next frame. Reads no layout. */
  resample(element: Element, threshold: number): void
  /** Hands over at once what was measured and not delivered yet. */
  drain(): void
  close(): void
}

const GRID = Array.from({ length: 101 }, (_, percent) => percent / 100)

/** `entries` is called with what the browser measured, oldest first. */
export function openViewport(insets: Insets, entries: (batch: IntersectionObserverEntry[]) => void): Viewport {
  const { top = 0, right = 0, bottom = 0, left = 0 } = insets
  const rootMargin = `${-top}px ${-right}px ${-bottom}px ${-left}px`
  const pool: { view: Window; extra: number; native: IntersectionObserver }[] = []

  function observerOf(element: Element, threshold: number): IntersectionObserver | undefined {
    const view = element.ownerDocument.defaultView
    // Thresholds of whole percents share one observer; any other one needs its own.
    const extra = GRID.includes(threshold) ? 0 : threshold
    const known = pool.find((observer) => observer.view === view && observer.extra === extra)
    if (known || !view?.IntersectionObserver) return known?.native
    // No explicit root: it would call an element visible inside a scroller that is itself off screen.
    const native = new view.IntersectionObserver(entries, { rootMargin, threshold: [...GRID, extra] })
    pool.push({ view, extra, native })
    return native
  }

  function drain(): void {
    for (const { native } of pool) {
      const batch = native.takeRecords()
      if (batch.length) entries(batch)
    }
  }

  return {
    watch: (element, threshold) => observerOf(element, threshold)?.observe(element),
    unwatch: (element, threshold) => observerOf(element, threshold)?.unobserve(element),
    resample(element, threshold) {
      // unobserve() throws away what is queued for the element.
      drain()
      const observer = observerOf(element, threshold)
      observer?.unobserve(element)
      observer?.observe(element)
    },
    drain,
    close() {
      for (const { native } of pool) native.disconnect()
    },
  }
}

/** Whether the browser paints the element at all: `opacity: 0` and the like intersect as usual. */
export function isPainted(element: Element): boolean {
  const hidden = { opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }
  return element.checkVisibility?.(hidden) ?? true
}

/** Size of the window around an element, in pixels, where an entry does not tell it. */
export function sizeAround(element: Element): { width: number; height: number } {
  const view = element.ownerDocument.defaultView
  return view
    ? { width: view.innerWidth, height: Math.min(view.innerHeight, view.screen.height) }
    : { width: 0, height: 0 }
}
