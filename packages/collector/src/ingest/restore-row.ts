// An exported event becomes the row again that it was: what was decided when it arrived is not decided anew.
import type { WireEvent } from '@sightline/sdk/wire'
import { contentKey, NO_CONTENT_KEY } from '../content-key'
import type { ExportedEvent } from '../exported-event'
import { utcDay, type SiteClock } from '../site-clock'
import type { EventRow } from './enrich'
import { idTime, UNDATED } from './event-id'

const PERCENT = 100
const share = (percent: number | undefined) => (percent === undefined ? undefined : percent / PERCENT)

/** @param hasPartition whether a UTC day may have a partition here. */
export function restoreRow(
  exported: ExportedEvent,
  clock: SiteClock,
  hasPartition: (day: string) => boolean,
): EventRow {
  const { id, type, contentType, contentId, minDurationMs, threshold } = exported
  const occurredAt = Date.parse(exported.occurredAt)
  const madeAt = idTime(id)
  const idDay = madeAt === undefined ? UNDATED : utcDay(madeAt)
  const eventDay = hasPartition(idDay) ? idDay : UNDATED
  const event: WireEvent = {
    id,
    type,
    content: contentType === undefined || contentId === undefined ? undefined : { type: contentType, id: contentId },
    sessionId: exported.sessionId,
    seq: exported.seq,
    source: exported.source,
    position: exported.position,
    viewType: exported.viewType,
    durationMs: exported.durationMs,
    totalMs: exported.totalMs,
    stallMs: exported.stallMs,
    mediaDurationMs: exported.mediaDurationMs,
    pipMs: exported.pipMs,
    scrollDepth: exported.scrollDepth,
    ratio: share(exported.ratio),
    confirmLagMs: exported.confirmLagMs,
    endReason: exported.endReason,
    criteria:
      minDurationMs === undefined && threshold === undefined
        ? undefined
        : ({ minDurationMs, threshold: share(threshold) } as WireEvent['criteria']),
    metadata: exported.metadata as WireEvent['metadata'],
  }
  return {
    id,
    event,
    eventDay,
    // The same event may have come by another way, under the other day.
    otherDay: eventDay === UNDATED ? (idDay === UNDATED ? undefined : idDay) : UNDATED,
    occurredAt,
    receivedAt: Date.parse(exported.receivedAt),
    counted: exported.counted,
    gated: false,
    flags: exported.flags,
    contentKey: event.content === undefined ? NO_CONTENT_KEY : contentKey(event.content.type, event.content.id),
    contentType,
    contentId,
    viewerKey: exported.viewerKey,
    userId: exported.userId,
    hour: clock.hourStart(occurredAt),
    localDay: clock.day(occurredAt),
    device: exported.device,
    country: exported.country,
    channel: exported.channel,
    referrerDomain: exported.referrerDomain,
  }
}
