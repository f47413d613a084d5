// The questions people ask, as routes: who may ask, what was asked, where the answer is found.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Database } from '../database/open-database'
import { Refusal } from '../errors'
import type { SiteClock } from '../site-clock'
import { readContentStats } from './content-stats'
import { provenanceOf } from './provenance'
import { readSiteSeries } from './series'
import type { ContentStats, SiteSeries, SiteStats, TopContent } from './shapes'
import { readSiteTotals } from './site-stats'
import { readStatsQuery, readTopQuery } from './stats-query'
import { readTopContent } from './top-content'

/** Rejects to keep a request out. */
type Guard = (request: FastifyRequest) => Promise<void>

export interface StatsRoutesDependencies {
  db: Pick<Database, 'stats'>
  clock: SiteClock
  requireModerator: Guard
  /** Reads the route's `type` and `id`. */
  requireOwnerOrModerator: Guard
  /** Milliseconds since 1970. */
  now(): number
}

/** Adds `/v1/content/:type/:id/stats` and `/v1/stats/…` to a scope of their own. */
export function registerStatsRoutes(scope: FastifyInstance, dependencies: StatsRoutesDependencies): void {
  const { db, clock, requireModerator, requireOwnerOrModerator, now } = dependencies

  scope.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'private, no-store')
  })

  scope.get<{ Params: { type: string; id: string } }>(
    '/v1/content/:type/:id/stats',
    { preHandler: requireOwnerOrModerator },
    async (request): Promise<ContentStats> => {
      const askedAtMs = now()
      const query = readStatsQuery(request.query, clock, askedAtMs)
      const { type, id } = request.params
      const answer = await readContentStats(db.stats, { type, id }, query)
      if (answer === null)
        throw new Refusal('unknown_content', `Neither an event nor the catalogue has named ${type} "${id}".`)
      return { ...provenanceOf(query, clock.timezone, askedAtMs), ...answer }
    },
  )

  scope.get('/v1/stats/site', { preHandler: requireModerator }, async (request): Promise<SiteStats> => {
    const askedAtMs = now()
    const query = readStatsQuery(request.query, clock, askedAtMs)
    return { ...provenanceOf(query, clock.timezone, askedAtMs), totals: await readSiteTotals(db.stats, query) }
  })

  scope.get('/v1/stats/series', { preHandler: requireModerator }, async (request): Promise<SiteSeries> => {
    const askedAtMs = now()
    const query = readStatsQuery(request.query, clock, askedAtMs)
    return { ...provenanceOf(query, clock.timezone, askedAtMs), series: await readSiteSeries(db.stats, query) }
  })

  scope.get('/v1/stats/top', { preHandler: requireModerator }, async (request): Promise<TopContent> => {
    const askedAtMs = now()
    const query = readTopQuery(request.query, clock, askedAtMs)
    const items = await readTopContent(db.stats, query)
    return { ...provenanceOf(query, clock.timezone, askedAtMs), by: query.by, items }
  })
}
