// Whether the numbers can be trusted, asked of the tables themselves: what came and went, what is missing, what it takes up.
import { statfs } from 'node:fs/promises'
import { sql, type Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import { addDays, utcDay } from '../site-clock'
import type { DayOutcome, DaySequences, TrustReport } from './shapes'

/** UTC days of outcomes, today included. */
const OUTCOME_DAYS = 30
/** Sessions are counted from their single events, so for no longer than this. */
const MOST_SEQUENCE_DAYS = 7
const SHOWN_LETTERS = 100
/** Full days that the mean is made of. */
const MEAN_DAYS = 7
/** SQLSTATE of a statement that took longer than the pool allows. */
const CANCELED = '57014'

export interface TrustSettings {
  rawRetentionDays: number
  /** Directory of the embedded database. */
  dataDir: string
  memory: boolean
}

type Connection = Kysely<Tables>

export async function readOutcomes(db: Connection, from: string): Promise<DayOutcome[]> {
  const rows = await db
    .selectFrom('outcomes')
    .select(['day', 'outcome', 'reason', 'count'])
    .where('day', '>=', from)
    .orderBy('day', 'desc')
    .orderBy('outcome')
    .orderBy('reason')
    .execute()
  return rows.map(({ count, ...row }) => ({ ...row, count: Number(count) }))
}

/** Gaps in the numbers of a session: what came later proves that they were given out. */
export async function readSequences(db: Connection, from: string): Promise<DaySequences[] | null> {
  try {
    const { rows } = await sql<DaySequences>`
      select to_char(first_at at time zone 'UTC', 'YYYY-MM-DD') as day, count(*)::float8 as sessions,
        sum(last_seq - first_seq + 1)::float8 as expected, sum(seqs)::float8 as stored
      from (
        select min(occurred_at) as first_at, min(seq) as first_seq, max(seq) as last_seq, count(distinct seq) as seqs
        from events where event_day >= ${from}::date and session_id is not null and seq is not null
        group by session_id
      ) session
      group by 1 order by 1 desc`.execute(db)
    return rows
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === CANCELED) return null
    throw error
  }
}

export async function readDeadLetters(db: Connection): Promise<TrustReport['deadLetters']> {
  const letters = db.selectFrom('dead_letters')
  const { count } = await letters.select(({ fn }) => fn.countAll<string>().as('count')).executeTakeFirstOrThrow()
  const items = await letters
    .select(['event_id as id', 'received_at as receivedAt', 'code', 'message'])
    .orderBy('received_at')
    .orderBy('event_id')
    .limit(SHOWN_LETTERS)
    .execute()
  return {
    count: Number(count),
    items: items.map((item) => ({ ...item, receivedAt: item.receivedAt.toISOString() })),
  }
}

/** Bytes on the disk, indexes included. */
async function readSizes(db: Connection): Promise<{ bytes: number; days: { day: string | null; bytes: number }[] }> {
  const { rows } = await sql<{ name: string; bytes: number }>`
    select child.relname as name, pg_total_relation_size(child.oid)::float8 as bytes
    from pg_inherits join pg_class child on child.oid = inhrelid
    where inhparent = 'events'::regclass order by 1 desc`.execute(db)
  const whole = await sql<{ bytes: number }>`select pg_database_size(current_database())::float8 as bytes`.execute(db)
  return {
    bytes: whole.rows[0]?.bytes ?? 0,
    days: rows.map(({ name, bytes }) => {
      const [, year, month, date] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? []
      return { day: year === undefined ? null : `${year}-${month}-${date}`, bytes }
    }),
  }
}

/** Bytes that other files may still take, or `null` when that cannot be seen. */
async function freeBytesOf(dir: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(dir)
    return bavail * bsize
  } catch {
    return null
  }
}

/**
 * Bytes that a day takes, and the days until the disk is full. An empty partition has its pages too: the smallest of all
 * partitions, those ahead of time among them, is what nothing takes.
 */
export function foresee(
  days: readonly { day: string | null; bytes: number }[],
  { today, rawRetentionDays, freeBytes }: { today: string; rawRetentionDays: number; freeBytes: number | null },
): { bytesPerDay: number | null; daysLeft: number | null } {
  const dated = days.filter((each): each is { day: string; bytes: number } => each.day !== null)
  const empty = Math.min(...dated.map(({ bytes }) => bytes))
  const held = dated.filter(({ day, bytes }) => day <= today && bytes > empty)
  const full = held
    .filter(({ day }) => day < today)
    .toSorted((one, other) => (one.day < other.day ? 1 : -1))
    .slice(0, MEAN_DAYS)
  if (full.length === 0) return { bytesPerDay: null, daysLeft: null }
  const bytesPerDay = full.reduce((sum, { bytes }) => sum + bytes, 0) / full.length
  // A partition is dropped a day after it is too old; from then on one goes for each that comes.
  const growingDays = Math.max(0, rawRetentionDays + 2 - held.length)
  const lastsForever = freeBytes === null || growingDays * bytesPerDay <= freeBytes
  return { bytesPerDay, daysLeft: lastsForever ? null : Math.floor(freeBytes / bytesPerDay) }
}

interface ReportOptions {
  settings: TrustSettings
  database: Pick<TrustReport['storage'], 'database' | 'durability'>
  now: number
}

/** Everything of the report that is in the database. */
export async function readTrust(
  db: Connection,
  { settings, database, now }: ReportOptions,
): Promise<Omit<TrustReport, 'jobs' | 'settings'>> {
  const today = utcDay(now)
  const from = addDays(today, 1 - OUTCOME_DAYS)
  const { rawRetentionDays } = settings
  const firstOfSequences = addDays(today, 1 - Math.min(MOST_SEQUENCE_DAYS, rawRetentionDays))
  const [outcomes, sequences, deadLetters, sizes] = await Promise.all([
    readOutcomes(db, from),
    readSequences(db, firstOfSequences),
    readDeadLetters(db),
    readSizes(db),
  ])
  const isOnOurDisk = database.database === 'pglite' && !settings.memory
  const freeBytes = isOnOurDisk ? await freeBytesOf(settings.dataDir) : null
  return {
    madeAt: new Date(now).toISOString(),
    from,
    to: today,
    outcomes,
    sequences,
    deadLetters,
    storage: {
      ...database,
      ...sizes,
      rawRetentionDays,
      freeBytes,
      ...foresee(sizes.days, { today, rawRetentionDays, freeBytes }),
    },
  }
}
