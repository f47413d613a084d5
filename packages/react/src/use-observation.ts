// From a rendered element to an observed one: a ref callback that starts, keeps and stops one observation.
import type { Subject, Tracker } from '@sightline/sdk'
import { useInsertionEffect, useMemo } from 'react'
import { useTracker } from './provider'

/** Begins to observe an element; what it returns ends that. The subject is asked for when an event is made. */
export type Start<Target, Options> = (
  tracker: Tracker,
  element: Target,
  read: () => Subject,
  options?: Options,
) => () => void

/** `start` stays the same over all renders. Options are compared by what JSON says of them. */
export function useObservation<Target, Options>(
  start: Start<Target, Options>,
  subject: Subject,
  options?: Options,
): (element: Target | null) => void {
  const tracker = useTracker()
  const { type, id } = subject.content
  const criteria = JSON.stringify(options)

  const observation = useMemo(
    () => createObservation((element: Target, read) => start(tracker, element, read, options), subject),
    [tracker, type, String(id), criteria],
  )

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
function createObservation<Target>(start: (element: Target, read: () => Subject) => () => void, subject: Subject) {
  let stop: (() => void) | undefined

  const observation = {
    subject,
    // React calls with null before it calls with another element, also in StrictMode, so one slot is enough.
    ref(element: Target | null) {
      stop?.()
      stop = element ? start(element, () => observation.subject) : undefined
    },
  }
  return observation
}
