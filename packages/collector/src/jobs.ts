// The table of jobs: what runs by itself on one of the collectors, and how often.
import type { Database } from './database/open-database'
import { findClosedDays, findDaysBehind } from './find-closed-days'
import { destroyOldSalts } from './identity/viewer-key'
import { eventFlags } from './ingest/flags'
import { forgetOldGates } from './ingest/gate-views'
import type { Job } from './job-runner'
import { rollUpsKeptDays } from './kept-days'
import { eraseRequested } from './privacy/erase'
import { OBJECTION_TTL_MS } from './privacy/opt-out-list'
import {
  deleteOldDeadLetters,
  deleteOldRollUps,
  forgetOldErasures,
  forgetOldRecentViews,
  forgetOldShares,
} from './retention/delete-expired'
import { dropOldEvents } from './retention/drop-partitions'
import { ensurePartitions } from './retention/partitions'
import type { ClosedDay, CloseRules } from './rollup/close-day'
import { closeDays } from './rollup/close-days'
import type { SiteClock } from './site-clock'

export interface JobsDeps {
  db: Pick<Database, 'jobs'>
  clock: SiteClock
  config: {
    rawRetentionDays: number
    rollupRetentionDays: number
    maxRecentViews: number
    maxWaitMs: number
    longestJobPeriodMs: number
  } & CloseRules
  /** Time that an erasure waits for what may be on its way. @default as long as collectors need at most */
  settleMs?: number
  /** Told after each day that was counted from its events. */
  onDayClosed?: (closed: ClosedDay) => void
  now: () => number
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** A salt is destroyed so long before it is 48 hours old, because the job does not run every second. */
const SALT_HASTE_MS = 15 * MINUTE_MS
/** A statement of ingest, and its repetition after an error. */
const LONGEST_COMMIT_MS = 10 * SECOND_MS

/** Each may be killed anywhere and run twice. */
export function createJobs({ db, clock, config, onDayClosed = () => {}, now, ...given }: JobsDeps): Job[] {
  const forJobs = { kysely: db.jobs }
  const { rawRetentionDays, maxRecentViews } = config
  const rollupRetentionDays = rollUpsKeptDays(config)
  // By then no collector stores what it took before it knew of the erasure.
  const { settleMs = OBJECTION_TTL_MS + config.maxWaitMs + LONGEST_COMMIT_MS } = given
  const jobs: Job[] = [
    { name: 'partitions', everyMs: HOUR_MS, run: () => ensurePartitions(forJobs, rawRetentionDays, now()) },
    {
      name: 'erasures',
      everyMs: 10 * SECOND_MS,
      run: ({ fenced }) => eraseRequested(db, fenced, { clock, settleMs, now: now(), unnamedFlag: eventFlags.unnamed }),
    },
    {
      name: 'close-days',
      everyMs: 10 * MINUTE_MS,
      async run() {
        const rules: CloseRules = config
        await closeDays({ db: forJobs, clock, rawRetentionDays, rules, now: now(), onClosed: onDayClosed })
      },
    },
    {
      name: 'raw-events',
      everyMs: HOUR_MS,
      async run({ fenced }) {
        await dropOldEvents(db, fenced, {
          rawRetentionDays,
          timezone: clock.timezone,
          findClosed: findClosedDays,
          findBehind: (run, days) => findDaysBehind(run, clock, days),
          now: now(),
        })
      },
    },
    {
      name: 'roll-ups',
      everyMs: HOUR_MS,
      run: ({ fenced }) =>
        deleteOldRollUps(db, fenced, { rollupRetentionDays, clock, findClosed: findClosedDays, now: now() }),
    },
    { name: 'salts', everyMs: 10 * MINUTE_MS, run: () => destroyOldSalts(forJobs, now() + SALT_HASTE_MS) },
    { name: 'dead-letters', everyMs: HOUR_MS, run: () => deleteOldDeadLetters(forJobs, now()) },
    { name: 'view-gates', everyMs: HOUR_MS, run: () => forgetOldGates(forJobs, now()) },
    { name: 'recent-views', everyMs: HOUR_MS, run: ({ fenced }) => forgetOldRecentViews(db, fenced, maxRecentViews) },
    { name: 'old-erasures', everyMs: HOUR_MS, run: ({ fenced }) => forgetOldErasures(fenced, now()) },
    { name: 'old-shares', everyMs: HOUR_MS, run: ({ fenced }) => forgetOldShares(fenced, now()) },
  ]
  return jobs.map((job) => ({ ...job, everyMs: Math.min(job.everyMs, config.longestJobPeriodMs) }))
}
