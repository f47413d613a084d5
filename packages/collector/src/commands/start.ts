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
import { untilToldToStop } from './until-told-to-stop'

/** Runs until the process is told to end; resolves to its exit code. */
export async function startCommand(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const config = readConfig(argv, env)
  const db = await openDatabase(config)
  const app = await buildCollector({ db, config })
  let firstToken: ReturnType<typeof prepareUntilDone> | undefined
  const close = async () => {
    await app.close()
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
  console.log(whereThingsAre(config, db, portOf(app)))
  firstToken = prepareUntilDone(
    () => showFirstToken(config, db),
    () => {},
  )
  await Promise.all([firstToken, stopped])
  return 0
}

function whereThingsAre({ host, scriptName, dataDir, databaseUrl }: Config, db: Database, port: number): string {
  const shownHost = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  const address = `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${port}`
  const place = databaseUrl === undefined ? resolve(dataDir) : `${new URL(databaseUrl).host} (PostgreSQL)`
  return [
    'Sightline is running.',
    `  Dashboard  ${address}/`,
    `  Events     ${address}/v1/events`,
    `  Script     ${address}/${scriptName}`,
    `  Data       ${place}${db.kind === 'pglite' ? ' (embedded PGlite)' : ''}`,
    '  Stop       Ctrl-C',
  ].join('\n')
}

async function showFirstToken({ adminToken }: Config, db: Database): Promise<void> {
  await migrate(db)
  const token = adminToken === undefined ? await createFirstAdminToken(db, Date.now()) : undefined
  if (token !== undefined) {
    console.log(`  Admin token (shown only now; more with "sightline token create"):\n  ${token}`)
  }
}

function portOf(app: FastifyInstance): number {
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
