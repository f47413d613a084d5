// The one way to counts by type and day: counters of open days, hours and days of closed ones. Single events are read where
// nothing else can answer, and nowhere else.
import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Tables } from '../database/tables'
import { EVERY_TYPE, hasPart, typeWord, within } from '../day-tally'
import { assertHoursByContent, hourSpansOfContent, ofAudience, ofEvents, type DayPlan } from './day-plan'
import type { TypeSum } from './event-counts'

interface SumRow {
  type: string
  count: string
  duration_ms: string
  duration_n: string
}

/** Both drivers hand over sums as text. */
export const toTypeSum = (row: SumRow): TypeSum => ({
  type: row.type,
  count: Number(row.count),
  durationMs: Number(row.duration_ms),
  durationN: Number(row.duration_n),
})

const sums = sql`sum(h.count)::bigint as count, sum(h.duration_ms)::bigint as duration_ms, sum(h.duration_n)::bigint as duration_n`

/**
 * Rows that say of each single event what a counter of its own would: `content_key, hour, type, count, duration_ms,
 * duration_n`. Dated by the quarter of an hour, because some zones are not whole hours apart, and none is less.
 */
export function partsOfEvents(plan: DayPlan): RawBuilder<unknown> {
  plan.sources.add('events')
  return sql`select e.content_key, date_bin('15 minutes', e.occurred_at, timestamptz '2000-01-01 00:00:00Z') as hour,
      ${typeWord} as type, e.counted::integer as count, coalesce(e.duration_ms, 0) as duration_ms,
      (e.counted and e.duration_ms is not null)::integer as duration_n
    from events e where ${within('e.occurred_at', plan.rawSpans)} and ${hasPart} ${ofEvents(plan)}`
}

/** Rows of hours, of one content or of all; whole days of the site that have no hours are dated by their first. */
export function hoursOf(plan: DayPlan, contentKey?: string): RawBuilder<unknown> {
  const { audience, closedSpans, openSpans, daysWithoutHours, site, sources } = plan
  const columns = sql`h.count, h.duration_ms, h.duration_n, h.type`
  if (plan.eventsFrom !== null) {
    const ofContent = contentKey === undefined ? sql`` : sql`where h.content_key = ${contentKey}::bigint`
    return sql`select h.hour, ${columns} from (${partsOfEvents(plan)}) h ${ofContent}`
  }
  const audienceIs = ofAudience(audience, 'h.authenticated')
  if (contentKey === undefined) {
    if (closedSpans.length > 0) sources.add('closed_days')
    if (openSpans.length > 0) sources.add('counters')
    return sql`select h.hour, ${columns} from site_hours h where ${within('h.hour', closedSpans)} ${audienceIs}
      union all
      select h.hour, ${columns} from content_hours h where ${within('h.hour', openSpans)} ${audienceIs}`
  }
  assertHoursByContent(plan)
  sources.add('counters')
  const key = sql`h.content_key = ${contentKey}::bigint`
  const live = sql`select h.hour, ${columns} from content_hours h
    where ${key} and ${within('h.hour', hourSpansOfContent(plan))} ${audienceIs}`
  if (daysWithoutHours.length === 0) return live
  sources.add('closed_days')
  const starts = daysWithoutHours.map((day) => new Date(site.dayStart(day)).toISOString())
  return sql`${live}
    union all
    select old.hour, ${columns} from unnest(${daysWithoutHours}::date[], ${starts}::timestamptz[]) as old (day, hour)
    join content_days h on h.day = old.day
    where ${key} and h.type <> ${sql.lit(EVERY_TYPE)} ${audienceIs}`
}

/** Sums by type for each day of the range, in its order, of one content or of all; a day without events has an empty list. */
export async function sumByDay(db: Kysely<Tables>, plan: DayPlan, contentKey?: string): Promise<TypeSum[][]> {
  const { range } = plan
  const starts = range.dayStartsMs.map((startMs) => new Date(startMs).toISOString())
  // The zone's rules are applied once, by the site clock; the database only sorts hours between instants.
  const { rows } = await sql<SumRow & { day: number }>`
    select width_bucket(h.hour, ${starts}::timestamptz[]) as day, h.type, ${sums}
    from (${hoursOf(plan, contentKey)}) h group by 1, h.type order by h.type collate "C"`.execute(db)
  const days: TypeSum[][] = range.days.map(() => [])
  for (const row of rows) days[row.day - 1]?.push(toTypeSum(row))
  return days
}

/** Sums by type and hour of the site. */
export async function sumByHour(
  db: Kysely<Tables>,
  plan: DayPlan,
): Promise<{ hourMs: number; type: string; count: number }[]> {
  const { rows } = await sql<{ hour: Date; type: string; count: string }>`
    select h.hour, h.type, sum(h.count)::bigint as count from (${hoursOf(plan)}) h group by h.hour, h.type`.execute(db)
  return rows.map(({ hour, type, count }) => ({ hourMs: +hour, type, count: Number(count) }))
}
