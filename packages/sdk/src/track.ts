// Events without a viewport, in half the size: entry `@sightline/sdk/track`.
import { type EventMap, type EventTracker, idleEventTracker, openCore } from './core'
import { defaultDeliveryOptions, type DeliveryOptions, deliveryRules, resolveOptions } from './options'
import { hasPage, openPage } from './page'

export type { EventMap, EventTracker, FlushResult, TrackerStats, TrackFields } from './core'
export type { Consent, DeliveryOptions } from './options'
export type { Content, Dedupe } from './subject'
export type { TrackerTransport, TransportAnswer, TransportRequest } from './deliver/transport'
export type { TrackerStorage } from './storage'
export type { Batch, BuiltInEventType, DropCounts, DropReason, WireEvent } from './wire'

/**
 * Starts a tracker that records what it is told and observes nothing. On a server it does nothing.
 *
 * @throws TypeError when an option is wrong or unknown; nothing else ever throws.
 */
export function createTracker<Events extends EventMap = EventMap>(options: DeliveryOptions): EventTracker<Events> {
  const resolved = resolveOptions(options, deliveryRules(), defaultDeliveryOptions)
  return hasPage() ? openCore(resolved, openPage()).tracker : idleEventTracker
}
