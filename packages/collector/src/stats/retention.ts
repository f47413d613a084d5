// How many of those who came first on one day came again: cohorts of closed days.
import { sql, type Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import { assertSiteZone, ofAudience, type DayPlan } from './day-plan'
import type { Retention } from './shapes'

/** @throws Refusal in another zone than the site's. */
export async function readRetention(
  db: Kysely<Tables>,
  plan: DayPlan & { periods: number },
): Promise<Retention['cohorts']> {
  assertSiteZone(plan, 'first days are kept')
  const { range, site, audience, periods } = plan
  plan.sources.add('closed_days')
  const last = site.addDays(range.to, periods)
  const { rows } = await sql<{ first_day: string; day: string; viewers: string }>`
    select first_day, day, sum(viewers)::bigint as viewers from cohort_days
    where first_day >= ${range.from}::date and first_day <= ${range.to}::date and day <= ${last}::date
      ${ofAudience(audience, 'authenticated')} group by first_day, day`.execute(db)
  const closed = await db
    .selectFrom('closed_days')
    .select('day')
    .where('day', '>=', range.from)
    .where('day', '<=', last)
    .execute()
  const isClosed = new Set(closed.map(({ day }) => day))
  const found = new Map(rows.map(({ first_day, day, viewers }) => [`${first_day} ${day}`, Number(viewers)]))
  const viewersOn = (first: string, day: string) =>
    isClosed.has(first) && isClosed.has(day) ? (found.get(`${first} ${day}`) ?? 0) : null
  return range.days.map((day) => ({
    day,
    viewers: viewersOn(day, day),
    returned: Array.from({ length: periods + 1 }, (_, after) => viewersOn(day, site.addDays(day, after))),
  }))
}
