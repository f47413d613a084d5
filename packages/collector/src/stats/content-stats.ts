// What happened to one content: its totals, viewers and days, where it was seen and how its watches ended.
import type { ContentRef } from '@sightline/sdk/wire'
import type { Kysely } from 'kysely'
import { contentKey } from '../content-key'
import type { Tables } from '../database/tables'
import { dimensionNames, type WatchRules } from '../day-tally'
import { readBreakdowns } from './breakdown'
import type { DayPlan } from './day-plan'
import { addUp, countOf, totalEvents } from './event-counts'
import { seriesOf } from './series'
import type { ContentStats, Provenance } from './shapes'
import { sumByDay } from './sum-hours'
import { readViewers, readViewersByDay } from './viewers'
import { readWatchClasses } from './watch-classes'

/** `null` when neither an event nor the catalogue ever named this content. */
export async function findContent(db: Kysely<Tables>, content: ContentRef) {
  const key = contentKey(content.type, content.id)
  const known = await db
    .selectFrom('content')
    .select(['type', 'id', 'title'])
    .where('content_key', '=', key)
    .executeTakeFirst()
  return known === undefined ? null : { ...known, key }
}

/** `null` when nothing ever named this content. */
export async function readContentStats(
  db: Kysely<Tables>,
  content: ContentRef,
  plan: DayPlan & { type?: string | undefined },
  rules: WatchRules,
): Promise<Omit<ContentStats, keyof Provenance> | null> {
  const known = await findContent(db, content)
  if (known === null) return null
  const { key } = known
  // Totals are added up from the days, so that the two agree while events keep coming.
  const days = await sumByDay(db, plan, key)
  const sums = addUp(days)
  const request = { dimensions: dimensionNames, type: plan.type, contentKey: key, total: countOf(sums, plan.type) }
  return {
    content: { type: known.type, id: known.id },
    title: known.title,
    totals: totalEvents(sums),
    viewers: await readViewers(db, plan, countOf(sums), key),
    series: seriesOf(plan, days, await readViewersByDay(db, plan, countOf(sums), key)),
    breakdowns: await readBreakdowns(db, plan, request),
    watches: await readWatchClasses(db, plan, rules, key),
  }
}
