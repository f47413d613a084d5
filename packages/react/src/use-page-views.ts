// From a route that is rendered to a page view, for routers whose pages are not paths.
import type { TrackFields } from '@sightline/sdk'
import { useEffect, useRef } from 'react'
import { useTracker } from './provider'

/**
 * Records a page view for every new `page`: a path, a route's name, whatever tells two pages apart. `null` records
 * nothing yet. Only for a tracker with `autoPage: false`, once in the tree, above all routes. Causes no re-render.
 *
 * @throws Error when no `<TrackerProvider>` is above the caller.
 */
export function usePageViews(page: string | null | undefined, fields?: Omit<TrackFields, 'content'>): void {
  const tracker = useTracker()
  // StrictMode runs every effect twice, and keeps what a ref holds in between.
  const counted = useRef<unknown[]>([])

  useEffect(() => {
    const [by, last] = counted.current
    if (page == null || (by === tracker && last === page)) return
    counted.current = [tracker, page]
    tracker.page(fields)
  }, [tracker, page])
}
