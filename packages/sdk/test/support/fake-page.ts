// A page whose visitor, browser and collector do what a test says, in the words of the domain and in fake time.
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { createTracker, type EventMap, type Tracker, type TrackerOptions } from '../../src/index'
import type { Batch, IngestResult, WireEvent } from '../../src/wire'
import {
  boxOf,
  FakeIntersectionObserver,
  FakeResizeObserver,
  liveObservers,
  place,
  renderFrame,
  viewportSize,
} from './fake-observer'
import { createFakeLocks } from './fake-locks'
import { expectNothingLeft, watchListeners } from './no-leaks'

export const START = Date.UTC(2026, 0, 5, 12)

export interface Request {
  url: string
  init: RequestInit
  body: string
  batch: Batch
  /** Answers it; without a call it stays on its way. */
  answer(status: number, reply?: { body?: unknown; headers?: Record<string, string> }): void
  fail(): void
}

type Collector = (request: Request) => void

const accept: Collector = (request) => {
  const tracked = request.batch.events.length
  const body: IngestResult = { success: true, tracked, duplicates: 0, dropped: {}, errors: [] }
  request.answer(200, { body })
}

const signal = (target: EventTarget, type: string, more: object = {}) =>
  target.dispatchEvent(Object.assign(new Event(type, { bubbles: true }), more))

const everything: (body: string) => boolean = () => true

export type FakePage = ReturnType<typeof openFakePage>

function openFakePage() {
  const trackers: Tracker[] = []
  const requests: Request[] = []
  const beacons: { url: string; body: string; batch: Batch }[] = []
  let collector: Collector = accept
  let takesBeacon = everything
  let visibility: DocumentVisibilityState = 'visible'
  let prerendering = false
  let hasFocus = true
  const view = document.defaultView!
  const restore: (() => void)[] = []

  const define = (target: object, name: string, value: unknown) => {
    const before = Object.getOwnPropertyDescriptor(target, name)
    Object.defineProperty(target, name, { configurable: true, writable: true, value })
    restore.unshift(() => (before ? Object.defineProperty(target, name, before) : Reflect.deleteProperty(target, name)))
  }

  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => visibility })
  Object.defineProperty(document, 'prerendering', { configurable: true, get: () => prerendering })
  Object.defineProperty(document, 'referrer', { configurable: true, value: '' })
  for (const scope of [view, globalThis]) {
    define(scope, 'IntersectionObserver', FakeIntersectionObserver)
    define(scope, 'ResizeObserver', FakeResizeObserver)
  }
  define(document, 'hasFocus', () => hasFocus)
  define(navigator, 'sendBeacon', (url: string, body: string) => {
    if (!takesBeacon(body)) return false
    beacons.push({ url, body, batch: JSON.parse(body) as Batch })
    return true
  })
  define(globalThis, 'fetch', (url: string, init: RequestInit) => {
    const body = String(init.body)
    return new Promise<Response>((resolve, reject) => {
      const request: Request = {
        url,
        init,
        body,
        batch: JSON.parse(body) as Batch,
        answer(status, { body: reply = '', headers = {} } = {}) {
          const text = typeof reply === 'string' ? reply : JSON.stringify(reply)
          resolve(new Response(status === 204 ? null : text, { status, headers }))
        },
        fail: () => reject(new TypeError('Failed to fetch')),
      }
      init.signal?.addEventListener('abort', () => reject(new DOMException('Aborted', 'AbortError')))
      requests.push(request)
      collector(request)
    })
  })
  const locks = createFakeLocks()
  define(navigator, 'locks', locks)
  const listeners = watchListeners({ window, document, history: view as unknown as Window })

  const page = {
    requests,
    beacons,
    listeners: listeners.live,
    locks,
    viewport: viewportSize,

    /** Starts a tracker that is closed with the test. Pages are not counted unless the test asks for it. */
    start<Events extends EventMap = EventMap>(options: Partial<TrackerOptions> = {}): Tracker<Events> {
      const tracker = createTracker<Events>({ endpoint: 'https://collect.test', autoPage: false, ...options })
      trackers.push(tracker as Tracker)
      return tracker
    },

    /** An element in the document, below the screen. */
    add(box = {}): HTMLElement {
      const element = document.createElement('article')
      document.body.append(element)
      place(element, box)
      return element
    },
    place,
    /** Scrolls the element so that this share of its height is on screen, from below. */
    show: (element: Element, ratio = 1) =>
      place(element, { top: viewportSize.height - boxOf(element).height * ratio, left: 0 }),
    leave: (element: Element) => place(element, { top: 5_000 }),
    /** Moves everything up, as a visitor who reads on. */
    scroll(byPx: number, ...elements: Element[]) {
      for (const element of elements) place(element, { top: boxOf(element).top - byPx })
      signal(document, 'scroll')
    },

    hide() {
      visibility = 'hidden'
      signal(document, 'visibilitychange')
    },
    unhide() {
      visibility = 'visible'
      signal(document, 'visibilitychange')
    },
    /** The visitor goes to another window, while this one can still be seen. */
    blur() {
      hasFocus = false
      signal(window, 'blur')
    },
    focus() {
      hasFocus = true
      signal(window, 'focus')
    },
    freeze: () => signal(document, 'freeze'),
    resume: () => signal(document, 'resume'),
    /** The visitor follows a link to another site. */
    exit() {
      signal(window, 'pagehide', { persisted: true })
      visibility = 'hidden'
      signal(document, 'visibilitychange')
    },
    /** … and comes back with the back button. */
    comeBack() {
      visibility = 'visible'
      signal(document, 'visibilitychange')
      signal(window, 'pageshow', { persisted: true })
    },
    prerender() {
      prerendering = true
      visibility = 'hidden'
    },
    activate() {
      prerendering = false
      visibility = 'visible'
      signal(document, 'prerenderingchange')
      signal(document, 'visibilitychange')
    },
    goOnline: () => signal(window, 'online'),
    cameFrom: (referrer: string) =>
      Object.defineProperty(document, 'referrer', { configurable: true, value: referrer }),
    with: define,

    /** What the collector does with every request from now on. */
    collector(next: Collector | number) {
      collector = typeof next === 'number' ? (request) => request.answer(next) : next
    },
    accept: () => (collector = accept),
    blackHole: () => (collector = () => {}),
    takeBeacons: (takes: (body: string) => boolean) => (takesBeacon = takes),

    /** Lets time pass, with a frame in every millisecond in which the page can be seen. */
    async advance(ms: number) {
      for (let left = ms; left > 0; left--) {
        if (!liveObservers().length || visibility === 'hidden') {
          await vi.advanceTimersByTimeAsync(left)
          return
        }
        await vi.advanceTimersByTimeAsync(1)
        renderFrame()
      }
    },
    /** The main thread stands still: time passes, nothing runs. Whatever was due runs afterwards, in one go. */
    async block(ms: number) {
      const until = performance.now() + ms
      vi.spyOn(performance, 'now').mockImplementation(() => until)
      await vi.advanceTimersByTimeAsync(ms)
      vi.mocked(performance.now).mockRestore()
    },
    settle: () => vi.advanceTimersByTimeAsync(0),

    /** Everything that has left the page, in order of capture. */
    get sent(): WireEvent[] {
      const bodies = [...requests, ...beacons].flatMap(({ batch }) => batch.events)
      // oxlint-disable-next-line unicorn/no-array-sort -- a fresh array, and toSorted() is younger than our target
      return bodies.sort((a, b) => a.seq! - b.seq!)
    },

    close() {
      for (const tracker of trackers) tracker.close()
      collector = accept
      document.body.innerHTML = ''
      listeners.restore()
      for (const undo of restore) undo()
      for (const name of ['visibilityState', 'prerendering', 'referrer']) Reflect.deleteProperty(document, name)
    },
  }
  return page
}

/** A fresh page before each test; after it, nothing of any tracker may be left. */
export function useFakePage(): { readonly page: FakePage } {
  const current = {} as { page: FakePage }
  beforeEach(() => {
    vi.useFakeTimers({ now: START })
    localStorage.clear()
    Reflect.deleteProperty(globalThis, Symbol.for('sightline.keepalive'))
    history.replaceState(null, '', '/feed')
    current.page = openFakePage()
  })
  afterEach(async () => {
    current.page.close()
    await vi.advanceTimersByTimeAsync(0)
    expect(current.page.locks.held).toEqual([])
    expectNothingLeft(current.page.listeners)
    vi.useRealTimers()
  })
  return current
}
