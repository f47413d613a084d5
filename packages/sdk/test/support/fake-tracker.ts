// A tracker that sends nothing and remembers which elements are being observed, and as what.
import { vi } from 'vitest'
import type { ObserveOptions, Subject, Tracker } from '../../src/index'

interface Observed {
  element: Element
  read: () => Subject
  options: ObserveOptions | undefined
}

export function createFakeTracker() {
  const live = new Set<Observed>()
  const ended: Subject[] = []

  const tracker = {
    observe: vi.fn<Tracker['observe']>((element, subject, options) => {
      const observed = { element, options, read: typeof subject === 'function' ? subject : () => subject }
      live.add(observed)
      return () => {
        ended.push(observed.read())
        live.delete(observed)
      }
    }),
    observeMedia: vi.fn<Tracker['observeMedia']>(() => () => {}),
    track: vi.fn<Tracker['track']>(),
    click: vi.fn<Tracker['click']>(),
    page: vi.fn<Tracker['page']>(),
    setConsent: vi.fn<Tracker['setConsent']>(),
    flush: vi.fn<Tracker['flush']>(),
    stats: vi.fn<Tracker['stats']>(),
    close: vi.fn<Tracker['close']>(),
  } satisfies Tracker

  return {
    tracker,
    observe: tracker.observe,
    /** What each observation would say if an event were made now: `post:42@3` is a post at position 3. */
    watched: () => [...live].map((observed) => name(observed.read())),
    /** The whole subjects of the same. */
    subjects: () => [...live].map((observed) => observed.read()),
    /** What each ended observation said at its end, oldest first. */
    ended: () => ended.map(name),
    elements: () => [...live].map((observed) => observed.element),
    options: () => [...live].map((observed) => observed.options),
  }
}

const name = ({ content, position }: Subject) =>
  `${content.type}:${content.id}` + (position == null ? '' : `@${position}`)
