// Counts the days of the sample once all of their events are there, as the collector's own job would do ten minutes later.
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../config'
import type { Database } from '../database/open-database'
import { runJob } from '../job-runner'
import { createJobs } from '../jobs'
import { createSiteClock } from '../site-clock'

/** The collector itself may be closing days at that moment. */
const PAUSE_MS = 200
const MOST_ATTEMPTS = 100

/** The job may have run while the sample was still being stored, and closed days that were not complete. */
export async function closeFilledDays(db: Pick<Database, 'jobs'>, config: Config, now: () => number): Promise<void> {
  const clock = createSiteClock(config.timezone)
  const job = createJobs({ db, clock, config, now }).find(({ name }) => name === 'close-days')
  if (job === undefined) throw new Error('There is no job that closes days.')
  const deps = { db, holder: `sample ${process.pid}`, leaseMs: config.jobLeaseMs }
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    if (await runJob(deps, job, { forced: true })) return
    await pause(PAUSE_MS)
  }
}
