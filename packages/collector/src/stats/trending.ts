// What people turn to right now: likes and views of the last hours against the hours before, younger content first.
import { sql, type Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import { instant } from '../day-tally'
import type { SiteClock } from '../site-clock'
import type { Trending } from './shapes'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** Rows kept of each type of content: as many as one may ask for. */
const MOST = 100

export interface TrendingRules {
  /** Length of each of the two windows. */
  trendingWindowHours: number
  trendingLikeWeight: number
  trendingViewWeight: number
  /** By how much a day of age divides the score. */
  trendingAgeWeight: number
}

interface Row {
  type: string
  id: string
  title: string | null
  score: number
  velocity: number
  likes: number
  likes_before: number
  views: number
  views_before: number
}

/** By what share of what it was before, or by how much of one. */
const growth = (name: string) => sql.raw(`(${name} - ${name}_before) / greatest(${name}_before, 1)`)

/** Public content only, the first {@link MOST} of each type, highest score first. */
export async function readTrending(
  db: Kysely<Tables>,
  clock: SiteClock,
  rules: TrendingRules,
  now: number,
): Promise<Trending> {
  const { trendingWindowHours: windowHours } = rules
  // Counters are kept by the clock hour, so the newer window ends with the one that runs.
  const endMs = clock.hourStart(now) + HOUR_MS
  const middle = instant(endMs - windowHours * HOUR_MS)
  const start = instant(endMs - 2 * windowHours * HOUR_MS)
  // Whole numbers, which float8 holds exactly; sums of int8 would be numeric, with which all that follows is slower.
  const count = (type: string, isRecent: boolean) =>
    sql`coalesce(sum(h.count::float8) filter (where h.type = ${sql.lit(type)} and h.hour ${sql.raw(isRecent ? '>=' : '<')} ${middle}), 0)`
  const { rows } = await sql<Row>`
    select type, id, title, score, velocity, likes, likes_before, views, views_before from (
      select *, row_number() over (partition by type order by score desc, id collate "C") as place from (
        select c.type, c.id, c.title, v.likes, v.likes_before, v.views, v.views_before, v.velocity,
          v.velocity / (1 + ${rules.trendingAgeWeight}::float8 * greatest(0,
            extract(epoch from ${instant(now)} - coalesce(c.published_at, v.first_hour))::float8 * 1000 / ${sql.lit(DAY_MS)})) as score
        from (
          select content_key, first_hour, likes, likes_before, views, views_before,
            ${rules.trendingLikeWeight}::float8 * ${growth('likes')} + ${rules.trendingViewWeight}::float8 * ${growth('views')} as velocity
          from (
            select h.content_key, min(h.hour) as first_hour, ${count('like', true)} as likes, ${count('like', false)} as likes_before,
              ${count('view', true)} as views, ${count('view', false)} as views_before
            from content_hours h
            where h.hour >= ${start} and h.hour < ${instant(endMs)} and h.type in ('like', 'view') and h.content_key <> 0
            group by h.content_key
          ) counted
        ) v join content c on c.content_key = v.content_key
        where v.velocity > 0 and c.visibility = 'public' and c.type <> 'page'
      ) scored
    ) placed where place <= ${sql.lit(MOST)}
    order by score desc, type collate "C", id collate "C"`.execute(db)
  return {
    freshAsOf: new Date(now).toISOString(),
    windowHours,
    madeFrom: ['counters'],
    items: rows.map((row) => ({
      content: { type: row.type, id: row.id },
      title: row.title,
      score: row.score,
      velocity: row.velocity,
      likes: row.likes,
      likesBefore: row.likes_before,
      views: row.views,
      viewsBefore: row.views_before,
    })),
  }
}
