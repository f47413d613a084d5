// A decided event becomes a row: who saw it, on what device, from where, under which hour and day it is counted.
import type { WireEvent } from '@sightline/sdk/wire'
import { contentKey, NO_CONTENT_KEY } from '../content-key'
import type { SiteClock } from '../site-clock'
import type { DecidedEvent } from './decide'

/** What all events of one request have in common. */
export interface Sender {
  viewerKey: string
  userId: string | undefined
  channel: 'sdk' | 'api'
  device: Device
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
  occurredAt: number
  receivedAt: number
  /** Start of the clock hour in the site's zone. */
  hour: number
  /** Day in the site's zone. */
  localDay: string
  event: WireEvent
  device: Device
  channel: string
  referrerDomain: string | undefined
  counted: boolean
  flags: number
}

export type Device = 'desktop' | 'mobile' | 'tablet' | 'bot' | 'other'

export function enrich(decided: DecidedEvent, sender: Sender, clock: SiteClock): EventRow {
  const { event, occurredAt } = decided
  const { content } = event
  // Named one by one: a spread of this many fields becomes a slow object, which cost 12 µs per event until it was stored.
  return {
    id: decided.id,
    event,
    eventDay: decided.eventDay,
    occurredAt,
    receivedAt: decided.receivedAt,
    counted: decided.counted,
    flags: decided.flags,
    contentKey: content ? contentKey(content.type, content.id) : NO_CONTENT_KEY,
    contentType: content?.type,
    contentId: content?.id,
    viewerKey: sender.viewerKey,
    userId: sender.userId,
    hour: clock.hourStart(occurredAt),
    localDay: clock.day(occurredAt),
    device: sender.device,
    channel: sender.channel,
    referrerDomain: referrerDomain(event.referrer, sender.ownHost),
  }
}

/** Kind of device by its user agent. Coarse on purpose: three words that hold, rather than a thousand that age. */
export function deviceOf(userAgent: string): Device {
  if (userAgent === '') return 'other'
  if (/bot\b|crawler|spider|slurp|headless|lighthouse/i.test(userAgent)) return 'bot'
  if (/ipad|tablet|playbook|silk(?!.*mobile)|android(?!.*mobile)/i.test(userAgent)) return 'tablet'
  if (/mobi|iphone|ipod|android|phone/i.test(userAgent)) return 'mobile'
  if (/windows|macintosh|mac os|linux|x11|cros/i.test(userAgent)) return 'desktop'
  return 'other'
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
