// Everything that is kept about one person, line by line, a page of events at a time, and nothing about anybody else.
import { sql } from 'kysely'
import type { Database } from '../database/open-database'
import { exportedColumns, toExportedEvent } from '../exported-event'
import type { Person } from './person'

const EVENTS_AT_ONCE = 500
const FIRST = { day: '0001-01-01', id: '00000000-0000-0000-0000-000000000000' }

/**
 * Lines of JSON, each with a `kind`: `person`, then `event`, `recent_view`, `day`, `view_gate`, `opt_out`, `dead_letter`,
 * `owned_content`, and at last `end` with the number of events. Without its end an export is not complete.
 */
export async function* exportPerson(
  { stats: kysely }: Pick<Database, 'stats'>,
  person: Person,
  now: number,
): AsyncGenerator<string> {
  const { userId } = person
  const keys = `{${person.viewerKeys.join()}}`
  yield line('person', { userId, exportedAt: new Date(now).toISOString() })

  let events = 0
  let after = FIRST
  for (;;) {
    // Two people may share a key of 63 bits, once in ages; what a user did is told by the user's id as well.
    const { rows } = await sql<{ id: string; day: string } & Record<string, unknown>>`
      select ${exportedColumns}, event_day as day from event_log
      where viewer_key = any(${keys}::bigint[]) and (user_id is null or user_id = ${userId ?? null})
        and event_day >= ${after.day}::date and (event_day, event_id) > (${after.day}::date, ${after.id}::uuid)
      order by event_day, event_id limit ${EVENTS_AT_ONCE}`.execute(kysely)
    let text = ''
    for (const row of rows) {
      const { viewerKey: _ours, ...event } = toExportedEvent(row)
      text += line('event', event)
      after = row
    }
    events += rows.length
    if (text !== '') yield text
    if (rows.length < EVENTS_AT_ONCE) break
  }

  const recent = await sql<Record<string, unknown>>`
    select c.type as "contentType", c.id as "contentId", r.viewed_at as "viewedAt", r.duration_ms as "durationMs", r.views
    from recent_views r join content c using (content_key) where viewer_key = any(${keys}::bigint[])
    order by r.viewed_at desc`.execute(kysely)
  for (const row of recent.rows) yield line('recent_view', row)

  const days = await sql<Record<string, unknown>>`
    select day, first_day as "firstDay", impressions, views, watches, clicks, likes, shares, page_views as "pageViews", custom
    from viewer_days where viewer_key = any(${keys}::bigint[]) and (user_id is null or user_id = ${userId ?? null})
    order by day`.execute(kysely)
  for (const row of days.rows) yield line('day', row)

  const gates = await sql<{ contentType: string; contentId: string; taken: string }>`
    select c.type as "contentType", c.id as "contentId", g.taken::text as taken
    from view_gates g join content c using (content_key) where viewer_key = any(${keys}::bigint[])`.execute(kysely)
  for (const { taken, ...content } of gates.rows) {
    const times = [...taken.matchAll(/\d+/g)].map(([ms]) => new Date(Number(ms)).toISOString())
    yield line('view_gate', { ...content, taken: times })
  }

  const optOuts = await sql<{ since: Date }>`
    select opted_out_at as since from opt_outs where viewer_key = any(${keys}::bigint[])`.execute(kysely)
  for (const row of optOuts.rows) yield line('opt_out', row)

  const letters = await sql<{ receivedAt: Date; event: string }>`
    select received_at as "receivedAt", event from dead_letters
    where viewer_key = any(${keys}::bigint[]) and (user_id is null or user_id = ${userId ?? null})`.execute(kysely)
  for (const { receivedAt, event } of letters.rows) yield line('dead_letter', { receivedAt, event: JSON.parse(event) })

  if (userId !== undefined) {
    const owned = await sql<Record<string, unknown>>`
      select type as "contentType", id as "contentId", title, visibility, published_at as "publishedAt"
      from content where owner_id = ${userId} order by type, id`.execute(kysely)
    for (const row of owned.rows) yield line('owned_content', row)
  }
  yield line('end', { events })
}

const line = (kind: string, fields: object) => `${JSON.stringify({ kind, ...fields })}\n`
