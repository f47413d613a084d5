// The public words of the Vue adapter.
export { sightline, type SightlineOptions, useTracker } from './plugin'
export { useImpression } from './use-impression'
export type { ImpressionBinding, ImpressionDirective } from './v-impression'
