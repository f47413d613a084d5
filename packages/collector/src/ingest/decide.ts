// The site's rules, event by event: under which id, day and time it is stored, and whether it counts.
import type { WireEvent } from '@sightline/sdk/wire'
import { eventDay, mintId } from './event-id'
import { eventFlags, flagsOf } from './flags'

/** Sentry's window: what is older or lies further ahead is a wrong clock rather than a late event. */
const MAX_AGE_MS = 30 * 86_400_000
const MAX_AHEAD_MS = 60_000

/** An event with everything decided that a rule decides. */
export interface DecidedEvent {
  event: WireEvent
  id: string
  eventDay: string
  occurredAt: number
  receivedAt: number
  counted: boolean
  flags: number
}

/** Applies the rules to one readable event that arrived at `receivedAt`. */
export function decide(
  { event, textCut }: { event: WireEvent; textCut: boolean },
  receivedAt: number,
  rawRetentionDays: number,
): DecidedEvent {
  let flags = flagsOf(event)
  if (textCut) flags |= eventFlags.textCut
  if (event.id === undefined) flags |= eventFlags.idMinted
  const id = event.id ?? mintId(receivedAt)

  let occurredAt = event.occurredAt
  if (occurredAt === undefined || occurredAt < receivedAt - MAX_AGE_MS || occurredAt > receivedAt + MAX_AHEAD_MS) {
    occurredAt = receivedAt
    flags |= eventFlags.timeReplaced
  }
  return {
    event,
    id,
    eventDay: eventDay(id, rawRetentionDays, receivedAt),
    occurredAt,
    receivedAt,
    counted: true,
    flags,
  }
}
