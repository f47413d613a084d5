// Carries one tracker from the app to every component and template in it.
import type { EventMap, Tracker } from '@sightline/sdk'
import { type App, inject, type InjectionKey } from 'vue'
import { createImpressionDirective } from './v-impression'

// Registered by name: the ESM and the CJS copy of this package must find each other's tracker.
const trackerKey: InjectionKey<Tracker> = Symbol.for('sightline.tracker')

export interface SightlineOptions {
  /** Made by `createTracker()`. The caller closes it. */
  tracker: Tracker
}

/** `app.use(sightline, { tracker })`: makes the tracker reachable for the composables and registers `v-impression`. */
export const sightline = {
  /** @throws Error when there is no tracker in `options`. */
  install(app: App, options: SightlineOptions): void {
    if (!options?.tracker) {
      throw new Error('sightline found no tracker: install it with app.use(sightline, { tracker: createTracker(…) }).')
    }
    app.provide(trackerKey, options.tracker)
    app.directive('impression', createImpressionDirective(options.tracker))
  },
}

/**
 * The tracker of this app; call it in `setup()`. `useTracker<MyEvents>()` types the metadata of custom events.
 *
 * @throws Error when the plugin is not installed.
 */
export function useTracker<Events extends EventMap = EventMap>(): Tracker<Events> {
  const tracker = inject(trackerKey, undefined)
  if (!tracker) throw new Error('useTracker() found no tracker: install it with app.use(sightline, { tracker }).')
  return tracker as Tracker<Events>
}
