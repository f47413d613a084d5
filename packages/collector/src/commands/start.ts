// sightline start: opens the database, listens, says where everything is, and ends in order when it is told to.
import { resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { buildCollector } from '../collector'
import { readConfig, type Config } from '../config'
import { openDatabase, type Database } from '../database/open-database'
import { errorCode } from '../database/error-class'
import { migrate } from '../database/migrate'
import { createFirstAdminToken } from '../identity/admin-token'
import { prepareUntilDone } from '../prepare'
import type { Environment } from '../env-file'
import { warmUp } from '../warm-up'
import { printConfig } from './print-config'
import { takeSwitch } from './take-option'
import { untilToldToStop } from './until-told-to-stop'

/** Runs until the process is told to end; resolves to its exit code. */
export async function startCommand(
  argv: string[],
  env: NodeJS.ProcessEnv,
  origins: Pick<Environment, 'file' | 'fromFile'>,
): Promise<number> {
  const print = takeSwitch(argv, '--print-config')
  if (print.isOn) return printConfig(print.rest, env, origins)
  const quiet = takeSwitch(argv, '--quiet')
  const config = readConfig(quiet.rest, env)
  const say = (text: string) => quiet.isOn || console.log(text)
  // Before the database is opened: the file may be meant for another program.
  if (origins.fromFile.size > 0) say(`Settings from ${origins.file}: ${[...origins.fromFile].join(', ')}.`)
  const db = await openDatabase(config)
  const app = await buildCollector({ db, config })
  let firstToken: ReturnType<typeof prepareUntilDone> | undefined
  let warm: Promise<void> | undefined
  const ending = new AbortController()
  const close = async () => {
    ending.abort()
    await app.close()
    await warm
    const attempts = await firstToken?.catch(() => undefined)
    attempts?.stop()
    await db.close()
  }
  const stopped = untilToldToStop(close)

  try {
    await app.listen({ host: config.host, port: config.port })
  } catch (error) {
    await close()
    if (errorCode(error) !== 'EADDRINUSE') throw error
    console.error(
      `sightline: port ${config.port} on ${config.host} is in use. Stop the other program, or choose another port ` +
        `as in: sightline start --port ${config.port + 1}`,
    )
    return 1
  }
  say(whereThingsAre(config, db, portOf(app)))
  firstToken = prepareUntilDone(
    () => showFirstToken(config, db),
    () => {},
  )
  // A server is as warm as it was, and nobody opens the dashboard of a test.
  if (db.kind === 'pglite' && !config.memory) {
    warm = firstToken.then(
      () => warmUp({ db, config, signal: ending.signal, now: Date.now }),
      () => {},
    )
  }
  await Promise.all([firstToken, stopped])
  return 0
}

function whereThingsAre(config: Config, db: Database, port: number): string {
  const { host, scriptName, dataDir, databaseUrl, memory } = config
  const shownHost = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  const address = `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${port}`
  const files = memory ? 'in memory, gone at the end' : resolve(dataDir)
  const place = databaseUrl === undefined ? files : `${new URL(databaseUrl).host} (PostgreSQL)`
  return [
    'Sightline is running.',
    `  Dashboard  ${address}/`,
    `  Events     ${address}/v1/events`,
    `  Script     ${address}/${scriptName}`,
    `  Data       ${place}${db.kind === 'pglite' ? ' (embedded PGlite)' : ''}`,
    ...(memory ? [`  Tests      GET ${address}/_test/events, POST ${address}/_test/reset`] : []),
    '  Stop       Ctrl-C',
  ].join('\n')
}

async function showFirstToken({ adminToken }: Config, db: Database): Promise<void> {
  await migrate(db)
  const token = adminToken === undefined ? await createFirstAdminToken(db, Date.now()) : undefined
  if (token !== undefined) {
    // Told even to those who want quiet: it cannot be told later.
    console.log(`  Admin token (shown only now; more with "sightline token create"):\n  ${token}`)
  }
}

function portOf(app: FastifyInstance): number {
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
