// One of N collectors runs a job: a row of job_leases names it, by the database's clock, under a number that only grows.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql, type Transaction } from 'kysely'
import { errorCode } from './database/error-class'
import type { Database } from './database/open-database'
import type { Tables } from './database/tables'

/** Runs work in one transaction, which can only begin while this holder has the lease, and keeps others out until its end. */
export type Fenced = <Value>(work: (run: Transaction<Tables>) => Promise<Value>) => Promise<Value>

export interface Lease {
  readonly job: string
  /** Grows with every holder of the job. */
  readonly fence: string
  readonly fenced: Fenced
  /** Stops the work before its next transaction. */
  stop(): void
}

/** The lease belongs to another collector by now, or this one is told to stop. Nothing of the refused transaction stays. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** What the lease row says about a job. Times are the database's. */
export interface JobState {
  name: string
  /** Runs at least this often, in milliseconds. */
  everyMs: number
  /** Collector that runs it now. */
  holder: string | null
  startedAt: Date | null
  /** End of the last run that succeeded. */
  finishedAt: Date | null
  /** Kind of the last run's error; null after a success. */
  lastError: string | null
  isDue: boolean
  /** How long its next success is overdue, in milliseconds; null before the first run. */
  lagMs: number | null
}

export interface Period {
  name: string
  everyMs: number
}

/** After a run that failed or was cut, the next one does not wait for the whole period. */
const RETRY_MS = 60_000
/** Timers are late by a little, and a job that runs every second should not run every two. */
const EARLY = 0.9

const inMs = (ms: number) => sql`clock_timestamp() + ${ms}::float8 * interval '1 millisecond'`

const isDue = ({ everyMs }: Period) => sql<boolean>`
  (lease.expires_at <= clock_timestamp() and (
    lease.started_at is null
    or lease.started_at <= clock_timestamp() - ${everyMs * EARLY}::float8 * interval '1 millisecond'
    or (lease.finished_at is null or lease.finished_at < lease.started_at)
      and lease.started_at <= clock_timestamp() - ${Math.min(everyMs, RETRY_MS) * EARLY}::float8 * interval '1 millisecond'))`

type Connection = Pick<Database, 'jobs'>

/** What is known about each job, in the order given. A job that never ran is due. */
export async function readJobStates({ jobs: kysely }: Connection, periods: readonly Period[]): Promise<JobState[]> {
  const states = await Promise.all(
    periods.map(async (period): Promise<JobState> => {
      const { rows } = await sql<{
        holder: string | null
        startedAt: Date | null
        finishedAt: Date | null
        lastError: string | null
        isDue: boolean
        lagMs: number | null
      }>`
        select case when lease.expires_at > clock_timestamp() then lease.holder end as holder,
          lease.started_at as "startedAt", lease.finished_at as "finishedAt", lease.last_error as "lastError",
          ${isDue(period)} as "isDue",
          greatest(0, extract(epoch from clock_timestamp() - coalesce(lease.finished_at, lease.started_at)) * 1000
            - ${period.everyMs}::float8)::float8 as "lagMs"
        from job_leases as lease where lease.job = ${period.name}`.execute(kysely)
      const [row] = rows
      if (row) return { ...period, ...row }
      return { ...period, holder: null, startedAt: null, finishedAt: null, lastError: null, isDue: true, lagMs: null }
    }),
  )
  return states
}

/**
 * Takes the lease of a job that is due, or of any that nobody runs when it is `forced`. Nothing when another was faster.
 * @param holder names this collector to people.
 * @param leaseMs after this time without a sign of life the job may be taken by another.
 */
export async function claimJob(
  { jobs: kysely }: Connection,
  period: Period,
  { holder, leaseMs, forced = false }: { holder: string; leaseMs: number; forced?: boolean },
): Promise<Lease | undefined> {
  const { name: job } = period
  const mayRun = forced ? sql<boolean>`lease.expires_at <= clock_timestamp()` : isDue(period)
  const { rows } = await sql<{ fence: string }>`
    insert into job_leases as lease (job, holder, fence, expires_at, started_at)
    values (${job}, ${holder}, 1, ${inMs(leaseMs)}, clock_timestamp())
    on conflict (job) do update set holder = excluded.holder, fence = lease.fence + 1,
      expires_at = excluded.expires_at, started_at = excluded.started_at
    where ${mayRun}
    returning lease.fence as fence`.execute(kysely)
  const [claimed] = rows
  if (!claimed) return undefined
  const { fence } = claimed
  let isStopped = false

  return {
    job,
    fence,
    stop() {
      isStopped = true
    },
    async fenced(work) {
      // The embedded database answers in the same turn of the event loop: without a pause nobody else would have one.
      await nextTurn()
      if (isStopped) throw new LeaseLost(`The job "${job}" was told to stop.`)
      return kysely.transaction().execute(async (run) => {
        // Whoever is overtaken while it stands still meets another number here; whoever would overtake waits for this row.
        if (!(await extendLease(run, job, fence, leaseMs))) {
          throw new LeaseLost(`The job "${job}" is run by another collector by now.`)
        }
        const value = await work(run)
        await extendLease(run, job, fence, leaseMs)
        return value
      })
    },
  }
}

/** Says that the holder lives. False when the lease belongs to another by now. */
export async function extendLease(
  run: Database['jobs'],
  job: string,
  fence: string,
  leaseMs: number,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update job_leases set expires_at = ${inMs(leaseMs)} where job = ${job} and fence = ${fence}::bigint`.execute(run)
  return numAffectedRows === 1n
}

/** Gives the lease back. Changes nothing when another collector has it by now. */
export async function releaseJob({ jobs: kysely }: Connection, { job, fence }: Lease, error?: unknown): Promise<void> {
  const told =
    error === undefined
      ? sql`finished_at = clock_timestamp(), last_error = null`
      : error instanceof LeaseLost
        ? sql`started_at = finished_at`
        : sql`last_error = ${describeError(error)}`
  await sql`update job_leases set expires_at = clock_timestamp(), ${told}
    where job = ${job} and fence = ${fence}::bigint`.execute(kysely)
}

/** A sentence of this program, for people to act on; anything else is told by its kind, because its text may quote values. */
export class JobProblem extends Error {
  override readonly name = 'JobProblem'
}

function describeError(error: unknown): string {
  if (error instanceof JobProblem) return error.message
  const code = errorCode(error)
  const name = error instanceof Error ? error.name : 'Error'
  return code === undefined ? name : `${name} ${code}`
}
