// The one native observer of the window, shared by all elements and by everybody who wants to know of them.

/** Parts of the viewport that something else covers, in pixels: a sticky header is `{ top: 64 }`. */
export interface Insets {
  top?: number | undefined
  right?: number | undefined
  bottom?: number | undefined
  left?: number | undefined
}

/** Somebody who watches elements; several may watch the same one. */
export interface Watcher {
  /** What the browser measured, oldest first, also of elements that only others watch. */
  sampled(batch: IntersectionObserverEntry[]): void
  /** Whether nothing that was measured now can change what it tells before it calls `deliver()` by itself. Asked in every frame. */
  mayWait(): boolean
  /** Whether it watches this element. Asked after an `unwatch()` by anybody. */
  watches(element: Element): boolean
  /** The browser has forgotten all elements: `sample()` has to be called for each that is watched. */
  moved(): void
}

export interface Viewport {
  join(watcher: Watcher): void
  /**
   * Measures the element with the next frame, and from then on whenever it crosses a whole percent, `threshold` or
   * `another`. Wants one `unwatch()` for each call.
   */
  watch(element: Element, threshold: number, another?: number): void
  /** Called by who has stopped watching it; without an element when that was collected. */
  unwatch(element: Element | undefined): void
  /**
   * Asks for a fresh measurement, which comes with the next frame. Reads no layout. What was measured of the element and
   * not delivered yet is thrown away: `drain()` before.
   */
  sample(element: Element): void
  /** Samples the element as soon as it has a size: the browser says nothing when one without a size grows in its place. */
  awaitSize(element: Element): void
  /** Hands over what could wait. */
  deliver(): void
  /** Hands over also what was measured and not delivered by the browser yet. */
  drain(): void
  close(): void
}

/** So many watched elements make the browser measure less often, and half of them undo it. */
const CROWD = 2_000

/** Pause between two measurements of an element in a crowd, in milliseconds. Only Chromium knows it. */
const CROWD_DELAY_MS = 100

export function openViewport({ top = 0, right = 0, bottom = 0, left = 0 }: Insets): Viewport {
  const watchers: Watcher[] = []
  const thresholds = new Set(Array.from({ length: 101 }, (_, percent) => percent / 100))
  let watched = 0
  let delay = 0
  let native: IntersectionObserver | undefined
  let sizes: ResizeObserver | undefined

  // Everything is decided by the time of a measurement, so some may be looked at later: between the frames of a scroll each
  // costs about twice what it costs in a row with others.
  let waiting: IntersectionObserverEntry[] = []
  let isAwaited = false

  function deliver(): void {
    const batch = waiting
    waiting = []
    if (batch.length) for (const watcher of watchers) watcher.sampled(batch)
  }

  const take = (batch: IntersectionObserverEntry[]) => {
    waiting = waiting.concat(batch)
    if (isAwaited || !watchers.every((watcher) => watcher.mayWait())) deliver()
    isAwaited = false
  }

  // No explicit root: it would call an element visible inside a scroller that is itself off screen. Always of this window,
  // also for elements of a frame or a popup: entries tell the time on the clock of their observer.
  const observer = () =>
    (native ??= new IntersectionObserver(take, {
      rootMargin: top || right || bottom || left ? `${-top}px ${-right}px ${-bottom}px ${-left}px` : undefined,
      threshold: [...thresholds],
      delay: delay || undefined,
    } as IntersectionObserverInit))

  function drain(): void {
    waiting = waiting.concat(native?.takeRecords() ?? [])
    deliver()
  }

  /** Neither thresholds nor the delay of an observer can change, so another one takes over. */
  function move(): void {
    drain()
    native?.disconnect()
    native = undefined
    for (const watcher of watchers) watcher.moved()
  }

  /** Counts who comes and goes. Back only at half, so that a list around the limit does not move all the time. */
  function count(change: number): boolean {
    watched += change
    const isCrowd = watched > (delay ? CROWD / 2 : CROWD)
    if (isCrowd === delay > 0) return false
    delay = isCrowd ? CROWD_DELAY_MS : 0
    return true
  }

  function sample(element: Element): void {
    isAwaited = true
    observer().unobserve(element)
    observer().observe(element)
  }

  const isWatched = (element: Element) => watchers.some((watcher) => watcher.watches(element))

  return {
    join: (watcher) => void watchers.push(watcher),
    // Nothing is drained here: takeRecords() costs as much as there are elements, which many registrations would square.
    watch(element, threshold, another = threshold) {
      const before = thresholds.size
      // Down to a tenth of a percent, which is the slack of every verdict: so there are never very many.
      thresholds.add(Math.floor(threshold * 1_000) / 1_000).add(Math.floor(another * 1_000) / 1_000)
      const isCrowding = count(1)
      if (isCrowding || thresholds.size > before) move()
      sample(element)
    },
    unwatch(element) {
      if (element && !isWatched(element)) {
        native?.unobserve(element)
        sizes?.unobserve(element)
      }
      if (count(-1)) move()
    },
    sample,
    awaitSize(element) {
      sizes ??= new ResizeObserver((entries) => {
        for (const { target, contentRect } of entries) {
          if (Math.min(contentRect.width, contentRect.height) < 1) continue
          sizes!.unobserve(target)
          if (isWatched(target)) sample(target)
        }
      })
      sizes.observe(element)
    },
    deliver,
    drain,
    close() {
      native?.disconnect()
      sizes?.disconnect()
    },
  }
}

/** Whether the browser paints the element at all: `opacity: 0` and the like intersect as usual. */
export function isPainted(element: Element | undefined): boolean {
  const hidden = { opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }
  return element?.checkVisibility?.(hidden) ?? element !== undefined
}

/** Whether the element has no box of its own, so that it never intersects anything. Asked only to explain. */
export function isBoxless(element: Element): boolean {
  return getComputedStyle(element).display === 'contents'
}
