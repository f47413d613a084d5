// When in the week people look and act, by the clock of the zone that is asked for.
import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import type { DayPlan } from './day-plan'
import type { HoursOfWeek } from './shapes'
import { sumByHour } from './sum-hours'

const HOUR_MS = 3_600_000
const DAYS = 7
const HOURS = 24

const seeing = new Set(['impression', 'view', 'watch', 'page_view'])

export async function readHoursOfWeek(db: Kysely<Tables>, plan: DayPlan): Promise<HoursOfWeek['cells']> {
  const { clock, whole } = plan
  const cells = Array.from({ length: DAYS * HOURS }, (_, index) => ({
    weekday: Math.floor(index / HOURS) + 1,
    hour: index % HOURS,
    hours: 0,
    seen: 0,
    engaged: 0,
  }))
  function cellAt(atMs: number) {
    const day = clock.day(atMs)
    const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % DAYS
    return cells[weekday * HOURS + clock.hour(atMs)]!
  }
  for (let at = whole.fromMs; at < whole.toMs; at += HOUR_MS) cellAt(at).hours++
  for (const { hourMs, type, count } of await sumByHour(db, plan)) {
    const cell = cellAt(hourMs)
    if (seeing.has(type)) cell.seen += count
    else cell.engaged += count
  }
  return cells
}
