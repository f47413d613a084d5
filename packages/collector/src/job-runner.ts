// Looks at the clock of every job, runs what is due under its lease, one after the other, and remembers how each one went.
import {
  claimJob,
  extendLease,
  LeaseLost,
  readJobStates,
  releaseJob,
  type JobState,
  type Lease,
  type Period,
} from './job-lease'
import type { Database } from './database/open-database'

export interface Job extends Period {
  /** May be killed anywhere and run twice. What it changes, it changes inside `lease.fenced`. */
  run: (lease: Lease) => Promise<void>
}

export interface JobRunnerDeps {
  db: Pick<Database, 'jobs'>
  jobs: readonly Job[]
  /** Names this collector to people. */
  holder: string
  /** After this time without a sign of life, the job of a dead collector is run by another. In milliseconds. */
  leaseMs: number
  /** False while there are no tables yet. */
  isReady: () => boolean
  onFailure: (job: string, error: unknown) => void
}

export interface JobRunner {
  /** Looks whether something is due now. */
  wake(): void
  /** As last seen. */
  states(): readonly JobState[]
  /** Ends the job at hand after its transaction and gives its lease back; resolves when that is done. */
  stop(): Promise<void>
}

const LONGEST_PAUSE_MS = 5_000
/** A job that is told to stop does so after its transaction; closing cannot wait for a long one. */
const LONGEST_STOP_MS = 4_000

/** Runs one job under a lease. Tells whether it was run. */
export async function runJob(
  { db, holder, leaseMs }: Pick<JobRunnerDeps, 'db' | 'holder' | 'leaseMs'>,
  job: Job,
  { forced = false, onClaim }: { forced?: boolean; onClaim?: (lease: Lease | undefined) => void } = {},
): Promise<boolean> {
  const lease = await claimJob(db, job, { holder, leaseMs, forced })
  if (!lease) return false
  onClaim?.(lease)
  // A transaction extends the lease by itself; this is for the time between two of them.
  const alive = setInterval(() => {
    extendLease(db.jobs, lease.job, lease.fence, leaseMs)
      .then((isMine) => isMine || lease.stop())
      .catch(() => {})
  }, leaseMs / 3)
  alive.unref()
  try {
    await job.run(lease)
    await releaseJob(db, lease)
  } catch (error) {
    await releaseJob(db, lease, error).catch(() => {})
    throw error
  } finally {
    clearInterval(alive)
    onClaim?.(undefined)
  }
  return true
}

export function startJobs(deps: JobRunnerDeps): JobRunner {
  const { db, jobs, isReady, onFailure } = deps
  const pauseMs = Math.min(LONGEST_PAUSE_MS, ...jobs.map(({ everyMs }) => everyMs))
  let states: readonly JobState[] = []
  let readAt = 0
  let current: Lease | undefined
  let looking: Promise<void> | undefined
  let isAwake = false
  let isStopped = false

  async function look(): Promise<void> {
    const seen = await readJobStates(db, jobs)
    states = seen
    readAt = performance.now()
    for (const [at, state] of seen.entries()) {
      const job = jobs[at]
      if (isStopped || !job || !state.isDue) continue
      try {
        await runJob(deps, job, { onClaim: (lease) => (current = lease) })
      } catch (error) {
        if (!(error instanceof LeaseLost)) onFailure(job.name, error)
      }
    }
  }

  function wake(): void {
    if (isStopped || !isReady()) return
    if (looking) {
      isAwake = true
      return
    }
    isAwake = false
    looking = look()
      .catch((error: unknown) => onFailure('jobs', error))
      .finally(() => {
        looking = undefined
        if (isAwake) wake()
      })
  }

  const timer = setInterval(wake, pauseMs)
  // A job alone is no reason for the process to stay.
  timer.unref()

  return {
    wake,
    states() {
      const elapsedMs = performance.now() - readAt
      return states.map((state) => ({
        ...state,
        lagMs: state.lagMs === null ? null : state.lagMs > 0 ? state.lagMs + elapsedMs : 0,
      }))
    },
    async stop() {
      isStopped = true
      clearInterval(timer)
      current?.stop()
      if (!looking) return
      let patience: NodeJS.Timeout | undefined
      const enough = new Promise<void>((resolve) => {
        patience = setTimeout(resolve, LONGEST_STOP_MS)
      })
      await Promise.race([looking, enough])
      clearTimeout(patience)
    },
  }
}
