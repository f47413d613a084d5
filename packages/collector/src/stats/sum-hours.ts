// The one way into the counters: sums of `content_hours` over days of the site's zone. Raw events are never read.
import { sql, type Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import type { TypeSum } from './event-counts'
import type { StatsQuery } from './stats-query'

type Sums = { count: string; duration_ms: string; duration_n: string }

/** Both drivers hand over sums as text. */
export const toTypeSum = (row: { type: string } & Sums): TypeSum => ({
  type: row.type,
  count: Number(row.count),
  durationMs: Number(row.duration_ms),
  durationN: Number(row.duration_n),
})

/** Counters of the asked days and audience, of all content. */
export function selectHours(db: Kysely<Tables>, { range, audience }: StatsQuery) {
  const hours = db
    .selectFrom('content_hours as h')
    .where('h.hour', '>=', new Date(range.dayStartsMs[0]!))
    .where('h.hour', '<', new Date(range.endMs))
  return audience === 'all' ? hours : hours.where('h.authenticated', '=', audience === 'authenticated')
}

/** The three sums, as text. */
export const sums = [
  sql<string>`sum(h.count)::bigint::text`.as('count'),
  sql<string>`sum(h.duration_ms)::bigint::text`.as('duration_ms'),
  sql<string>`sum(h.duration_n)::bigint::text`.as('duration_n'),
] as const

/** Sums by type of the whole site. */
export async function sumByType(db: Kysely<Tables>, query: StatsQuery): Promise<TypeSum[]> {
  const rows = await selectHours(db, query)
    .select(['h.type', ...sums])
    .groupBy('h.type')
    .orderBy('h.type')
    .execute()
  return rows.map(toTypeSum)
}

/** Sums by type for each day of the range, in its order, of one content or of all; a day without events has an empty list. */
export async function sumByDay(db: Kysely<Tables>, query: StatsQuery, contentKey?: string): Promise<TypeSum[][]> {
  const starts = query.range.dayStartsMs.map((startMs) => new Date(startMs).toISOString()).join()
  // The zone's rules are applied once, by the site clock; the database only sorts hours between instants.
  const day = sql<number>`width_bucket(h.hour, string_to_array(${starts}::text, ',')::timestamptz[])`
  const hours = selectHours(db, query)
  const rows = await (contentKey === undefined ? hours : hours.where('h.content_key', '=', contentKey))
    .select([day.as('day'), 'h.type', ...sums])
    .groupBy([sql`1`, 'h.type'])
    .orderBy('h.type')
    .execute()
  const days: TypeSum[][] = query.range.days.map(() => [])
  for (const row of rows) days[row.day - 1]?.push(toTypeSum(row))
  return days
}
