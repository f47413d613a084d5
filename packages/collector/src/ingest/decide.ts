// The site's rules, event by event: whether it is kept, under which id, day and time, and whether it counts.
import type { WireEvent } from '@sightline/sdk/wire'
import { NO_CONTENT_KEY } from '../content-key'
import type { ClientKind } from './client-kind'
import { eventDay, idTime, mintId, otherEventDay } from './event-id'
import { eventFlags, flagsOf } from './flags'

/** Sentry's window: what is older or lies further ahead is a wrong clock rather than a late event. */
const MAX_AGE_MS = 30 * 86_400_000
const MAX_AHEAD_MS = 60_000
/** A request is a while on its way, so a clock that is off by less is believed. */
const LEAST_SKEW_MS = 60_000

/** Settings that rules go by. */
export interface DecideRules {
  rawRetentionDays: number
  countBots: boolean
  countScripts: boolean
  countOwnViews: boolean
  strictCatalog: boolean
  viewDedupeMs: number
}

/** What the catalogue says about one content. */
export interface ContentRule {
  ownerId: string | null
  isPrivate: boolean
  durationMs: number | null
}

/** What all events of one request have in common when they are judged. */
export interface Situation {
  receivedAt: number
  /** The sender's clock when the request left. */
  sentAt: number | undefined
  /** Kind of the client; a server with an admin token is asked for nothing. */
  client: ClientKind
  userId: string | undefined
  /** Whether the browser asked not to be followed. */
  isUnnamed: boolean
  /** The viewer asked to be forgotten then, in milliseconds since 1970; 0 for nearly everybody. */
  erasedUntilMs: number
  /** Rules by content key, for the contents of this request. */
  contents: ReadonlyMap<string, ContentRule>
}

/** An event with everything decided that a rule decides. */
export interface DecidedEvent {
  event: WireEvent
  contentKey: string
  id: string
  eventDay: string
  /** See `otherEventDay`. */
  otherDay: string | undefined
  occurredAt: number
  receivedAt: number
  counted: boolean
  /** Whether it counts only if no other view of this viewer and content was counted around its time. */
  gated: boolean
  flags: number
}

/** An event that is not stored: left out by a rule, or refused because its content is not known. */
export type LeftOut = 'private' | 'unknown_content' | 'erased'

/** Events of the owner that would make the content look seen. */
const seeing = new Set(['impression', 'view', 'watch', 'click', 'page_view'])

/** Applies the rules to the events of one request. */
export function createDecide(rules: DecideRules, situation: Situation) {
  const { receivedAt, sentAt, client, userId, isUnnamed, erasedUntilMs, contents } = situation
  const skewMs = sentAt === undefined ? 0 : receivedAt - sentAt
  const shiftMs = Math.abs(skewMs) > LEAST_SKEW_MS ? skewMs : 0
  const clientFlags =
    (client === 'bot' ? eventFlags.bot : 0) |
    (client === 'script' ? eventFlags.script : 0) |
    (isUnnamed ? eventFlags.unnamed : 0)
  const clientCounts =
    client === 'person' || (client === 'bot' && rules.countBots) || (client === 'script' && rules.countScripts)

  return function decide(
    { event, textCut }: { event: WireEvent; textCut: boolean },
    contentKey: string,
  ): DecidedEvent | LeftOut {
    const rule = contents.get(contentKey)
    if (rule === undefined) {
      // Pages are found by their path and are registered by nobody.
      if (rules.strictCatalog && contentKey !== NO_CONTENT_KEY && event.content?.type !== 'page')
        return 'unknown_content'
    } else if (rule.isPrivate && (userId === undefined || userId !== rule.ownerId)) return 'private'

    let flags = flagsOf(event) | clientFlags
    if (textCut) flags |= eventFlags.textCut
    if (event.id === undefined) flags |= eventFlags.idMinted
    const id = event.id ?? mintId(receivedAt)

    let counted = clientCounts
    if (rule !== undefined && userId !== undefined && userId === rule.ownerId && seeing.has(event.type)) {
      flags |= eventFlags.ownView
      if (!rules.countOwnViews) counted = false
    }

    // Without a time of its own, an event happened when its id was made, which a retry repeats.
    let occurredAt = event.occurredAt ?? (event.id === undefined ? undefined : idTime(event.id))
    if (occurredAt !== undefined && shiftMs !== 0) {
      occurredAt += shiftMs
      flags |= eventFlags.timeCorrected
    }
    if (
      occurredAt === undefined ||
      !(occurredAt >= receivedAt - MAX_AGE_MS && occurredAt <= receivedAt + MAX_AHEAD_MS)
    ) {
      occurredAt = receivedAt
      flags = (flags | eventFlags.timeReplaced) & ~eventFlags.timeCorrected
    }
    if (erasedUntilMs > 0) {
      const earliest = Math.min(occurredAt, event.occurredAt ?? occurredAt, idTime(id) ?? occurredAt)
      // A clock may be ahead by as much as is believed.
      if (earliest <= erasedUntilMs + MAX_AHEAD_MS) return 'erased'
    }
    if (cutDuration(event, rule)) flags |= eventFlags.durationCut

    return {
      event,
      contentKey,
      id,
      eventDay: eventDay(id, rules.rawRetentionDays, receivedAt),
      otherDay: event.id === undefined ? undefined : otherEventDay(id, rules.rawRetentionDays, receivedAt),
      occurredAt: Math.floor(occurredAt),
      receivedAt,
      counted,
      gated: counted && !isUnnamed && event.type === 'view' && contentKey !== NO_CONTENT_KEY && rules.viewDedupeMs > 0,
      flags,
    }
  }
}

// Nobody watches a film for longer than it is. What the catalogue says is believed before what the browser says.
function cutDuration(event: WireEvent, rule: ContentRule | undefined): boolean {
  const { type, durationMs } = event
  if (durationMs === undefined || (type !== 'view' && type !== 'watch')) return false
  const longest = rule?.durationMs ?? (type === 'watch' ? event.mediaDurationMs : undefined)
  if (longest === undefined || longest === 0 || durationMs <= longest) return false
  event.durationMs = longest
  return true
}
