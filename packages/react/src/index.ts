'use client'
// The public words of the React adapter. The directive lets a server component import them.
export { Impression, type ImpressionProps } from './impression'
export { TrackerProvider, useTracker } from './provider'
export { useImpression, useView } from './use-impression'
export { useMedia, type UseMediaOptions } from './use-media'
export { usePageViews } from './use-page-views'
