// How long things were looked at: average view and watch, how watches ended, and where views are longest.
import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import type { WatchRules } from '../day-tally'
import type { DayPlan } from './day-plan'
import { addUp, type TypeSum } from './event-counts'
import type { Durations, Provenance } from './shapes'
import { sumByDay } from './sum-hours'
import { readTopContent } from './top-content'
import { readWatchClasses } from './watch-classes'

export async function readDurations(
  db: Kysely<Tables>,
  plan: DayPlan & { limit: number },
  rules: WatchRules,
): Promise<Omit<Durations, keyof Provenance>> {
  const sums = addUp(await sumByDay(db, plan))
  return {
    views: averageOf(sums, 'view'),
    watches: { ...averageOf(sums, 'watch'), ...(await readWatchClasses(db, plan, rules)) },
    items: await readTopContent(db, plan, 'averageViewDurationMs', plan.limit),
  }
}

function averageOf(sums: readonly TypeSum[], type: string): { count: number; averageMs: number | null } {
  const sum = sums.find((each) => each.type === type)
  if (sum === undefined || sum.durationN === 0) return { count: 0, averageMs: null }
  return { count: sum.durationN, averageMs: sum.durationMs / sum.durationN }
}
