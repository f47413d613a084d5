// Events as callers send them, and what the tables say became of them.
import type { WireEvent } from '@sightline/sdk/wire'
import { sql } from 'kysely'
import type { Database } from '../../src/database/open-database'
import { mintId } from '../../src/ingest/event-id'
import { eventFlags } from '../../src/ingest/flags'

/** An impression of a post, with a new id. */
export function impression(fields: Partial<WireEvent> = {}): WireEvent {
  return {
    id: mintId(Date.now()),
    type: 'impression',
    content: { type: 'post', id: '42' },
    occurredAt: Date.now(),
    ...fields,
  }
}

/** Many events of several types about several contents, some with a position and a length. */
export function mixedEvents(count: number): WireEvent[] {
  const types = ['impression', 'view', 'click', 'like', 'page_view', 'wishlist_add']
  return Array.from({ length: count }, (_, i) =>
    impression({
      type: types[i % types.length] ?? 'view',
      content: i % 11 === 0 ? undefined : { type: 'post', id: String(i % 37) },
      source: i % 3 === 0 ? undefined : 'feed',
      position: i % 2 === 0 ? i % 10 : undefined,
      durationMs: i % 6 === 1 ? i : undefined,
      metadata: i % 5 === 0 ? { nested: { label: `Größe "${i}" \\ {x,y}` }, list: [1, null, true] } : undefined,
      occurredAt: Date.now() - (i % 50) * 3_600_000,
    }),
  )
}

/** Rows in a table. */
export async function countRows({ kysely }: Database, table: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(kysely)
  return rows[0]?.n ?? 0
}

/** Stored ids, sorted. */
export async function storedIds({ kysely }: Database): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select event_id::text as id from events order by 1`.execute(kysely)
  return rows.map(({ id }) => id)
}

/** Outcomes as `{ 'tracked': 3, 'refused invalid_type': 1 }`. */
export async function outcomes({ kysely }: Database): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string; n: number }>`
    select trim(outcome || ' ' || reason) as name, sum(count)::int as n from outcomes group by 1`.execute(kysely)
  return Object.fromEntries(rows.map(({ name, n }) => [name, n]))
}

/** What differs between the live counters and a recount of the raw events, for a site in UTC. Empty when all is well. */
export async function countersOffBy({ kysely }: Database): Promise<unknown[]> {
  const hours = await sql`
    select * from (
      select content_key::text as key, extract(epoch from date_trunc('hour', occurred_at at time zone 'UTC'))::float8 as hour,
             type, user_id is not null as authenticated, count(*) filter (where counted)::int as n,
             coalesce(sum(duration_ms), 0)::bigint as duration_ms, count(duration_ms) filter (where counted)::int as duration_n
      from event_log
      where counted or (flags & ${eventFlags.repeat}::int <> 0 and duration_ms is not null)
      group by 1, 2, 3, 4
    ) recount full join (
      select content_key::text as key, extract(epoch from hour at time zone 'UTC')::float8 as hour, type, authenticated,
             count::int as live_n, duration_ms::bigint as live_ms, duration_n::int as live_duration_n
      from content_hours
    ) live using (key, hour, type, authenticated)
    where n is distinct from live_n or duration_ms is distinct from live_ms or duration_n is distinct from live_duration_n`.execute(
    kysely,
  )
  const places = await sql`
    select * from (
      select source, position, (occurred_at at time zone 'UTC')::date as day,
             count(*) filter (where type = 'impression')::int as impressions,
             count(*) filter (where type = 'click')::int as clicks
      from event_log where counted and source is not null and position is not null and type in ('impression', 'click')
      group by 1, 2, 3
    ) recount full join (
      select source, position, day, impressions::int as live_impressions, clicks::int as live_clicks from positions
    ) live using (source, position, day)
    where impressions is distinct from live_impressions or clicks is distinct from live_clicks`.execute(kysely)
  return [...hours.rows, ...places.rows]
}
