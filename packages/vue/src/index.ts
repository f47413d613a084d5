// The public words of the Vue adapter.
export { sightline, type SightlineOptions, useTracker } from './plugin'
export { useImpression, useView } from './use-impression'
export { useMedia, type UseMediaOptions } from './use-media'
export { type PageRouter, usePageViews } from './use-page-views'
export type { ImpressionBinding, ImpressionDirective } from './v-impression'
