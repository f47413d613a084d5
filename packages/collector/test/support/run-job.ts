// One job of the table, run at once under its lease, by the clock of the test.
import { resolveConfig, type Config } from '../../src/config'
import type { Database } from '../../src/database/open-database'
import type { Fenced } from '../../src/job-lease'
import { runJob } from '../../src/job-runner'
import { createJobs } from '../../src/jobs'
import { createSiteClock } from '../../src/site-clock'

interface JobRun {
  config?: Partial<Config>
  now?: number
  /** The process dies before this transaction of the job, counted from 1. */
  dieBefore?: number
}

export class Died extends Error {
  override readonly name = 'Died'
}

/** Rejects with {@link Died} when the job was to die, and with the job's own error when it fails. */
export async function runJobNow(
  db: Database,
  name: string,
  { config: given = {}, now = Date.now(), dieBefore = Infinity }: JobRun = {},
): Promise<void> {
  const config = resolveConfig(given)
  const jobs = createJobs({ db, clock: createSiteClock(config.timezone), config, now: () => now })
  const job = jobs.find((one) => one.name === name)
  if (!job) throw new Error(`expected one of ${jobs.map((one) => one.name).join(', ')}, got ${name}`)
  const mortal: typeof job.run = (lease) => {
    let left = dieBefore
    const fenced: Fenced = async (work) => {
      if (--left <= 0) throw new Died()
      return lease.fenced(work)
    }
    return job.run({ ...lease, fenced })
  }
  const hasRun = await runJob({ db, holder: 'test', leaseMs: 30_000 }, { ...job, run: mortal }, { forced: true })
  if (!hasRun) throw new Error(`expected the job ${name} to be free, got one that a collector runs`)
}
