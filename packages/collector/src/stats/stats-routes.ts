// The questions people ask, as routes: who may ask, what was asked, where the answer is found and how long it is kept.
import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Database } from '../database/open-database'
import { dimensionNames, type Dimension, type WatchRules } from '../day-tally'
import { Refusal } from '../errors'
import type { SiteClock } from '../site-clock'
import { createAnswerCache } from './answer-cache'
import { readComparison } from './compare'
import { readContentStats } from './content-stats'
import { planDays, type DayPlan, type PlanSettings } from './day-plan'
import { readDistributions } from './distributions'
import { readDurations } from './durations'
import { readEngagement } from './engagement'
import { readHoursOfWeek } from './hours-of-week'
import { readContentPositions, readPositions } from './positions'
import { provenanceOf } from './provenance'
import { readRetention } from './retention'
import { readSiteSeries } from './series'
import type { Provenance, Trending } from './shapes'
import { readSiteBreakdown, readSiteTotals } from './site-stats'
import { readQuery, readTrendingQuery, type StatsQuery } from './stats-query'
import { readTopContent } from './top-content'
import { readTrending, type TrendingRules } from './trending'

/** Rejects to keep a request out. */
type Guard = (request: FastifyRequest) => Promise<void>

/** Trending is asked by everybody, so it is kept also where answers are not, but never for long. */
const LONGEST_TRENDING_MS = 60_000

export interface StatsSettings extends WatchRules, TrendingRules {
  rawRetentionDays: number
  rollupRetentionDays: number
  /** How long an answer is kept, in milliseconds. */
  statsCacheMs: number
  /** Whether `/v1/trending` is there. */
  trending: boolean
  compareKeys: readonly string[]
}

export interface StatsRoutesDependencies {
  db: Pick<Database, 'stats'>
  clock: SiteClock
  settings: StatsSettings
  requireModerator: Guard
  /** Reads the route's `type` and `id`. */
  requireOwnerOrModerator: Guard
  /** Milliseconds since 1970. */
  now(): number
  /** Grows with everything that this collector changes in the numbers. */
  changes(): number
}

type Question = Parameters<typeof readQuery>[0]
type Asked<Name extends Question> = ReturnType<typeof readQuery<Name>> & DayPlan
type Params = Record<string, string>

/** Adds `/v1/content/:type/:id/…`, `/v1/stats/…` and, if it is turned on, `/v1/trending` to a scope of their own. */
export function registerStatsRoutes(scope: FastifyInstance, dependencies: StatsRoutesDependencies): void {
  const { clock, settings, requireModerator, requireOwnerOrModerator, now, changes } = dependencies
  const db = dependencies.db.stats
  const cache = createAnswerCache({ keepMs: settings.statsCacheMs, now, changes })

  scope.addHook('onRequest', async (_request, reply) => {
    // A browser may keep an answer only to ask whether it still holds.
    reply.header('cache-control', 'private, no-cache')
  })

  /** A question about a range of days. */
  function answer<Name extends Question>(
    path: string,
    preHandler: Guard,
    question: Name,
    read: (plan: Asked<Name>, params: Params) => Promise<object>,
    planning: Pick<PlanSettings, 'needsEvents'> = {},
  ) {
    scope.get<{ Params: Params }>(path, { preHandler }, async (request, reply) => {
      const askedAtMs = now()
      const query = readQuery(question, request.query, clock, askedAtMs)
      const key = JSON.stringify([
        path,
        request.params,
        { ...query, clock: query.clock.timezone, range: undefined },
        query.range.from,
        query.range.to,
      ])
      const make = async (): Promise<Provenance> => {
        const plan = await planDays(db, query as StatsQuery, {
          site: clock,
          rawRetentionDays: settings.rawRetentionDays,
          rollupRetentionDays: settings.rollupRetentionDays,
          now: askedAtMs,
          ...planning,
        })
        // Planning keeps every field of the query.
        const found = await read(plan as Asked<Name>, request.params)
        return { ...provenanceOf(plan, askedAtMs), ...found }
      }
      return send(request, reply, await cache.find(key, make, wantsFresh(request)))
    })
  }

  answer('/v1/content/:type/:id/stats', requireOwnerOrModerator, 'content', async (plan, params) => {
    const { type = '', id = '' } = params
    return foundOf(await readContentStats(db, { type, id }, plan, settings), params)
  })
  answer(
    '/v1/content/:type/:id/distributions',
    requireOwnerOrModerator,
    'distributions',
    async (plan, params) => {
      const { type = '', id = '' } = params
      return foundOf(await readDistributions(db, { type, id }, plan), params)
    },
    { needsEvents: true },
  )
  answer(
    '/v1/content/:type/:id/positions',
    requireOwnerOrModerator,
    'contentPositions',
    async (plan, params) => {
      const { type = '', id = '' } = params
      return foundOf(await readContentPositions(db, { type, id }, plan), params)
    },
    { needsEvents: true },
  )
  answer('/v1/stats/site', requireModerator, 'stats', (plan) => readSiteTotals(db, plan))
  answer('/v1/stats/series', requireModerator, 'stats', async (plan) => ({ series: await readSiteSeries(db, plan) }))
  answer('/v1/stats/breakdown/:dimension', requireModerator, 'breakdown', (plan, { dimension = '' }) => {
    if (!isDimension(dimension))
      throw new Refusal('not_found', `Numbers are broken down by ${dimensionNames.join(', ')}, not by "${dimension}".`)
    return readSiteBreakdown(db, plan, dimension)
  })
  answer('/v1/stats/top', requireModerator, 'top', async (plan) => ({
    by: plan.by,
    items: await readTopContent(db, plan, plan.by, plan.limit),
  }))
  answer('/v1/stats/durations', requireModerator, 'durations', (plan) => readDurations(db, plan, settings))
  answer('/v1/stats/engagement', requireModerator, 'engagement', async (plan) => ({
    ...(await readEngagement(db, plan)),
    audience: 'authenticated',
  }))
  answer('/v1/stats/positions', requireModerator, 'positions', async (plan) => ({
    items: await readPositions(db, plan),
  }))
  answer('/v1/stats/hours', requireModerator, 'stats', async (plan) => ({ cells: await readHoursOfWeek(db, plan) }))
  answer('/v1/stats/retention', requireModerator, 'retention', async (plan) => ({
    cohorts: await readRetention(db, plan),
  }))
  answer('/v1/stats/compare', requireModerator, 'compare', (plan) => readComparison(db, plan, settings.compareKeys))

  if (!settings.trending) return
  const trends = createAnswerCache({ keepMs: Math.min(settings.statsCacheMs, LONGEST_TRENDING_MS), now, changes })
  scope.get('/v1/trending', async (request, reply) => {
    const { limit, type } = readTrendingQuery(request.query)
    const all = await trends.find('', () => readTrending(db, clock, settings, now()), false)
    const items = all.items.filter(({ content }) => type === undefined || content.type === type).slice(0, limit)
    return send(request, reply, { ...all, items } satisfies Trending)
  })
}

/** @throws Refusal when nothing was found of a content. */
function foundOf<Found extends object>(found: Found | null, { type, id }: Params): Found {
  if (found !== null) return found
  throw new Refusal('unknown_content', `Neither an event nor the catalogue has named ${type} "${id}".`)
}

const isDimension = (name: string): name is Dimension => dimensionNames.some((each) => each === name)

/** `cache=0`, or what a browser sends on a reload. */
function wantsFresh({ query, headers }: FastifyRequest): boolean {
  return (
    (query as { cache?: string }).cache === '0' || /\bno-cache\b|\bmax-age=0\b/.test(headers['cache-control'] ?? '')
  )
}

/** Weak, because two answers with the same numbers differ in when they were made. */
function send(request: FastifyRequest, reply: FastifyReply, answer: Provenance | Trending): FastifyReply {
  const { freshAsOf: _made, ...numbers } = answer
  const etag = `W/"${hash('sha256', JSON.stringify({ ...numbers, lateAsOf: undefined }), 'base64url').slice(0, 27)}"`
  reply.header('etag', etag)
  const known = request.headers['if-none-match']?.split(',').map((each) => each.trim())
  if (known?.includes(etag)) return reply.status(304).send()
  return reply.send(answer)
}
