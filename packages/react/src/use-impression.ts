// What a component shows, observed from the element it renders: in passing, or opened on purpose.
import type { ObserveOptions, Subject } from '@sightline/sdk'
import { type Start, useObservation } from './use-observation'

const observe: Start<Element, ObserveOptions> = (tracker, element, read, options) =>
  tracker.observe(element, read, options)

/**
 * Returns a ref callback; the element it is given to is observed until it unmounts. Causes no re-render.
 *
 * `source`, `position`, `viewType` and `metadata` may change on every render: they are read when an event is made.
 * Another `content`, other `options` or another tracker start a new observation. One hook observes one element.
 *
 * @throws Error when no `<TrackerProvider>` is above the caller.
 */
export function useImpression(subject: Subject, options?: ObserveOptions): (element: Element | null) => void {
  return useObservation(observe, subject, options)
}

/**
 * For the page of one content: whoever opened it means to see it, so it counts from the first moment and with any part
 * on screen, and its `viewType` is `intentional`; both can be overridden. Otherwise as {@link useImpression}.
 *
 * @throws Error when no `<TrackerProvider>` is above the caller.
 */
export function useView(subject: Subject, options?: ObserveOptions): (element: Element | null) => void {
  const opened = { ...subject, viewType: subject.viewType ?? 'intentional' }
  return useImpression(opened, { threshold: 0, minDurationMs: 0, ...options })
}
