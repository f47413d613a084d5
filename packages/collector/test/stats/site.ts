// A site with a clock that stands still, its visitors, and a recount of what they did that uses none of our code.
import type { WireEvent } from '@sightline/sdk/wire'
import type { FastifyInstance } from 'fastify'
import { SignJWT } from 'jose'
import { buildCollector } from '../../src/collector'
import type { Database } from '../../src/database/open-database'
import { mintId } from '../../src/ingest/event-id'
import { createSeededRandom } from '../../src/demo/seeded-random'

const adminToken = 'k3yF0rTh3St4tsT3stsOnly-9f8e7d6c5b4a'
const jwtSecret = 'b7Qm2vXr9LwT4zKc8NpY1sDf6GhJ3aEu'

export type Site = Awaited<ReturnType<typeof openSite>>

/** `now` is an ISO instant at which the site's clock stands. */
export async function openSite(db: Database, timezone: string, now: string) {
  const nowMs = Date.parse(now)
  const app: FastifyInstance = await buildCollector({
    db,
    config: {
      timezone,
      adminToken,
      jwtSecret,
      logLevel: 'silent',
      rawRetentionDays: 31,
      networkEventsPerSecond: 0,
      viewDedupeMs: 0,
      statsCacheMs: 0,
    },
    now: () => nowMs,
  })

  const tokenOf = (userId: string, role?: string) =>
    new SignJWT(role === undefined ? {} : { role })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setIssuedAt(nowMs / 1_000)
      .setExpirationTime(nowMs / 1_000 + 3_600)
      .sign(new TextEncoder().encode(jwtSecret))

  async function ask(path: string, authorization: string | null = `Bearer ${adminToken}`) {
    const answer = await app.inject({ url: path, headers: authorization === null ? {} : { authorization } })
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() }
  }

  return {
    ask,
    /** Asks as a signed-in user. */
    askAs: async (userId: string, path: string, role?: string) => ask(path, `Bearer ${await tokenOf(userId, role)}`),
    /** Stores events; a user signs them, or nobody. */
    async store(events: WireEvent[], userId?: string) {
      for (let from = 0; from < events.length; from += 100) {
        const answer = await app.inject({
          method: 'POST',
          url: '/v1/events',
          headers: userId === undefined ? {} : { authorization: `Bearer ${await tokenOf(userId)}` },
          payload: { events: events.slice(from, from + 100) },
        })
        if (!answer.json().success) throw new Error(answer.body)
      }
    },
    close: () => app.close(),
  }
}

/** An event at an ISO instant. */
export function eventAt(at: string, type: string, content?: string, fields: Partial<WireEvent> = {}): WireEvent {
  const [kind = '', id = ''] = content?.split(':') ?? []
  const occurredAt = Date.parse(at)
  return { id: mintId(occurredAt), occurredAt, type, ...(content && { content: { type: kind, id } }), ...fields }
}

const none = { impressions: 0, views: 0, watches: 0, clicks: 0, likes: 0, shares: 0, pageViews: 0 }

const names: Record<string, keyof typeof none> = {
  impression: 'impressions',
  view: 'views',
  watch: 'watches',
  click: 'clicks',
  like: 'likes',
  share: 'shares',
  page_view: 'pageViews',
}

/** Events of every type, over many days and content, the same for the same seed. */
export function drawEvents(count: number, seed: string, fromMs: number, toMs: number): WireEvent[] {
  const random = createSeededRandom(seed)
  return Array.from({ length: count }, () => {
    const type = random.pick([...Object.keys(names), 'signup'].map((name) => [name, 1] as const))
    const occurredAt = random.between(fromMs, toMs)
    const content =
      type === 'page_view'
        ? { type: 'page', id: `/p/${random.between(1, 5)}` }
        : {
            type: random.pick([
              ['post', 3],
              ['reel', 1],
            ] as const),
            id: String(random.between(1, 12)),
          }
    const durationMs = type === 'view' && random.chance(0.7) ? random.between(0, 90_000) : undefined
    return { id: mintId(occurredAt), occurredAt, type, content, durationMs }
  })
}

/** Counts by name, as an answer has them. */
export function countsOf(events: WireEvent[]) {
  const counts = { ...none }
  const custom: Record<string, number> = {}
  for (const { type } of events) {
    const name = names[type]
    if (name === undefined) custom[type] = (custom[type] ?? 0) + 1
    else counts[name]++
  }
  return { ...counts, custom }
}

/** Totals as an answer has them. */
export function totalsOf(events: WireEvent[]) {
  const counted = countsOf(events)
  const told = events.flatMap(({ type, durationMs }) =>
    type === 'view' && durationMs !== undefined ? [durationMs] : [],
  )
  const { impressions, clicks } = counted
  return {
    ...counted,
    averageViewDurationMs: told.length === 0 ? null : told.reduce((sum, each) => sum + each, 0) / told.length,
    clickThroughRate: impressions === 0 ? null : clicks / impressions,
  }
}

/** Local day by the platform's own calendar. */
export function dayIn(timezone: string) {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: timezone })
  return (event: WireEvent) => format.format(event.occurredAt)
}
