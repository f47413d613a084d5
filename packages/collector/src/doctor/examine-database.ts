// The patient's first half: can the database take an event, keep it, and go on doing so?
import { statfs } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { sql } from 'kysely'
import { findRelaxedSettings } from '../database/durability'
import type { Database } from '../database/open-database'
import { partitionsAheadDays } from '../retention/partitions'
import { fine, problem, warning, type Finding } from './finding'

const OLDEST_POSTGRES = 15
/** A clock this far away moves the times of events (milliseconds); a tenth of it is worth a word. */
const CLOCK_PROBLEM_MS = 60_000
/** Fewer days with partitions ahead mean that the job that makes them stands still. */
const FEWEST_DAYS_AHEAD = 3
const DISK_WARNING_DAYS = 30
const DISK_PROBLEM_DAYS = 7
/** Measured for an event with its indexes; see docs/operations.md. */
const BYTES_PER_EVENT = 262
const SLOW_COMMIT_MS = 100

export interface DatabaseToExamine extends Pick<Database, 'kysely' | 'kind'> {
  /** Where PGlite keeps its files; nothing for PostgreSQL and a database in memory. */
  dataDir?: string | undefined
  /** Names of the migrations that are still to be run. */
  pendingMigrations(): Promise<string[]>
  now(): number
}

type Check = (db: DatabaseToExamine) => Promise<Finding>

/** Checks one after the other; a database that cannot be reached is told once. */
export async function examineDatabase(db: DatabaseToExamine): Promise<Finding[]> {
  const findings: Finding[] = [await attempt('database', checkVersion, db)]
  if (findings[0]!.state === 'problem') return findings
  const checks: [string, Check][] = [
    ['tables', checkMigrations],
    ['write probe', checkWrite],
    ['durability', checkDurability],
    ['clock', checkClock],
    ['partitions', checkPartitions],
    ['disk', checkDisk],
  ]
  for (const [name, check] of checks) findings.push(await attempt(name, check, db))
  return findings
}

async function attempt(name: string, check: Check, db: DatabaseToExamine): Promise<Finding> {
  try {
    return await check(db)
  } catch (error) {
    const { message } = error as Error
    return problem(
      name,
      message || String(error),
      name === 'database'
        ? 'Check DATABASE_URL: host, port, user, password, and that the server runs and lets this machine in.'
        : 'Give the user of DATABASE_URL the rights of an owner on this database, and look at the log of PostgreSQL.',
    )
  }
}

async function checkVersion({ kysely, kind }: DatabaseToExamine): Promise<Finding> {
  const { rows } = await sql<{ version: string }>`select current_setting('server_version') as version`.execute(kysely)
  const version = rows[0]!.version
  const name = kind === 'pglite' ? `PGlite (PostgreSQL ${version})` : `PostgreSQL ${version}`
  if (Number.parseInt(version, 10) >= OLDEST_POSTGRES) return fine('database', name)
  return problem('database', name, `Use PostgreSQL ${OLDEST_POSTGRES} or newer.`)
}

async function checkMigrations({ pendingMigrations }: DatabaseToExamine): Promise<Finding> {
  const pending = await pendingMigrations()
  if (pending.length === 0) return fine('tables', 'up to date')
  return problem(
    'tables',
    `${pending.join(', ')} still to come`,
    'Run "sightline migrate", or just start the collector.',
  )
}

async function checkWrite({ kysely, now }: DatabaseToExamine): Promise<Finding> {
  const startedAt = performance.now()
  const at = new Date(now())
  try {
    await kysely
      .insertInto('job_leases')
      .values({ job: 'doctor-probe', fence: 0, expires_at: at, finished_at: at })
      .onConflict((conflict) => conflict.column('job').doUpdateSet({ expires_at: at, finished_at: at }))
      .execute()
    await kysely.deleteFrom('job_leases').where('job', '=', 'doctor-probe').execute()
  } catch (error) {
    return problem(
      'write probe',
      `the database takes no writes (${(error as Error).message})`,
      'Point DATABASE_URL to the primary, not a standby; make sure default_transaction_read_only is off, the disk is not full, and the user owns the tables.',
    )
  }
  const commitMs = Math.round((performance.now() - startedAt) / 2)
  if (commitMs <= SLOW_COMMIT_MS) return fine('write probe', `a commit takes about ${commitMs} ms`)
  return warning(
    'write probe',
    `a commit takes about ${commitMs} ms`,
    'Put the collector near the database, and the write-ahead log on a fast disk.',
  )
}

async function checkDurability(db: DatabaseToExamine): Promise<Finding> {
  if (db.kind === 'pglite') {
    return fine('durability', 'survives a crash of the collector, not a power cut; PostgreSQL survives both')
  }
  const relaxed = await findRelaxedSettings(db)
  if (relaxed.length === 0) return fine('durability', 'fsync and synchronous_commit are on')
  return problem(
    'durability',
    `${relaxed.map((name) => `${name} = off`).join(' and ')}: acknowledged events can be lost in a crash`,
    relaxed.includes('fsync')
      ? 'Set fsync = on in postgresql.conf and restart PostgreSQL.'
      : 'Run: alter database <name> set synchronous_commit = on; then restart the collector.',
  )
}

async function checkClock({ kysely, now }: DatabaseToExamine): Promise<Finding> {
  const before = now()
  const { rows } = await sql<{ at: Date }>`select clock_timestamp() as at`.execute(kysely)
  const skewMs = Math.round(new Date(rows[0]!.at).getTime() - (before + now()) / 2)
  const found = `${Math.abs(skewMs)} ms apart from the database's`
  if (Math.abs(skewMs) < CLOCK_PROBLEM_MS / 10) return fine('clock', found)
  const remedy = 'Turn on time synchronisation (NTP) on both machines.'
  return Math.abs(skewMs) < CLOCK_PROBLEM_MS ? warning('clock', found, remedy) : problem('clock', found, remedy)
}

async function checkPartitions({ kysely, now }: DatabaseToExamine): Promise<Finding> {
  const ahead = await partitionsAheadDays({ kysely }, now())
  if (ahead >= FEWEST_DAYS_AHEAD) return fine('partitions', `ready for ${ahead} days ahead`)
  const remedy =
    'Start a collector: it makes them at its start and every hour. If one runs, look for "a job failed" in its log.'
  if (ahead >= 0) return warning('partitions', `ready for ${ahead} days ahead`, remedy)
  return problem('partitions', 'there is none for today: events are refused', remedy)
}

async function checkDisk({ kysely, kind, dataDir, now }: DatabaseToExamine): Promise<Finding> {
  const { rows } = await sql<{ size: string; perDay: string }>`
    select pg_database_size(current_database()) as size,
           coalesce((select sum(count) / 7 from outcomes
                     where outcome = 'tracked' and day > ${new Date(now() - 8 * 86_400_000)}::date), 0) as "perDay"`.execute(
    kysely,
  )
  const size = Number(rows[0]!.size)
  const perDay = Number(rows[0]!.perDay)
  const grows = `${megabytes(size)} in use, ${Math.round(perDay).toLocaleString('en')} events a day`
  if (dataDir === undefined) {
    if (kind === 'pglite') return fine('disk', `${grows}, in memory`)
    return fine('disk', `${grows}; PostgreSQL does not tell how much is free`)
  }
  const { bavail, bsize } = await statfs(dataDir)
  const free = bavail * bsize
  // What retention frees is left out: the estimate errs on the side of caution.
  const days = Math.floor(free / Math.max(1, perDay * BYTES_PER_EVENT))
  const found = `${megabytes(free)} free, ${grows}${perDay > 0 ? `: enough for ${days.toLocaleString('en')} days` : ''}`
  if (free > size / 10 && days >= DISK_WARNING_DAYS) return fine('disk', found)
  const remedy = 'Make room, shorten RAW_RETENTION_DAYS, or move to PostgreSQL on a larger disk.'
  return days < DISK_PROBLEM_DAYS ? problem('disk', found, remedy) : warning('disk', found, remedy)
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576).toLocaleString('en')} MiB`
}
