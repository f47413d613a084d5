// From a rendered element to an observed one: a ref callback that starts, keeps and stops one observation.
import type { ObserveOptions, Subject, Tracker } from '@sightline/sdk'
import { useInsertionEffect, useMemo } from 'react'
import { useTracker } from './provider'

/**
 * Returns a ref callback; the element it is given to is observed until it unmounts. Causes no re-render.
 *
 * `source`, `position`, `viewType` and `metadata` may change on every render: they are read when an event is made.
 * Another `content`, other `options` or another tracker start a new observation. One hook observes one element.
 *
 * @throws Error when no `<TrackerProvider>` is above the caller.
 */
export function useImpression(subject: Subject, options?: ObserveOptions): (element: Element | null) => void {
  const tracker = useTracker()
  const { type, id } = subject.content
  const criteria = JSON.stringify(options)

  const observation = useMemo(() => createObservation(tracker, subject, options), [tracker, type, String(id), criteria])

  // Written at commit, not while rendering: a render that React throws away must not change what is recorded.
  useInsertionEffect(() => {
    observation.subject = subject
  })

  return observation.ref
}

/**
 * Each content has an observation of its own, so the last view of the previous content keeps its own position and
 * source, although the hook holds the next subject by then.
 */
function createObservation(tracker: Tracker, subject: Subject, options: ObserveOptions | undefined) {
  let stop: (() => void) | undefined

  const observation = {
    subject,
    // React calls with null before it calls with another element, also in StrictMode, so one slot is enough.
    ref(element: Element | null) {
      stop?.()
      stop = element ? tracker.observe(element, () => observation.subject, options) : undefined
    },
  }
  return observation
}
