// The public words of the SDK.
export { type Consent, defaultOptions, type TrackerOptions } from './options'
export type { Content, Dedupe, Subject } from './subject'
export {
  createTracker,
  type EventMap,
  type FlushResult,
  type ObserveOptions,
  type TrackFields,
  type Tracker,
  type TrackerStats,
} from './tracker'
export type { Insets } from './observe/viewport'
export type { BuiltInEventType, DropCounts, DropReason, WireEvent } from './wire'
