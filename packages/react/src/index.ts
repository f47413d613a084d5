'use client'
// The public words of the React adapter. The directive lets a server component import them.
export { Impression, type ImpressionProps } from './impression'
export { TrackerProvider, useTracker } from './provider'
export { useImpression } from './use-impression'
