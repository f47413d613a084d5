// The public words of the SDK.
export { type Consent, defaultOptions, type DeliveryOptions, type TrackerOptions } from './options'
export type { Content, Dedupe, Subject } from './subject'
export type { EventMap, EventTracker, FlushResult, TrackFields, TrackerStats } from './core'
export { createTracker, type ObserveOptions, type Tracker } from './tracker'
export type { Insets } from './observe/viewport'
export type { BuiltInEventType, DropCounts, DropReason, WireEvent } from './wire'
