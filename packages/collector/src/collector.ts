// Composition root: the only file that knows the order read → decide → commit, and which room gets which function.
import type { FastifyInstance } from 'fastify'
import { registerAssets } from './assets'
import { registerCatalogRoutes } from './catalog/catalog-routes'
import { createContentRules } from './catalog/content-rules'
import { ConfigError, resolveConfig, type Config } from './config'
import { contentKey } from './content-key'
import { findRelaxedSettings } from './database/durability'
import { classifyError, errorCode } from './database/error-class'
import { migrate } from './database/migrate'
import type { Database } from './database/open-database'
import { Refusal } from './errors'
import { registerHealthRoutes, relaxedSettingsSentence } from './health-routes'
import { createServer, logBug } from './http-server'
import { createAdminTokenCheck } from './identity/admin-token'
import { createGuards } from './identity/authorize'
import { clientNetwork } from './identity/client-address'
import { createCountryOf } from './identity/country'
import { createIdentify } from './identity/identify'
import { createKeySet } from './identity/key-set'
import { createTokenVerifier } from './identity/verify-token'
import { createViewerKeys, destroyOldSalts } from './identity/viewer-key'
import { createCommitter } from './ingest/committer'
import { forgetOldGates } from './ingest/gate-views'
import { registerIngestRoute } from './ingest/ingest-route'
import { createIntake } from './ingest/intake'
import { createRateLimiter } from './ingest/rate-limit'
import { registerSingleCallRoutes } from './ingest/single-call-routes'
import { createEventWriter } from './ingest/write-events'
import { startJobs } from './jobs'
import { createMetrics } from './metrics'
import { prepareUntilDone } from './prepare'
import { deleteOldDeadLetters } from './retention/delete-expired'
import { createOptOutList } from './privacy/opt-out-list'
import { ensurePartitions, partitionsAheadDays } from './retention/partitions'
import { acceptJson } from './safe-json'
import { createSiteClock } from './site-clock'
import { registerStatsRoutes } from './stats/stats-routes'

const HOUR_MS = 3_600_000
/** A database that is away would otherwise fill the log with one sentence. */
const LEAST_WARNING_PAUSE_MS = 10_000
/** What pages of other sites may call: the routes that take events. */
const OPEN_PATHS = /^\/v1\/(events|page-views|content\/[^/]+\/[^/]+\/views)$/
/** Wrong admin tokens of one network: ten, then one in six seconds. */
const WRONG_TOKENS = { perSecond: 10 / 60, burst: 10 }

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
  const countryOf = openCountries(config)
  const app = await createServer({ ...config, isOpenPath: (path) => OPEN_PATHS.test(path) })
  const forJobs = { kysely: db.jobs }
  const makePartitions = () => ensurePartitions(forJobs, config.rawRetentionDays, now())
  const metrics = createMetrics()
  let partitionsAhead: number | undefined
  const readPartitionsAhead = async () => (partitionsAhead = await partitionsAheadDays(forJobs, now()))
  const warnNowAndThen = atMostEvery(LEAST_WARNING_PAUSE_MS, (fields: object, text: string) =>
    app.log.warn(fields, text),
  )
  let draining = false
  app.addHook('onSend', (_request, reply, payload, done) => {
    // A connection that stays open after its answer would keep the process from ending.
    if (draining) reply.header('connection', 'close')
    done(null, payload)
  })

  const preparation = await prepareUntilDone(
    async () => {
      const relaxed = config.allowLossOnPowerCut ? [] : await findRelaxedSettings(db)
      if (relaxed.length > 0) throw new ConfigError([`config: ${relaxedSettingsSentence(relaxed)}`], 78)
      await migrate(db)
      await makePartitions()
      await readPartitionsAhead()
    },
    (error) =>
      error instanceof ConfigError
        ? app.log.error(error.message)
        : app.log.warn({ code: errorCode(error) }, 'the database cannot be reached yet; trying again'),
  )
  const stopJobs = startJobs(
    [
      {
        name: 'partitions',
        everyMs: HOUR_MS,
        run: async () => {
          await makePartitions()
          await readPartitionsAhead()
        },
      },
      { name: 'dead letters', everyMs: HOUR_MS, run: () => deleteOldDeadLetters(forJobs, now()) },
      { name: 'salts', everyMs: HOUR_MS, run: () => destroyOldSalts(db, now()) },
      { name: 'view gates', everyMs: HOUR_MS, run: () => forgetOldGates(forJobs, now()) },
    ],
    (job, error) => app.log.warn({ job, code: errorCode(error) }, 'a job failed; it runs again at its next time'),
  )

  const verifyToken = createTokenVerifier(
    {
      secret: config.jwtSecret,
      keySet:
        config.jwksUrl === undefined
          ? undefined
          : { find: createKeySet({ url: config.jwksUrl, now }), algorithm: config.jwtAlgorithm },
      issuer: config.jwtIssuer,
      audience: config.jwtAudience,
    },
    now,
  )
  const wrongTokens = createRateLimiter(WRONG_TOKENS, now)
  const isAdminToken = createAdminTokenCheck(db, config.adminToken, wrongTokens)
  const identify = createIdentify({ isAdminToken, verifyToken })
  const guards = createGuards(identify, (type, id) => ownerOf(db, type, id))

  const { writeGroup, buryRow } = createEventWriter(db, now, metrics.countWritten, config.viewDedupeMs)
  const committer = createCommitter(
    {
      writeGroup,
      buryRow,
      ensurePartitions: makePartitions,
      onBug: (error) => logBug(app, error, 'commit'),
      onRetry(error) {
        metrics.countRetry(classifyError(error))
        warnNowAndThen({ code: errorCode(error) }, 'the database did not confirm a group; trying again')
      },
      now,
    },
    config,
  )

  registerHealthRoutes(app, {
    db,
    isPrepared: preparation.isDone,
    startProblem() {
      const problem = preparation.problem()
      return problem instanceof ConfigError ? problem.message : undefined
    },
    allowLossOnPowerCut: config.allowLossOnPowerCut,
    isDraining: () => draining,
    lastCommitAt: committer.lastCommitAt,
    partitionsAheadDays: readPartitionsAhead,
    now,
  })
  metrics.registerRoute(app, {
    metricsToken: config.metricsToken,
    backlog: committer.waiting,
    lastCommitAt: committer.lastCommitAt,
    partitionsAheadDays: () => partitionsAhead,
  })
  registerAssets(app, config.scriptName)
  const assertStarted = () => {
    if (!preparation.isDone()) throw new Refusal('starting')
  }
  const contentRules = createContentRules(db, config.strictCatalog, now)
  const intake = createIntake({
    clock,
    committer,
    settings: config,
    identify,
    viewerKey: createViewerKeys(db, now),
    networkOf: clientNetwork,
    countryOf,
    isOptedOut: createOptOutList(db, now).isOptedOut,
    contentRules: contentRules.find,
    assertStarted,
    now,
  })
  await app.register(async (scope) => {
    const { maxBatchBytes, maxAdminBatchBytes } = config
    acceptJson(scope, Math.max(maxBatchBytes, maxAdminBatchBytes), (request) => intake.limitsOf(request).maxBatchBytes)
    registerIngestRoute(scope, intake)
    registerSingleCallRoutes(scope, intake)
  })
  await app.register(async (scope) =>
    registerCatalogRoutes(scope, {
      db,
      requireAdmin: guards.requireAdmin,
      limits: config,
      onChanged: contentRules.forget,
      assertStarted,
    }),
  )
  await app.register(async (scope) => registerStatsRoutes(scope, { db, clock, ...guards, now }))

  app.addHook('preClose', async () => {
    draining = true
    preparation.stop()
    stopJobs()
  })
  app.addHook('onClose', committer.drain)
  return app
}

/** Leaves out the calls that come too soon after the last one. */
function atMostEvery<Given extends unknown[]>(pauseMs: number, run: (...given: Given) => void) {
  let lastAt = Number.NEGATIVE_INFINITY
  return (...given: Given): void => {
    const at = performance.now()
    if (at - lastAt < pauseMs) return
    lastAt = at
    run(...given)
  }
}

function openCountries({ countryHeader: header, geoFile: file, trustProxy }: Config) {
  try {
    return createCountryOf({ header, file, trustProxy })
  } catch (error) {
    const reason = errorCode(error) ?? 'not in that format'
    throw new ConfigError([`config: GEO_FILE must be a database in MaxMind format, got "${file}" (${reason}).`], 78)
  }
}

async function ownerOf(db: Database, type: string, id: string): Promise<string | null> {
  const row = await db.kysely
    .selectFrom('content')
    .select('owner_id')
    .where('content_key', '=', contentKey(type, id))
    .executeTakeFirst()
  return row?.owner_id ?? null
}
