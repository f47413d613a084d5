// Which days of the site are counted for good: what closes days writes it, what deletes their events asks for it.
import { sql, type Kysely } from 'kysely'
import type { Tables } from './database/tables'
import { utcDay, type SiteClock } from './site-clock'

/** Those of the days that are closed. A day without a row is open, however old it is. */
export async function findClosedDays(run: Kysely<Tables>, days: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ day: string }>`
    select day from closed_days where day = any(${`{${days.join()}}`}::date[])`.execute(run)
  return new Set(rows.map(({ day }) => day))
}

/** Last UTC day whose events were deleted by age. */
export async function readLastDroppedDay(run: Kysely<Tables>): Promise<string | undefined> {
  const { rows } = await sql<{ day: string | null }>`select max(day) as day from dropped_days`.execute(run)
  return rows[0]?.day ?? undefined
}

/** So long after its arrival an event may still not be committed. */
const ON_ITS_WAY_MS = 60_000

/**
 * Those of the closed days that got events since they were counted last and will be counted again: all of their events
 * are still kept. A day of which some are gone keeps what it was closed with.
 */
export async function findDaysBehind(
  run: Kysely<Tables>,
  clock: SiteClock,
  days: readonly { day: string; receivedUntil: Date }[],
): Promise<string[]> {
  const lastDropped = await readLastDroppedDay(run)
  const { rows } = await sql<{ day: string; checkedAt: Date; events: number }>`
    select day, checked_at as "checkedAt", events::int as events from closed_days
    where day = any(${`{${days.map(({ day }) => day).join()}}`}::date[])`.execute(run)
  const receivedUntil = new Map(days.map((one) => [one.day, one.receivedUntil.getTime()]))
  return rows.flatMap(({ day, checkedAt, events }) => {
    const isCountedAgain = events === 0 || lastDropped === undefined || utcDay(clock.dayStart(day)) > lastDropped
    const isBehind = checkedAt.getTime() < (receivedUntil.get(day) ?? 0) + ON_ITS_WAY_MS
    return isCountedAgain && isBehind ? [day] : []
  })
}
