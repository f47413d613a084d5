// The daily partitions of `events`: each is there before the first event of its day arrives.
import { sql } from 'kysely'
import type { Database } from '../database/open-database'
import { addDays, utcDay } from '../site-clock'

/** So that a job that stands still for days does not stop ingest. */
const DAYS_AHEAD = 7
const PARTITION_NAME = /^events_(\d{4})(\d\d)(\d\d)$/

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

async function partitionDays({ kysely }: Connection): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select child.relname as name from pg_inherits
    join pg_class child on child.oid = inhrelid
    where inhparent = 'events'::regclass`.execute(kysely)
  return rows.flatMap(({ name }) => {
    const [, year, month, date] = PARTITION_NAME.exec(name) ?? []
    return year === undefined ? [] : [`${year}-${month}-${date}`]
  })
}

async function createPartition({ kysely }: Connection, day: string): Promise<void> {
  const name = `events_${day.replaceAll('-', '')}`
  try {
    await sql`create table if not exists ${sql.table(name)} partition of events
      for values from (${sql.lit(day)}) to (${sql.lit(addDays(day, 1))})`.execute(kysely)
  } catch (error) {
    // Another process made it between our look and our statement (PostgreSQL's `if not exists` does not wait for it).
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== '42P07' && code !== '23505' && code !== '42P17') throw error
  }
}
