// An IntersectionObserver over invented rectangles: idempotent, first entry with the next frame, queue lost on unobserve.

export interface Box {
  /** Distance from the top of the viewport, in pixels. */
  top: number
  left: number
  width: number
  height: number
}

export const viewportSize = { width: 1_000, height: 800 }

const boxes = new WeakMap<Element, Box>()
const alive = new Set<FakeIntersectionObserver>()
const aliveSizes = new Set<FakeResizeObserver>()

export const liveObservers = () => [...alive]
export const liveSizeObservers = () => [...aliveSizes]

export const boxOf = (element: Element): Box => boxes.get(element) ?? { top: 5_000, left: 0, width: 300, height: 200 }

export const place = (element: Element, box: Partial<Box>) => boxes.set(element, { ...boxOf(element), ...box })

/** Measures everything, as a browser does once a frame. */
export function renderFrame(): void {
  for (const observer of alive) observer.measure()
  for (const observer of alive) observer.deliver()
  for (const observer of aliveSizes) observer.deliver()
}

const rect = ({ top, left, width, height }: Box) =>
  ({ x: left, y: top, top, left, width, height, bottom: top + height, right: left + width }) as DOMRectReadOnly

const nothing = rect({ top: 0, left: 0, width: 0, height: 0 })

export class FakeIntersectionObserver {
  readonly root = null
  readonly rootMargin: string
  readonly thresholds: number[]
  /** Milliseconds between two measurements of one element; only Chromium has it. */
  readonly delay: number
  /** Index of the threshold that was reported last; −1 before the first report. */
  readonly targets = new Map<Element, number>()
  private queue: IntersectionObserverEntry[] = []
  readonly #report: IntersectionObserverCallback

  constructor(report: IntersectionObserverCallback, options: IntersectionObserverInit = {}) {
    this.#report = report
    this.rootMargin = options.rootMargin ?? '0px'
    this.thresholds = [options.threshold ?? 0].flat()
    this.delay = (options as { delay?: number }).delay ?? 0
    alive.add(this)
  }

  observe(element: Element): void {
    if (!this.targets.has(element)) this.targets.set(element, -1)
  }

  unobserve(element: Element): void {
    this.targets.delete(element)
    this.queue = this.queue.filter((entry) => entry.target !== element)
  }

  disconnect(): void {
    this.targets.clear()
    this.queue = []
    alive.delete(this)
  }

  takeRecords(): IntersectionObserverEntry[] {
    return this.queue.splice(0)
  }

  measure(): void {
    for (const [target, before] of this.targets) {
      // As Chromium with a delay, where the removal comes soon after a measurement.
      if (this.delay && before >= 0 && !target.isConnected) continue
      const entry = this.#look(target)
      const reached = this.thresholds.filter((threshold) => threshold <= entry.intersectionRatio).length
      const index = entry.isIntersecting ? reached : 0
      if (index === before) continue
      this.targets.set(target, index)
      this.queue.push(entry)
    }
  }

  deliver(): void {
    const entries = this.takeRecords()
    if (entries.length) this.#report(entries, this as unknown as IntersectionObserver)
  }

  #look(target: Element): IntersectionObserverEntry {
    const [top = 0, right = 0, bottom = 0, left = 0] = this.rootMargin.split(' ').map(Number.parseFloat)
    const root = {
      top: -top,
      left: -left,
      width: viewportSize.width + left + right,
      height: viewportSize.height + top + bottom,
    }
    const box = boxOf(target)
    const edges = {
      top: Math.max(box.top, root.top),
      left: Math.max(box.left, root.left),
      bottom: Math.min(box.top + box.height, root.top + root.height),
      right: Math.min(box.left + box.width, root.left + root.width),
    }
    const isIntersecting = target.isConnected && edges.bottom >= edges.top && edges.right >= edges.left
    const area = box.width * box.height
    const seen = (edges.bottom - edges.top) * (edges.right - edges.left)
    return {
      target,
      time: performance.now(),
      isIntersecting,
      intersectionRatio: isIntersecting ? (area ? seen / area : 1) : 0,
      rootBounds: rect(root),
      boundingClientRect: target.isConnected ? rect(box) : nothing,
      intersectionRect: isIntersecting
        ? rect({ top: edges.top, left: edges.left, width: edges.right - edges.left, height: edges.bottom - edges.top })
        : nothing,
    }
  }
}

/** Tells the size of an element once it differs from the last one told; the first time from none at all. */
export class FakeResizeObserver {
  readonly targets = new Map<Element, string>()
  readonly #report: ResizeObserverCallback

  constructor(report: ResizeObserverCallback) {
    this.#report = report
    aliveSizes.add(this)
  }

  observe(element: Element): void {
    if (!this.targets.has(element)) this.targets.set(element, '0 0')
  }

  unobserve(element: Element): void {
    this.targets.delete(element)
  }

  disconnect(): void {
    this.targets.clear()
    aliveSizes.delete(this)
  }

  deliver(): void {
    const changed = [...this.targets].flatMap(([target, before]) => {
      const { width, height } = boxOf(target)
      const size = `${width} ${height}`
      this.targets.set(target, size)
      return size === before ? [] : [{ target, contentRect: rect({ top: 0, left: 0, width, height }) }]
    })
    if (changed.length) this.#report(changed as unknown as ResizeObserverEntry[], this as unknown as ResizeObserver)
  }
}
