// What happened on the whole site: totals and viewers of the days asked for, and where its events came from.
import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import type { Dimension } from '../day-tally'
import { readBreakdowns } from './breakdown'
import type { DayPlan } from './day-plan'
import { addUp, countOf, totalEvents } from './event-counts'
import type { Provenance, SiteBreakdown, SiteStats } from './shapes'
import { sumByDay } from './sum-hours'
import { readViewers } from './viewers'

export async function readSiteTotals(db: Kysely<Tables>, plan: DayPlan): Promise<Omit<SiteStats, keyof Provenance>> {
  const sums = addUp(await sumByDay(db, plan))
  return { totals: totalEvents(sums), viewers: await readViewers(db, plan, countOf(sums)) }
}

export async function readSiteBreakdown(
  db: Kysely<Tables>,
  plan: DayPlan & { type?: string | undefined },
  dimension: Dimension,
): Promise<Omit<SiteBreakdown, keyof Provenance>> {
  const { type } = plan
  // Where there are no counters, the values themselves are all that there is.
  const total = plan.eventsFrom === null ? countOf(addUp(await sumByDay(db, plan)), type) : 0
  const answers = await readBreakdowns(db, plan, { dimensions: [dimension], type, total })
  return { dimension, type: type ?? null, ...answers[dimension] }
}
