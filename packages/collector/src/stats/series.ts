// What happened day by day, with each day's unique viewers. Days without events are there, with zeros.
import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import type { DayPlan } from './day-plan'
import { addUp, countEvents, countOf, type TypeSum } from './event-counts'
import type { DayWithViewers } from './shapes'
import { sumByDay } from './sum-hours'
import { readViewersByDay } from './viewers'

/** `days` and `viewers` have one entry for each day of the range. */
export const seriesOf = ({ range }: DayPlan, days: TypeSum[][], viewers: (number | null)[]): DayWithViewers[] =>
  range.days.map((day, index) => ({ day, ...countEvents(days[index] ?? []), viewers: viewers[index] ?? null }))

/** Of all content. */
export async function readSiteSeries(db: Kysely<Tables>, plan: DayPlan): Promise<DayWithViewers[]> {
  const days = await sumByDay(db, plan)
  return seriesOf(plan, days, await readViewersByDay(db, plan, countOf(addUp(days))))
}
