// sightline jobs: lists what runs by itself and how it went, or runs one job now.
import { hostname } from 'node:os'
import { ConfigError, readLastingConfig } from '../config'
import { migrate } from '../database/migrate'
import { openDatabase } from '../database/open-database'
import { readJobStates, type JobState } from '../job-lease'
import { runJob } from '../job-runner'
import { createJobs } from '../jobs'
import type { ClosedDay } from '../rollup/close-day'
import { createSiteClock } from '../site-clock'
import { takeSwitch } from './take-option'

export async function jobsCommand(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const json = takeSwitch(argv, '--json')
  const quiet = takeSwitch(json.rest, '--quiet')
  const [action = 'list', ...rest] = quiet.rest
  const isList = action === 'list' || action.startsWith('--')
  if (!isList && action !== 'run') {
    throw new ConfigError([`sightline: expected jobs list or jobs run <name>, got "${action}".`], 2)
  }
  const [name = '', ...flags] = isList ? ['', ...(action === 'list' ? rest : [action, ...rest])] : rest
  const config = readLastingConfig(flags, env)
  const db = await openDatabase(config)
  try {
    const clock = createSiteClock(config.timezone)
    const closedDays: ClosedDay[] = []
    const onDayClosed = (closed: ClosedDay) => {
      closedDays.push(closed)
      if (!json.isOn && !quiet.isOn) console.log(`Closed ${closed.day}: ${closed.events} events.`)
    }
    const jobs = createJobs({ db, clock, config, onDayClosed, now: Date.now })
    const job = jobs.find((one) => one.name === name)
    if (!isList && !job) {
      const names = jobs.map((one) => one.name).join(', ')
      throw new ConfigError([`sightline: expected one of the jobs ${names}, got "${name}".`], 2)
    }
    await migrate(db)
    if (!job) {
      const states = await readJobStates(db, jobs)
      if (json.isOn) console.log(JSON.stringify(states, null, 2))
      else for (const state of states) console.log(describe(state))
      return 0
    }
    const deps = { db, holder: `${hostname()} ${process.pid}`, leaseMs: config.jobLeaseMs }
    const hasRun = await runJob(deps, job, { forced: true })
    if (json.isOn) console.log(JSON.stringify({ job: name, hasRun, closedDays }))
    else if (hasRun && !quiet.isOn) console.log(`The job "${name}" is done.`)
    if (!hasRun) console.error(`sightline: another collector runs the job "${name}" right now. Try again later.`)
    return hasRun ? 0 : 1
  } finally {
    await db.close()
  }
}

const MS_PER_SECOND = 1_000

function describe({ name, everyMs, holder, finishedAt, lagMs, lastError }: JobState): string {
  const parts = [
    name.padEnd(13),
    `every ${Math.round(everyMs / MS_PER_SECOND)} s`.padEnd(13),
    finishedAt === null ? 'never done' : `done ${finishedAt.toISOString()}`,
  ]
  if (holder !== null) parts.push(`runs on ${holder}`)
  if (lagMs !== null && lagMs > everyMs) parts.push(`${Math.round(lagMs / MS_PER_SECOND)} s late`)
  if (lastError !== null) parts.push(`last error: ${lastError}`)
  return parts.join('  ')
}
