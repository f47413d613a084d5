// GET /v1/trust and the replay of dead letters, for admins; GET /v1/now, for whoever may see the live numbers.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import { z } from 'zod'
import type { Database } from '../database/open-database'
import { Refusal } from '../errors'
import type { JobState } from '../job-lease'
import { addDays, utcDay } from '../site-clock'
import type { Now, Replay, TrustReport } from './shapes'
import { readTrust, type TrustSettings } from './trust-report'

/** Rejects to keep a request out. */
type Guard = (request: FastifyRequest) => Promise<void>

/** The report reads every session of a week, so that several who look at once share it. */
const KEPT_MS = 10_000
/** Several dashboards ask every few seconds. */
const NOW_KEPT_MS = 2_000
/** How long somebody is "there" after the last event. */
const WINDOW_MS = 300_000

export const replayQuerySchema = z.strictObject({
  id: z.guid().optional().describe('Only this letter. Without it, all of them.'),
})

export interface TrustRoutesDependencies {
  db: Pick<Database, 'stats' | 'kind' | 'durability'>
  settings: TrustSettings
  /** Settings for people, without secrets. */
  tellSettings: () => TrustReport['settings']
  jobs: () => readonly JobState[]
  /** Stores dead letters again: all, or one. */
  replay: (onlyId: string | undefined) => Promise<Replay>
  requireAdmin: Guard
  requireModerator: Guard
  assertStarted: () => void
  /** Milliseconds since 1970. */
  now: () => number
}

/** Asks once for all who ask within a time. A failure is not kept. */
function keep<Answer>(keptMs: number, now: () => number, ask: () => Promise<Answer>): () => Promise<Answer> {
  let last: { at: number; answer: Promise<Answer> } | undefined
  return () => {
    if (last && now() - last.at < keptMs) return last.answer
    const entry = { at: now(), answer: ask() }
    last = entry
    entry.answer.catch(() => {
      if (last === entry) last = undefined
    })
    return entry.answer
  }
}

/** Partitions in which something of the last minutes may be: ids without a usable time are in 1970. */
const recentDays = (at: number) => ['1970-01-01', ...[-1, 0, 1].map((days) => addDays(utcDay(at), days))]

export function registerTrustRoutes(scope: FastifyInstance, deps: TrustRoutesDependencies): void {
  const { db, settings, tellSettings, jobs, replay, requireAdmin, requireModerator, assertStarted, now } = deps
  let isReplaying = false

  const askTrust = () =>
    readTrust(db.stats, { settings, database: { database: db.kind, durability: db.durability }, now: now() })
  let findTrust = keep(KEPT_MS, now, askTrust)

  const findNow = keep(NOW_KEPT_MS, now, async (): Promise<Now> => {
    const at = now()
    const { rows } = await sql<{ viewers: number }>`
      select count(distinct viewer_key)::integer as viewers from events
      where event_day = any(${recentDays(at)}::date[]) and occurred_at > ${new Date(at - WINDOW_MS)} and occurred_at <= ${new Date(at + WINDOW_MS)}
        and counted and viewer_key <> 0`.execute(db.stats)
    return { viewers: rows[0]?.viewers ?? 0, windowMs: WINDOW_MS, freshAsOf: new Date(at).toISOString() }
  })

  scope.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'private, no-store')
  })

  scope.get('/v1/trust', { preHandler: requireAdmin }, async (): Promise<TrustReport> => {
    assertStarted()
    return {
      ...(await findTrust()),
      jobs: jobs().map(({ name, everyMs, holder, finishedAt, lagMs, lastError }) => ({
        name,
        everySeconds: Math.round(everyMs / 1_000),
        holder,
        finishedAt: finishedAt?.toISOString() ?? null,
        lagSeconds: lagMs === null ? null : Math.round(lagMs / 1_000),
        lastError,
      })),
      settings: tellSettings(),
    }
  })

  scope.post('/v1/trust/dead-letters/replay', { preHandler: requireAdmin }, async (request): Promise<Replay> => {
    assertStarted()
    const asked = replayQuerySchema.safeParse(request.query)
    if (!asked.success) {
      const got = JSON.stringify(request.query)
      throw new Refusal('invalid_query', `Expected nothing, or id=<id of a dead letter>, got ${got}.`)
    }
    const { id } = asked.data
    if (isReplaying)
      throw new Refusal('invalid_query', 'Dead letters are being replayed already. Wait for that to end.')
    isReplaying = true
    try {
      return await replay(id?.toLowerCase())
    } finally {
      isReplaying = false
      findTrust = keep(KEPT_MS, now, askTrust)
    }
  })

  scope.get('/v1/now', { preHandler: requireModerator }, async (): Promise<Now> => {
    assertStarted()
    return findNow()
  })
}
