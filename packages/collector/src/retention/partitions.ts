// The daily partitions of `events`: each is there before the first event of its day arrives.
import { createPartition, partitionDays } from '../database/day-partitions'
import type { Database } from '../database/open-database'
import { addDays, utcDay } from '../site-clock'

/** So that a job that stands still for days does not stop ingest. */
const DAYS_AHEAD = 7

type Connection = Pick<Database, 'kysely'>

/**
 * Makes the missing partitions from `rawRetentionDays` before today (UTC) to seven days after it.
 * Any number of processes may run it at once.
 */
export async function ensurePartitions(db: Connection, rawRetentionDays: number, now: number): Promise<void> {
  const today = utcDay(now)
  const existing = new Set(await partitionDays(db))
  for (let offset = -rawRetentionDays; offset <= DAYS_AHEAD; offset++) {
    const day = addDays(today, offset)
    if (!existing.has(day)) await createPartition(db, day)
  }
}

/** Full days after today (UTC) for which a partition exists without a gap. Negative when today's is missing. */
export async function partitionsAheadDays(db: Connection, now: number): Promise<number> {
  const existing = new Set(await partitionDays(db))
  const today = utcDay(now)
  let ahead = -1
  while (existing.has(addDays(today, ahead + 1))) ahead++
  return ahead
}
