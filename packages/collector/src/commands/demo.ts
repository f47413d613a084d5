// `sightline demo`: sample data, a feed to scroll through and the dashboard, with nothing to set up.
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCollector } from '../collector'
import { resolveConfig } from '../config'
import { DataDirInUse } from '../database/data-dir-lock'
import { openDatabase } from '../database/open-database'
import { closeFilledDays } from '../demo/close-filled-days'
import { clearOldDemos, openDemoDirectory, privateDirectory, UnusableDirectory } from '../demo/demo-directory'
import { demoHelp, readDemoOptions, type DemoOptions } from '../demo/demo-options'
import { registerDemoPage } from '../demo/demo-page'
import { COUNTRY_HEADER, fill } from '../demo/fill'
import { prepareFirstPage } from '../demo/first-page'
import { listenOnFreePort } from '../demo/listen'
import { nameContent } from '../demo/name-content'
import { demoPosts } from '../demo/posts'
import { createProgress } from '../demo/progress'
import { drawVisits } from '../demo/sample-days'
import { sampleNetworks } from '../demo/sample-viewers'
import { createSiteClock, isTimezone } from '../site-clock'
import manifest from '../../package.json'
import { INTERRUPTED } from './interruption'

/** One more than the sample has at most, so that every sample day has its partition in every zone. */
const RAW_RETENTION_DAYS = 31

const say = (text: string) => process.stdout.write(`${text}\n`)

/** The first signal ends the demo in order; a second one ends the process, as without us. */
function listenForSignals(): AbortSignal {
  const abort = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort())
  return abort.signal
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

function machineTimezone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  return isTimezone(timeZone) ? timeZone : 'UTC'
}

function chooseDirectory({ dir, seed, days, fresh }: DemoOptions, timezone: string, today: string) {
  const sample = `${manifest.version}-seed-${seed}-${days}d-${today}-${timezone.replaceAll(/\W/g, '_')}`
  if (dir !== undefined) return openDemoDirectory(dir, sample, fresh)
  const parent = privateDirectory(tmpdir())
  clearOldDemos(parent, sample)
  return openDemoDirectory(join(parent, sample), sample, fresh)
}

function printAddresses(origin: string, adminToken: string, dir: string, isKept: boolean): void {
  say('')
  say(`  Demo page   ${origin}/demo/`)
  say(`  Dashboard   ${origin}/#token=${adminToken}`)
  say(`  Data        ${dir}`)
  say(`  Keep it     ${isKept ? 'it stays where it is' : 'run it again with --dir ./sightline-data'}`)
  say('  Stop        Ctrl-C')
  say('')
}

async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const timezone = machineTimezone()
  const clock = createSiteClock(timezone)
  const now = Date.now()
  const directory = chooseDirectory(options, timezone, clock.day(now))
  const [adminToken, jwtSecret] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
  const db = await openDatabase({ dataDir: directory.path })
  const config = resolveConfig({
    timezone,
    adminToken,
    jwtSecret,
    rawRetentionDays: RAW_RETENTION_DAYS,
    logLevel: 'warn',
    dataDir: directory.path,
    // The sample is sent by this machine, as fast as it can.
    networkEventsPerSecond: 0,
    // Nobody else comes from these networks: the demo listens on this machine only.
    trustProxy: [...sampleNetworks],
    countryHeader: COUNTRY_HEADER,
    trending: true,
    compareKeys: ['variant'],
  })
  const app = await buildCollector({ db, config })
  try {
    registerDemoPage(app)
    if (!directory.isFilled) {
      const visits = drawVisits(demoPosts, options, clock, now)
      const total = visits.reduce((sum, { events }) => sum + events.length, 0)
      say(`Making ${options.days} days of sample data …`)
      const progress = createProgress(total, process.stdout, () => performance.now())
      await nameContent(db.kysely, demoPosts)
      await fill(visits, { app, jwtSecret, onProgress: progress.update, signal })
      await closeFilledDays(db, config, Date.now)
      progress.finish()
      directory.markFilled()
    }
    const port = await listenOnFreePort(app, options.port)
    if (options.port !== 0 && port !== options.port) say(`Port ${options.port} is taken, so this demo uses ${port}.`)
    printAddresses(`http://127.0.0.1:${port}`, adminToken, directory.path, options.dir !== undefined)
    const prepared = prepareFirstPage(app, adminToken, signal)
    await untilAborted(signal)
    await prepared
    return 0
  } catch (error) {
    if (!signal.aborted) throw error
    say('\nStopped before all sample data was stored. The next demo makes it anew.')
    return INTERRUPTED
  } finally {
    await app.close()
    await db.close()
  }
}

/**
 * Runs until Ctrl-C and returns the exit code.
 * @throws ConfigError with all mistakes in flags and environment.
 */
export async function demoCommand(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    say(demoHelp)
    return 0
  }
  try {
    return await runDemo(readDemoOptions(argv, env), listenForSignals())
  } catch (error) {
    if (error instanceof DataDirInUse) {
      const advice = 'Use that one, stop it, or give this one another directory with --dir.'
      process.stderr.write(`A demo with this data runs already, as process ${error.pid}. ${advice}\n`)
      return 1
    }
    if (!(error instanceof UnusableDirectory)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  }
}
