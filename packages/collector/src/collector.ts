// Composition root: the only file that knows the order read → decide → commit, and which room gets which function.
import type { FastifyInstance } from 'fastify'
import { registerAssets } from './assets'
import { resolveConfig, type Config } from './config'
import { contentKey } from './content-key'
import { errorCode } from './database/error-class'
import { migrate } from './database/migrate'
import type { Database } from './database/open-database'
import { Refusal } from './errors'
import { registerHealthRoutes } from './health-routes'
import { createServer, logBug } from './http-server'
import { createAdminTokenCheck } from './identity/admin-token'
import { createGuards } from './identity/authorize'
import { createIdentify } from './identity/identify'
import { createTokenVerifier } from './identity/verify-token'
import { createViewerKeys, destroyOldSalts } from './identity/viewer-key'
import { createCommitter } from './ingest/committer'
import { registerIngestRoute } from './ingest/ingest-route'
import { createEventWriter } from './ingest/write-events'
import { startJobs } from './jobs'
import { prepareUntilDone } from './prepare'
import { ensurePartitions, partitionsAheadDays } from './retention/partitions'
import { createSiteClock } from './site-clock'
import { registerStatsRoutes } from './stats/stats-routes'

const HOUR_MS = 3_600_000

export interface CollectorOptions {
  /** From `openDatabase`; stays open when the collector closes. */
  db: Database
  /** Settings by name; what is missing has its default. `host`, `port`, `databaseUrl` and `dataDir` are for `start`. */
  config?: { readonly [Key in keyof Config]?: Config[Key] | undefined } | undefined
  /** Current time in milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined
}

/**
 * Builds the collector on an open database: migrates it, makes its partitions and returns a Fastify instance to listen
 * with or to inject requests into. While the database is down it is returned too, answers 503 and recovers by itself.
 * @throws ConfigError when a setting cannot be used.
 */
export async function buildCollector({
  db,
  config: given,
  now = Date.now,
}: CollectorOptions): Promise<FastifyInstance> {
  const config = resolveConfig(given)
  const clock = createSiteClock(config.timezone)
  const app = await createServer({ ...config, corsPath: '/v1/events' })
  const makePartitions = () => ensurePartitions(db, config.rawRetentionDays, now())
  let draining = false
  app.addHook('onSend', (_request, reply, payload, done) => {
    // A connection that stays open after its answer would keep the process from ending.
    if (draining) reply.header('connection', 'close')
    done(null, payload)
  })

  const preparation = await prepareUntilDone(
    async () => {
      await migrate(db)
      await makePartitions()
    },
    (error) => app.log.warn({ code: errorCode(error) }, 'the database cannot be reached yet; trying again'),
  )
  const stopJobs = startJobs(
    [
      { name: 'partitions', everyMs: HOUR_MS, run: makePartitions },
      { name: 'salts', everyMs: HOUR_MS, run: () => destroyOldSalts(db, now()) },
    ],
    (job, error) => app.log.warn({ job, code: errorCode(error) }, 'a job failed; it runs again at its next time'),
  )

  const { secret, issuer, audience } = {
    secret: config.jwtSecret,
    issuer: config.jwtIssuer,
    audience: config.jwtAudience,
  }
  const verifyToken = createTokenVerifier({ secret, issuer, audience }, now)
  const identify = createIdentify(createAdminTokenCheck(db, config.adminToken), verifyToken)
  const guards = createGuards(identify, (type, id) => ownerOf(db, type, id))

  const { writeGroup, buryRow } = createEventWriter(db, now)
  const committer = createCommitter(
    { writeGroup, buryRow, ensurePartitions: makePartitions, onBug: (error) => logBug(app, error, 'commit'), now },
    config,
  )

  registerHealthRoutes(app, {
    db,
    isPrepared: preparation.isDone,
    isDraining: () => draining,
    lastCommitAt: committer.lastCommitAt,
    partitionsAheadDays: () => partitionsAheadDays(db, now()),
    now,
  })
  registerAssets(app, config.scriptName)
  await app.register(async (scope) => {
    registerIngestRoute(scope, {
      clock,
      committer,
      limits: config,
      allowedOrigins: config.allowedOrigins,
      identify,
      viewerKey: createViewerKeys(db, now),
      assertStarted() {
        if (!preparation.isDone()) throw new Refusal('starting')
      },
      now,
    })
  })
  await app.register(async (scope) => registerStatsRoutes(scope, { db, clock, ...guards, now }))

  app.addHook('preClose', async () => {
    draining = true
    preparation.stop()
    stopJobs()
  })
  app.addHook('onClose', committer.drain)
  return app
}

async function ownerOf(db: Database, type: string, id: string): Promise<string | null> {
  const row = await db.kysely
    .selectFrom('content')
    .select('owner_id')
    .where('content_key', '=', contentKey(type, id))
    .executeTakeFirst()
  return row?.owner_id ?? null
}
