// Stored events as tests read them: the words of the wire, names joined back, nothing that is not there.
import { sql } from 'kysely'
import type { Database } from '../database/open-database'
import { uncountedReason } from '../ingest/flags'

/** One event as it is stored. What it does not have is left out. */
export interface StoredEvent {
  id: string
  type: string
  content?: { type: string; id: string }
  source?: string
  position?: number
  viewType?: string
  durationMs?: number
  totalMs?: number
  stallMs?: number
  mediaDurationMs?: number
  pipMs?: number
  /** 0–100. */
  scrollDepth?: number
  /** View: what ended it. */
  endReason?: string
  metadata?: unknown
  /** From a verified token. */
  userId?: string
  sessionId?: string
  /** Number of the event in its session. */
  seq?: number
  /** The same for all events of one viewer; what it is made of cannot be told from it. */
  viewer: string
  channel: string
  device: string
  country?: string
  referrerDomain?: string
  /** ISO 8601. */
  occurredAt: string
  /** ISO 8601. */
  receivedAt: string
  counted: boolean
  /** Why it is stored and does not count: `repeat`, `own`, `bot` or `script`. */
  uncounted?: string
}

/** `GET /_test/events` */
export interface StoredEvents {
  /** In the order of arrival, within a session by `seq`. */
  events: StoredEvent[]
  /** What became of everything that was sent: stored, known before, dropped or refused, each with its reason. */
  outcomes: { outcome: string; reason: string; count: number }[]
}

export async function readStoredEvents({ kysely }: Pick<Database, 'kysely'>): Promise<StoredEvents> {
  const rows = await kysely
    .selectFrom('event_log')
    .selectAll()
    .orderBy('received_at')
    .orderBy('session_id')
    .orderBy('seq')
    .execute()
  const { rows: outcomes } = await sql<StoredEvents['outcomes'][number]>`
    select outcome, reason, sum(count)::int as count from outcomes group by 1, 2 order by 1, 2`.execute(kysely)

  const events = rows.map((row) => {
    const event: { [Name in keyof StoredEvent]: StoredEvent[Name] | null | undefined } = {
      id: row.event_id,
      type: row.type,
      // A view of the database joins the names, so an event about nothing has none.
      content: row.content_type === null ? undefined : { type: row.content_type, id: row.content_id },
      source: row.source,
      position: row.position,
      viewType: row.view_type,
      durationMs: row.duration_ms,
      totalMs: row.total_ms,
      stallMs: row.stall_ms,
      mediaDurationMs: row.media_duration_ms,
      pipMs: row.pip_ms,
      scrollDepth: row.scroll_depth,
      endReason: row.end_reason,
      metadata: row.metadata,
      userId: row.user_id,
      sessionId: row.session_id,
      seq: row.seq,
      viewer: row.viewer_key,
      channel: row.channel,
      device: row.device,
      country: row.country,
      referrerDomain: row.referrer_domain,
      occurredAt: row.occurred_at.toISOString(),
      receivedAt: row.received_at.toISOString(),
      counted: row.counted,
      uncounted: uncountedReason(row.counted, row.flags) || undefined,
    }
    // Every name above that a stored event always has, has a value.
    return Object.fromEntries(Object.entries(event).filter(([, value]) => value != null)) as unknown as StoredEvent
  })
  return { events, outcomes }
}
