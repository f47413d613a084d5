// Raw events leave by whole days: a partition is dropped when it is old enough and every site day in it has been closed.
import { sql, type Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import { partitionDays, partitionName } from '../database/day-partitions'
import { errorCode } from '../database/error-class'
import { JobProblem, type Fenced } from '../job-lease'
import { addDays, utcDay } from '../site-clock'

/** Tells which of these days of the site are counted for good. */
export type FindClosed = (run: Kysely<Tables>, days: readonly string[]) => Promise<ReadonlySet<string>>

/** A day of the site that has raw events, and when the last of them arrived. */
export interface SiteDay {
  day: string
  receivedUntil: Date
}
export type FindBehind = (run: Kysely<Tables>, days: readonly SiteDay[]) => Promise<readonly string[]>

export interface RawRetention {
  rawRetentionDays: number
  /** IANA name of the zone whose days are closed. */
  timezone: string
  findClosed: FindClosed
  /** Tells which closed days got events that they will be counted with, and are not yet. */
  findBehind?: FindBehind
  now: number
}

/**
 * A retry whose day has just left the window looks for its first copy in that day's partition (decision 0002), so the
 * partition stays for one day more.
 */
const DAYS_FOR_RETRIES = 1
/** Ingest waits no longer behind the drop than this, and the drop tries again: see docs/operations.md. */
const LOCK_TIMEOUT_MS = 100
const MAX_ATTEMPTS = 20
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000
/** SQLSTATE of a lock that was not granted in time, and of a deadlock. */
const BUSY = new Set(['55P03', '40P01'])

const UNDATED_PARTITION = 'events_undated'
const ROWS_AT_ONCE = 1_000

/** Days whose partition is older than anything that a retry asks for, oldest first. */
export function expiredDays(days: readonly string[], rawRetentionDays: number, now: number): string[] {
  const firstKept = addDays(utcDay(now), -rawRetentionDays - DAYS_FOR_RETRIES)
  return days.filter((day) => day < firstKept).toSorted()
}

/**
 * Drops the partitions that are too old, and deletes what is too old among the events without a usable day. Returns the
 * days that are gone.
 * @throws JobProblem when days are too old and not closed; those before the first of them are gone then.
 */
export async function dropOldEvents(
  { jobs: kysely }: { jobs: Kysely<Tables> },
  fenced: Fenced,
  retention: RawRetention,
): Promise<string[]> {
  const { rawRetentionDays, timezone, now } = retention
  const dropped: string[] = []
  const open = new Set<string>()
  for (const day of expiredDays(await partitionDays({ kysely }), rawRetentionDays, now)) {
    const siteDays = await siteDaysIn(kysely, partitionName(day), timezone)
    const notClosed = await findOpen(kysely, siteDays, retention)
    for (const one of notClosed) open.add(one)
    // In order, so that every day after the last one that is gone is known to be whole.
    if (notClosed.length > 0) break
    await dropPartition(fenced, day, now)
    dropped.push(day)
  }
  for (const day of await deleteOldUndated(kysely, fenced, retention)) open.add(day)
  if (open.size > 0) {
    throw new JobProblem(
      `Expected every day older than ${rawRetentionDays} days to be closed, got ${[...open].toSorted().join(', ')} open. ` +
        'Their events are kept until the job "close-days" has counted them.',
    )
  }
  return dropped
}

// Reads the partition itself: asking `events` would lock every partition.
async function siteDaysIn(run: Kysely<Tables>, table: string, timezone: string, before?: Date): Promise<SiteDay[]> {
  const { rows } = await sql<SiteDay>`
    select (occurred_at at time zone ${timezone})::date as day, max(received_at) as "receivedUntil"
    from ${sql.table(table)} ${before ? sql`where received_at < ${before}` : sql``} group by 1`.execute(run)
  return rows
}

/** Days whose events are still needed. */
async function findOpen(
  run: Kysely<Tables>,
  siteDays: readonly SiteDay[],
  { findClosed, findBehind }: RawRetention,
): Promise<string[]> {
  if (siteDays.length === 0) return []
  const days = siteDays.map(({ day }) => day)
  const closed = await findClosed(run, days)
  const behind = findBehind ? await findBehind(run, siteDays) : []
  return days.filter((day) => !closed.has(day) || behind.includes(day))
}

async function dropPartition(fenced: Fenced, day: string, now: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fenced(async (run) => {
        await sql`insert into dropped_days (day, dropped_at) values (${day}::date, ${new Date(now)})
          on conflict do nothing`.execute(run)
        await sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT_MS)}`.execute(run)
        await sql`drop table if exists ${sql.table(partitionName(day))}`.execute(run)
      })
    } catch (error) {
      if (!BUSY.has(errorCode(error) ?? '') || attempt === MAX_ATTEMPTS) throw error
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2))
    }
  }
}

/** Returns the days that are not closed. */
async function deleteOldUndated(kysely: Kysely<Tables>, fenced: Fenced, retention: RawRetention): Promise<string[]> {
  const { rawRetentionDays, timezone, now } = retention
  const before = new Date(Date.parse(`${addDays(utcDay(now), -rawRetentionDays - DAYS_FOR_RETRIES)}T00:00:00Z`))
  const siteDays = await siteDaysIn(kysely, UNDATED_PARTITION, timezone, before)
  if (siteDays.length === 0) return []
  const open = await findOpen(kysely, siteDays, retention)
  const days = siteDays.map(({ day }) => day).filter((day) => !open.includes(day))
  let deleted: bigint | undefined
  while (days.length > 0 && deleted !== 0n) {
    deleted = await fenced(async (run) => {
      const { numAffectedRows } = await sql`
        delete from ${sql.table(UNDATED_PARTITION)} where (content_key, event_id) in (
          select content_key, event_id from ${sql.table(UNDATED_PARTITION)}
          where received_at < ${before} and (occurred_at at time zone ${timezone})::date = any(${`{${days.join()}}`}::date[])
          limit ${ROWS_AT_ONCE})`.execute(run)
      return numAffectedRows
    })
  }
  return open
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
