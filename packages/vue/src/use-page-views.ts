// From the routes that a router has settled on to page views.
import type { TrackFields } from '@sightline/sdk'
import { onMounted, onScopeDispose } from 'vue'
import { useTracker } from './plugin'

/** What is needed of a `vue-router`, versions 4 and newer. */
export interface PageRouter<Route extends { path: string } = { path: string }> {
  readonly currentRoute: { readonly value: Route }
  afterEach(guard: (to: Route, from: Route, failure?: unknown) => void): () => void
  isReady(): Promise<void>
}

/**
 * Records a page view for the route of now and for every later one with another path; a change of the query or the
 * fragment is none, a navigation that failed neither. Only for a tracker with `autoPage: false`, once, in the root
 * component. `fields` says more about a route.
 *
 * @throws Error when the plugin is not installed.
 */
export function usePageViews<Route extends { path: string }>(
  router: PageRouter<Route>,
  fields?: (route: Route) => Omit<TrackFields, 'content'>,
): void {
  const tracker = useTracker()
  let path: string | undefined
  let stop: (() => void) | undefined
  let isOver = false

  function count(route: Route): void {
    if (isOver || route.path === path) return
    path = route.path
    tracker.page(fields?.(route))
  }

  // Never on a server, where nothing is mounted.
  onMounted(() => {
    stop = router.afterEach((to, _, failure) => failure || count(to))
    // The first route has often been settled on before anything was mounted.
    void router.isReady().then(
      () => count(router.currentRoute.value),
      () => {},
    )
  })
  onScopeDispose(() => {
    isOver = true
    stop?.()
  })
}
