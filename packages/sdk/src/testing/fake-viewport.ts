// A viewport for pages without layout, such as happy-dom and jsdom: the test says how much of which element is on screen.

/** Time between two frames, in milliseconds. */
const FRAME_MS = 16

/** Sizes of the invented page, in pixels. Every element is smaller than the viewport. */
const viewport = { width: 1_000, height: 800 }
const box = { width: 300, height: 200 }

export interface FakeViewport {
  /** Scrolls the element so that this share of it is on screen, from 0 to 1. @default 1 */
  show(element: Element, ratio?: number): void
  /** Scrolls the element off the screen. */
  leave(element: Element): void
  /**
   * Lets time pass, with a frame every 16 ms. With fake timers of vitest, jest or sinon it is their time that passes,
   * otherwise it is real time.
   */
  advance(ms: number): Promise<void>
  /** Gives the page its own `IntersectionObserver` back. */
  restore(): void
}

/** What fake timers of all runners leave at the functions they replace. */
interface FakeClock {
  tickAsync(ms: number): Promise<unknown>
}

/** Replaces `IntersectionObserver`. Call it before anything is observed, and `restore()` after the test. */
export function fakeViewport(): FakeViewport {
  const ratios = new WeakMap<Element, number>()
  const observers = new Set<FakeObserver>()
  const own = Object.getOwnPropertyDescriptor(globalThis, 'IntersectionObserver')
  let frame: ReturnType<typeof setTimeout> | undefined

  /** Measures everything, then tells everything, as a browser does once a frame. */
  function render(): void {
    clearTimeout(frame)
    frame = undefined
    for (const observer of observers) observer.measure()
    for (const observer of observers) observer.deliver()
  }

  const renderSoon = () => {
    frame ??= setTimeout(render, FRAME_MS)
  }

  class FakeObserver {
    readonly root = null
    readonly rootMargin: string
    readonly thresholds: readonly number[]
    readonly #tell: IntersectionObserverCallback
    /** Number of thresholds that were reached by the last entry; none before the first one. */
    readonly #targets = new Map<Element, number | undefined>()
    #entries: IntersectionObserverEntry[] = []

    constructor(tell: IntersectionObserverCallback, { rootMargin, threshold }: IntersectionObserverInit = {}) {
      this.#tell = tell
      this.rootMargin = rootMargin ?? '0px 0px 0px 0px'
      this.thresholds = [threshold ?? 0].flat()
      observers.add(this)
    }

    observe(element: Element): void {
      if (!this.#targets.has(element)) this.#targets.set(element, undefined)
      renderSoon()
    }

    unobserve(element: Element): void {
      this.#targets.delete(element)
      this.#entries = this.#entries.filter(({ target }) => target !== element)
    }

    disconnect(): void {
      this.#targets.clear()
      this.#entries = []
      observers.delete(this)
    }

    takeRecords(): IntersectionObserverEntry[] {
      return this.#entries.splice(0)
    }

    measure(): void {
      for (const [target, before] of this.#targets) {
        const ratio = target.isConnected ? (ratios.get(target) ?? 0) : 0
        const reached = ratio > 0 ? this.thresholds.filter((threshold) => threshold <= ratio).length : 0
        if (reached === before) continue
        this.#targets.set(target, reached)
        this.#entries.push(entryOf(target, ratio, this.rootMargin))
      }
    }

    deliver(): void {
      const entries = this.takeRecords()
      if (entries.length > 0) this.#tell(entries, this as unknown as IntersectionObserver)
    }
  }

  Object.defineProperty(globalThis, 'IntersectionObserver', {
    configurable: true,
    writable: true,
    value: FakeObserver,
  })

  const place = (element: Element, ratio: number) => {
    ratios.set(element, ratio)
    renderSoon()
  }

  return {
    show(element, ratio = 1) {
      if (!(ratio >= 0 && ratio <= 1)) throw new TypeError(`show(): expected a ratio from 0 to 1, got ${ratio}.`)
      place(element, ratio)
    },
    leave: (element) => place(element, 0),
    async advance(ms) {
      for (let leftMs = ms; leftMs > 0; leftMs -= FRAME_MS) {
        await pass(Math.min(FRAME_MS, leftMs))
        render()
      }
    },
    restore() {
      clearTimeout(frame)
      for (const observer of observers) observer.disconnect()
      if (own) Object.defineProperty(globalThis, 'IntersectionObserver', own)
      else Reflect.deleteProperty(globalThis, 'IntersectionObserver')
    },
  }
}

function pass(ms: number): Promise<unknown> {
  const { clock } = setTimeout as typeof setTimeout & { clock?: FakeClock }
  return clock ? clock.tickAsync(ms) : new Promise((resolve) => void setTimeout(resolve, ms))
}

/** At the lower edge of what the observer calls the viewport, its margins taken off, and so deep in it. */
function entryOf(target: Element, ratio: number, rootMargin: string): IntersectionObserverEntry {
  const [top = 0, right = top, bottom = top, left = right] = rootMargin.split(' ').map(Number.parseFloat)
  const rootBounds = rect(-left, -top, viewport.width + left + right, viewport.height + top + bottom)
  const edge = ratio > 0 ? rootBounds.bottom - box.height * ratio : rootBounds.bottom + box.height
  return {
    target,
    time: performance.now(),
    isIntersecting: ratio > 0,
    intersectionRatio: ratio,
    rootBounds,
    boundingClientRect: rect(rootBounds.left, edge, box.width, box.height),
    intersectionRect: ratio > 0 ? rect(rootBounds.left, edge, box.width, box.height * ratio) : rect(0, 0, 0, 0),
  }
}

function rect(left: number, top: number, width: number, height: number): DOMRectReadOnly {
  const edges = { x: left, y: top, left, top, width, height, right: left + width, bottom: top + height }
  return { ...edges, toJSON: () => edges }
}
