// Carries one tracker from the root of the tree to every component below it.
import type { EventMap, Tracker } from '@sightline/sdk'
import { createContext, type ReactElement, type ReactNode, useContext } from 'react'

const TrackerContext = createContext<Tracker | null>(null)

/** Makes one tracker reachable from every component below. The caller creates it once, outside of render, and closes it. */
export function TrackerProvider(props: { tracker: Tracker; children?: ReactNode }): ReactElement {
  return <TrackerContext.Provider value={props.tracker}>{props.children}</TrackerContext.Provider>
}

/**
 * The tracker of the nearest `<TrackerProvider>`. `useTracker<MyEvents>()` types the metadata of custom events.
 *
 * @throws Error when there is no provider above the caller.
 */
export function useTracker<Events extends EventMap = EventMap>(): Tracker<Events> {
  const tracker = useContext(TrackerContext)
  if (!tracker) throw new Error('useTracker() found no tracker: wrap the tree in <TrackerProvider tracker={tracker}>.')
  return tracker as Tracker<Events>
}
