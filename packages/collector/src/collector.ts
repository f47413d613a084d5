// Composition root: the only file that knows the order read → decide → commit, and which room gets which function.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { version } from '../package.json'
import { registerAssets } from './assets'
import { registerCatalogRoutes } from './catalog/catalog-routes'
import { createContentRules } from './catalog/content-rules'
import { ConfigError, resolveConfig, tellSettings, type Config } from './config'
import { contentKey } from './content-key'
import { findRelaxedSettings } from './database/durability'
import { classifyError, errorCode } from './database/error-class'
import { migrate } from './database/migrate'
import type { Database } from './database/open-database'
import { registerDescription } from './description/description-routes'
import { Refusal } from './errors'
import { registerHealthRoutes, relaxedSettingsSentence } from './health-routes'
import { registerClientAddressRoute } from './doctor/client-address-route'
import { createServer, logBug } from './http-server'
import { createAdminTokenCheck } from './identity/admin-token'
import { createGuards } from './identity/authorize'
import { clientNetwork } from './identity/client-address'
import { createCountryOf } from './identity/country'
import { createIdentify } from './identity/identify'
import { createKeySet } from './identity/key-set'
import { createShareCheck } from './identity/share-token'
import { createTokenVerifier } from './identity/verify-token'
import { createViewerKeys } from './identity/viewer-key'
import { createCommitter } from './ingest/committer'
import type { EventRow } from './ingest/enrich'
import { registerIngestRoute } from './ingest/ingest-route'
import { createIntake } from './ingest/intake'
import { createRateLimiter } from './ingest/rate-limit'
import { replayDeadLetters } from './ingest/replay-dead-letters'
import { registerSingleCallRoutes } from './ingest/single-call-routes'
import { createEventWriter } from './ingest/write-events'
import { startJobs } from './job-runner'
import { createJobs } from './jobs'
import { createContentTitles } from './live/content-titles'
import { createLiveFeed, type StoredEvent } from './live/live-feed'
import { registerLiveRoute } from './live/live-route'
import { createMetrics } from './metrics'
import { prepareUntilDone } from './prepare'
import { createOptOutList } from './privacy/opt-out-list'
import { createPersonOf } from './privacy/person'
import { registerPrivacyRoutes } from './privacy/privacy-routes'
import { ensurePartitions, partitionsAheadDays } from './retention/partitions'
import type { ClosedDay } from './rollup/close-day'
import { acceptJson } from './safe-json'
import { registerShareRoutes } from './shares/share-routes'
import { createSiteClock } from './site-clock'
import { registerStatsRoutes } from './stats/stats-routes'
import { registerTestRoutes } from './testing/test-routes'
import { registerExportRoute } from './transfer/export-route'
import { acceptSessionCookie, registerSessionRoutes } from './trust/session-routes'
import { registerTrustRoutes } from './trust/trust-routes'
import { registerRecentViewsRoutes } from './viewers/recent-views-routes'

/** A database that is away would otherwise fill the log with one sentence. */
const LEAST_WARNING_PAUSE_MS = 10_000
/** Told to end while the database is away, requests are sent away after this, so that the process ends in time. */
const LONGEST_DRAIN_MS = 4_000
/** What pages of other sites may call: the routes that take events. */
const OPEN_PATHS = /^\/v1\/(events|page-views|trending|content\/[^/]+\/[^/]+\/views)$/
/** What they may call on behalf of whoever is signed in there, with these methods. */
const PERSONAL_PATHS = /^\/v1\/(me(\/.*)?|erasures\/[^/]+)$/
/** Questions of one network about persons. */
const PERSONAL_QUESTIONS = { perSecond: 5, burst: 50 }
/** Wrong admin tokens of one network: ten, then one in six seconds. Wrong share links: the same, for themselves. */
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
  if (config.memory && db.durability !== 'memory') {
    throw new ConfigError(
      ['config: memory is for a database from openDatabase({ memory: true }), got one that keeps its events.'],
      78,
    )
  }
  const clock = createSiteClock(config.timezone)
  const countryOf = openCountries(config)
  const app = await createServer({ ...config, openMethods: openMethodsOf })
  registerDescription(app, version)
  const forJobs = { kysely: db.jobs }
  const makePartitions = () => ensurePartitions(forJobs, config.rawRetentionDays, now())
  const metrics = createMetrics()
  let partitionsAhead: number | undefined
  const readPartitionsAhead = async () => (partitionsAhead = await partitionsAheadDays(forJobs, now()))
  const warnNowAndThen = atMostEvery(LEAST_WARNING_PAUSE_MS, (fields: object, text: string) =>
    app.log.warn(fields, text),
  )
  let draining = false
  /** Everything that changed what the statistics tell. */
  let changes = 0
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
  function tellClosedDay(closed: ClosedDay): void {
    metrics.countClosedDay(closed)
    if (closed.difference > 0) {
      const { day, difference } = closed
      app.log.error({ day, difference }, 'a day was closed whose live counters were off; its events are believed')
    }
  }
  const jobs = startJobs({
    db,
    jobs: createJobs({ db, clock, config, onDayClosed: tellClosedDay, now }),
    holder: `${hostname()} ${process.pid}`,
    leaseMs: config.jobLeaseMs,
    isReady: preparation.isDone,
    onFailure(job, error) {
      metrics.countJobFailure(job)
      app.log.warn({ job, code: errorCode(error) }, 'a job failed; it runs again soon')
    },
  })

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
  // Links are passed on, so many more people hold one that was mistyped: they do not shut out who signs in.
  const openShare = createShareCheck(db, createRateLimiter(WRONG_TOKENS, now), now)
  const { identify, identifyReader } = createIdentify({ isAdminToken, verifyToken, openShare })
  acceptSessionCookie(app)
  const guards = createGuards({ identify, identifyReader, ownerOf: (type, id) => ownerOf(db, type, id) })

  const { writeGroup, buryRow } = createEventWriter(
    db,
    now,
    (written) => {
      metrics.countWritten(written)
      if (written.rows > 0) changes++
    },
    config.viewDedupeMs,
  )
  const titles = createContentTitles(db, now)
  const live = createLiveFeed(randomUUID().slice(0, 8), now, titles.find)
  const committer = createCommitter(
    {
      writeGroup,
      buryRow,
      ensurePartitions: makePartitions,
      onBug: (error) => logBug(app, error, 'commit'),
      onStored: (rows, repeats) => live.tell(storedEvents(rows, repeats)),
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
    jobs: jobs.states,
    now,
  })
  metrics.registerRoute(app, {
    metricsToken: config.metricsToken,
    backlog: committer.waiting,
    lastCommitAt: committer.lastCommitAt,
    partitionsAheadDays: () => partitionsAhead,
    jobs: jobs.states,
  })
  registerClientAddressRoute(app, guards)
  registerAssets(app, config.scriptName)
  const assertStarted = () => {
    if (!preparation.isDone()) throw new Refusal('starting')
  }
  const contentRules = createContentRules(db, config.strictCatalog, now)
  const optOuts = createOptOutList(db, now)
  const intake = createIntake({
    clock,
    committer,
    settings: config,
    identify,
    viewerKey: createViewerKeys(db, now),
    networkOf: clientNetwork,
    countryOf,
    objectionOf: optOuts.objectionOf,
    contentRules: contentRules.find,
    assertStarted,
    now,
  })
  await app.register(async (scope) => {
    const { maxBatchBytes, maxAdminBatchBytes } = config
    acceptJson(scope, Math.max(maxBatchBytes, maxAdminBatchBytes), (request) => intake.limitsOf(request).maxBatchBytes)
    scope.setErrorHandler((error) => {
      intake.countRefusal(error)
      throw error
    })
    registerIngestRoute(scope, intake)
    registerSingleCallRoutes(scope, intake)
  })
  function forgetContents(keys: readonly string[]): void {
    contentRules.forget(keys)
    titles.forget(keys)
  }
  await app.register(async (scope) =>
    registerCatalogRoutes(scope, {
      db,
      requireAdmin: guards.requireAdmin,
      limits: config,
      onChanged(keys) {
        forgetContents(keys)
        changes++
      },
      assertStarted,
    }),
  )
  // A test reads what it has just sent.
  const statsSettings = config.memory ? { ...config, statsCacheMs: 0 } : config
  await app.register(async (scope) =>
    registerStatsRoutes(scope, { db, clock, settings: statsSettings, ...guards, now, changes: () => changes }),
  )
  await app.register(async (scope) =>
    registerRecentViewsRoutes(scope, {
      db,
      requireUser: guards.requireUser,
      maxRecentViews: config.maxRecentViews,
      assertStarted,
    }),
  )
  const personalQuestions = createRateLimiter(PERSONAL_QUESTIONS, now)
  await app.register(async (scope) =>
    registerPrivacyRoutes(scope, {
      db,
      personOf: createPersonOf(identify),
      requireAdmin: guards.requireAdmin,
      mayAsk: (request) => personalQuestions.take(clientNetwork(request.ip), 1),
      forgetViewer: optOuts.forget,
      assertStarted,
      now,
    }),
  )
  await app.register(async (scope) => registerExportRoute(scope, { db, requireAdmin: guards.requireAdmin }))
  await app.register(async (scope) => registerSessionRoutes(scope, { identifyReader }))
  await app.register(async (scope) =>
    registerTrustRoutes(scope, {
      db,
      settings: config,
      tellSettings: () => tellSettings(config),
      jobs: jobs.states,
      replay: (onlyId) => replayDeadLetters(db, { viewDedupeMs: config.viewDedupeMs, now, onlyId }),
      requireAdmin: guards.requireAdmin,
      requireModerator: guards.requireModerator,
      assertStarted,
      now,
    }),
  )
  await app.register(async (scope) =>
    registerShareRoutes(scope, { db, requireModerator: guards.requireModerator, assertStarted, now }),
  )
  let endLive: (() => void) | undefined
  await app.register(async (scope) =>
    registerLiveRoute(scope, {
      feed: live,
      requireModerator: guards.requireModerator,
      onEnd: (close) => (endLive = close),
    }),
  )
  if (config.memory) {
    registerTestRoutes(app, { db, forgetContents, forgetViewer: optOuts.forget })
  }

  app.addHook('preClose', async () => {
    draining = true
    committer.hurry(LONGEST_DRAIN_MS)
    preparation.stop()
    endLive?.()
    await jobs.stop()
  })
  app.addHook('onClose', committer.drain)
  return app
}

/** Methods by which pages of other sites may call a path. */
function openMethodsOf(path: string): string[] {
  if (OPEN_PATHS.test(path)) return ['POST']
  return PERSONAL_PATHS.test(path) ? ['GET', 'PUT', 'DELETE'] : []
}

function* storedEvents(rows: readonly EventRow[], repeats: ReadonlySet<string>): Generator<StoredEvent> {
  for (const row of rows) {
    if (repeats.size > 0 && repeats.has(row.id)) continue
    const { contentType, contentId, counted } = row
    yield { type: row.event.type, contentType, contentId, counted }
  }
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
