// What happened to one content: its totals and its days.
import type { Kysely } from 'kysely'
import { contentKey } from '../content-key'
import type { Tables } from '../database/tables'
import { addUp, totalEvents } from './event-counts'
import { seriesOf } from './series'
import type { ContentStats } from './shapes'
import type { StatsQuery } from './stats-query'
import { sumByDay } from './sum-hours'

/** `null` when neither an event nor the catalogue ever named this content. */
export async function readContentStats(
  db: Kysely<Tables>,
  content: { type: string; id: string },
  query: StatsQuery,
): Promise<Pick<ContentStats, 'content' | 'title' | 'totals' | 'series'> | null> {
  const key = contentKey(content.type, content.id)
  const known = await db
    .selectFrom('content')
    .select(['type', 'id', 'title'])
    .where('content_key', '=', key)
    .executeTakeFirst()
  if (known === undefined) return null
  // Totals are added up from the days, so that the two agree while events keep coming.
  const days = await sumByDay(db, query, key)
  return {
    content: { type: known.type, id: known.id },
    title: known.title,
    totals: totalEvents(addUp(days)),
    series: seriesOf(query, days),
  }
}
