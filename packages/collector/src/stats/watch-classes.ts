// How watches ended: skipped, partial or complete, from closed days and the events of open ones.
import { sql, type Kysely } from 'kysely'
import { typeCodes } from '../database/codes'
import type { Tables } from '../database/tables'
import { joinLength, watchClass, within, type WatchRules } from '../day-tally'
import { assertSiteZone, isSiteZone, ofAudience, ofEvents, type DayPlan } from './day-plan'
import { wilson } from './intervals'
import type { WatchClasses } from './shapes'

/** @throws Refusal in another zone than the site's, once single events are gone. */
export async function readWatchClasses(
  db: Kysely<Tables>,
  plan: DayPlan,
  rules: WatchRules,
  contentKey?: string,
): Promise<WatchClasses> {
  if (!plan.isAllRaw) assertSiteZone(plan, 'classes of watches are kept')
  const sums = { skipped: 0, partial: 0, completed: 0 }
  const add = (rows: Record<keyof typeof sums, string | null>[]) => {
    for (const row of rows)
      for (const name of ['skipped', 'partial', 'completed'] as const) sums[name] += Number(row[name])
  }
  type Row = Record<keyof typeof sums, string | null>
  if (plan.closedDays.length > 0) {
    plan.sources.add('closed_days')
    const table = contentKey === undefined ? sql`site_days` : sql`content_days`
    const { rows } = await sql<Row>`
      select sum(d.skipped)::bigint as skipped, sum(d.partial)::bigint as partial, sum(d.completed)::bigint as completed
      from ${table} d where d.day = any(${plan.closedDays}::date[]) and d.type = 'watch'
        ${ofAudience(plan.audience, 'd.authenticated')}
        ${contentKey === undefined ? sql`` : sql` and d.content_key = ${contentKey}::bigint`}`.execute(db)
    add(rows)
  }
  const spans = isSiteZone(plan) ? plan.rawSpans : [plan.whole]
  if (spans.length > 0) {
    plan.sources.add('events')
    const { rows } = await sql<Row>`
      select count(*) filter (where class = 'skipped') as skipped, count(*) filter (where class = 'partial') as partial,
        count(*) filter (where class = 'completed') as completed
      from (
        select ${watchClass(rules)} as class from events e ${joinLength}
        where ${within('e.occurred_at', spans)} and e.counted and e.type = ${sql.lit(typeCodes.watch)} ${ofEvents(plan)}
          ${contentKey === undefined ? sql`` : sql` and e.content_key = ${contentKey}::bigint`}
      ) classed`.execute(db)
    add(rows)
  }
  const all = sums.skipped + sums.partial + sums.completed
  return { ...sums, completionRate: all === 0 ? null : sums.completed / all, interval: wilson(sums.completed, all) }
}
