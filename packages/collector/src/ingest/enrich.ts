// A decided event becomes a row: who saw it, on what device, from where, under which hour and day it is counted.
import type { WireEvent } from '@sightline/sdk/wire'
import type { Channel, Device } from '../database/codes'
import type { SiteClock } from '../site-clock'
import type { DecidedEvent } from './decide'

/** What all events of one request have in common. */
export interface Sender {
  viewerKey: string
  userId: string | undefined
  channel: Channel
  device: Device
  /** ISO 3166-1 alpha-2. */
  country: string | undefined
  /** Whether the browser asked not to be followed; then no session is stored either. */
  isUnnamed: boolean
  /** Host of the page that sent the events; a visitor who comes from there came from nowhere new. */
  ownHost: string | undefined
}

/** One row of `events`, with the names and buckets that its counters need. */
export interface EventRow {
  contentKey: string
  contentType: string | undefined
  contentId: string | undefined
  viewerKey: string
  userId: string | undefined
  id: string
  eventDay: string
  /** Day under which an earlier attempt may have been stored instead. */
  otherDay: string | undefined
  occurredAt: number
  receivedAt: number
  /** Start of the clock hour in the site's zone. */
  hour: number
  /** Day in the site's zone. */
  localDay: string
  event: WireEvent
  device: Device
  channel: Channel
  country: string | undefined
  referrerDomain: string | undefined
  counted: boolean
  /** See `DecidedEvent`; the gate may set `counted` and `flags` of such a row. */
  gated: boolean
  flags: number
}

export function enrich(decided: DecidedEvent, sender: Sender, clock: SiteClock): EventRow {
  const { event, occurredAt } = decided
  const { content } = event
  if (sender.isUnnamed) {
    event.sessionId = undefined
    event.seq = undefined
  }
  // Named one by one: a spread of this many fields becomes a slow object, which cost 12 µs per event until it was stored.
  return {
    id: decided.id,
    event,
    eventDay: decided.eventDay,
    otherDay: decided.otherDay,
    occurredAt,
    receivedAt: decided.receivedAt,
    counted: decided.counted,
    gated: decided.gated,
    flags: decided.flags,
    contentKey: decided.contentKey,
    contentType: content?.type,
    contentId: content?.id,
    viewerKey: sender.viewerKey,
    userId: sender.userId,
    hour: clock.hourStart(occurredAt),
    localDay: clock.day(occurredAt),
    device: sender.device,
    country: sender.country,
    channel: sender.channel,
    referrerDomain: referrerDomain(event.referrer, sender.ownHost),
  }
}

/** Host of a referrer without `www.`; nothing for the site's own host and for what is no web address. */
export function referrerDomain(referrer: string | undefined, ownHost: string | undefined): string | undefined {
  if (referrer === undefined || !URL.canParse(referrer)) return undefined
  const { protocol, hostname } = new URL(referrer)
  if (protocol !== 'https:' && protocol !== 'http:') return undefined
  const domain = bareHost(hostname)
  return domain === '' || domain === bareHost(ownHost) ? undefined : domain
}

function bareHost(host: string | undefined): string {
  return (host ?? '').toLowerCase().replace(/^www\./, '')
}
