// Random traffic of forty days, the same for the same seed, and a site with a clock that it is sent to day by day.
import type { WireEvent } from '@sightline/sdk/wire'
import { sql } from 'kysely'
import { buildCollector } from '../../src/collector'
import type { Database } from '../../src/database/open-database'
import { createSeededRandom } from '../../src/demo/seeded-random'
import { BROWSER, ADMIN_TOKEN, JWT_SECRET } from '../support/collectors'
import { SignJWT } from 'jose'
import type { Happened } from './oracle'

const userAgents: Record<string, string> = {
  desktop: BROWSER,
  mobile:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1',
  tablet: 'Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1',
}

/** Something that happened, and when it reaches the collector. */
export interface Sent extends Happened {
  id: string
  arrivesMs: number
}

/** Events from one instant to another; some arrive up to three days late. */
export function drawTraffic(seed: string, fromMs: number, toMs: number, count: number): Sent[] {
  const random = createSeededRandom(seed)
  const people = Array.from({ length: 16 }, (_, index) => ({
    viewer: `${index % 2 === 0 ? 'user' : 'visitor'} ${index}`,
    isUser: index % 2 === 0,
    isUnnamed: index === 15,
    device: random.pick(Object.keys(userAgents).map((name) => [name, 1] as const)),
    country: random.pick([
      ['DE', 3],
      ['NP', 1],
      ['US', 2],
      [null, 1],
    ] as const),
    channel: random.pick([
      ['sdk', 3],
      ['api', 1],
    ] as const),
    variant: random.pick([
      ['a', 2],
      ['b', 2],
      [null, 1],
    ] as const),
    // Nobody is there every day from the first, so that cohorts differ.
    sinceMs: fromMs + (index % 5) * 5 * 86_400_000,
  }))
  return Array.from({ length: count }, () => {
    const atMs = random.between(fromMs, toMs - 1)
    const { sinceMs: _since, ...person } = random.pick(
      people.map((each) => [each, each.sinceMs > atMs ? 0 : 1] as const).filter(([, weight]) => weight > 0),
    )
    const type = random.pick([
      ['impression', 8],
      ['view', 4],
      ['watch', 2],
      ['click', 3],
      ['like', 2],
      ['share', 1],
      ['page_view', 2],
      ['signup', 1],
    ] as const)
    const hasPlace = (type === 'impression' || type === 'click') && random.chance(0.8)
    const isTimed = (type === 'view' || type === 'watch') && random.chance(0.8)
    return {
      ...person,
      id: random.uuidAt(atMs),
      atMs,
      arrivesMs: random.chance(0.1) ? atMs + random.between(0, 3 * 86_400_000) : atMs,
      type,
      content:
        type === 'page_view'
          ? `page:/p/${random.between(1, 4)}`
          : type === 'signup'
            ? null
            : `${random.pick([
                ['post', 3],
                ['reel', 1],
              ] as const)}:${random.between(1, 9)}`,
      source: hasPlace
        ? random.pick([
            ['feed', 3],
            ['search', 1],
          ] as const)
        : null,
      position: hasPlace ? random.between(0, 2) : null,
      viewType:
        type === 'view'
          ? random.pick([
              ['listing', 1],
              ['intentional', 2],
              [null, 1],
            ] as const)
          : null,
      referrer: random.chance(0.3)
        ? random.pick([
            ['example.org', 2],
            ['search.example', 1],
          ] as const)
        : null,
      durationMs: isTimed ? random.between(0, random.chance(0.2) ? 400_000 : 60_000) : null,
      scrollDepth: type === 'view' && random.chance(0.7) ? random.between(0, 100) : null,
      mediaDurationMs: type === 'watch' && random.chance(0.7) ? random.between(20_000, 60_000) : null,
      completed: type === 'watch' && random.chance(0.2),
      variant: random.chance(0.9) ? person.variant : null,
    }
  }).map((event) => ({
    ...event,
    // As the collector does it on arrival: nobody watches a film for longer than it is.
    durationMs:
      event.durationMs !== null && event.mediaDurationMs !== null
        ? Math.min(event.durationMs, event.mediaDurationMs)
        : event.durationMs,
  }))
}

function wireOf(event: Sent): WireEvent {
  const [type = '', ...id] = event.content?.split(':') ?? []
  return {
    id: event.id,
    occurredAt: event.atMs,
    type: event.type,
    ...(event.content !== null && { content: { type, id: id.join(':') } }),
    source: event.source ?? undefined,
    position: event.position ?? undefined,
    viewType: event.viewType ?? undefined,
    referrer: event.referrer === null ? undefined : `https://${event.referrer}/`,
    durationMs: event.durationMs ?? undefined,
    scrollDepth: event.scrollDepth ?? undefined,
    mediaDurationMs: event.mediaDurationMs ?? undefined,
    completed: event.completed || undefined,
    metadata: event.variant === null ? undefined : { variant: event.variant },
  }
}

export type MovingSite = Awaited<ReturnType<typeof openMovingSite>>

/** A site whose clock the test sets, and whose days nobody closes or forgets but the test, however long it takes. */
export async function openMovingSite(db: Database, timezone: string, startMs: number, rawRetentionDays = 7) {
  let nowMs = startMs
  const jobs = ['close-days', 'raw-events', 'roll-ups', 'salts', 'view-gates', 'recent-views']
  await sql`insert into job_leases (job, holder, fence, expires_at, started_at)
    select job, 'the test', 1, now() + interval '1 hour', now() from unnest(${jobs}::text[]) as each (job)
    on conflict (job) do nothing`.execute(db.kysely)
  const app = await buildCollector({
    db,
    config: {
      timezone,
      adminToken: ADMIN_TOKEN,
      jwtSecret: JWT_SECRET,
      logLevel: 'silent',
      rawRetentionDays,
      networkEventsPerSecond: 0,
      viewDedupeMs: 0,
      statsCacheMs: 0,
      trending: true,
      trustProxy: ['127.0.0.1'],
      countryHeader: 'x-country',
    },
    now: () => nowMs,
  })
  const tokenOf = (userId: string) =>
    new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setIssuedAt(Math.floor(nowMs / 1_000))
      .setExpirationTime(Math.floor(nowMs / 1_000) + 3_600)
      .sign(new TextEncoder().encode(JWT_SECRET))

  return {
    setNow: (ms: number) => void (nowMs = ms),
    async send(events: readonly Sent[]) {
      const batches = new Map<string, Sent[]>()
      for (const event of events) batches.set(event.viewer, [...(batches.get(event.viewer) ?? []), event])
      for (const batch of batches.values()) {
        const { viewer, isUser, isUnnamed, device, country, channel } = batch[0]!
        for (let from = 0; from < batch.length; from += 100) {
          const answer = await app.inject({
            method: 'POST',
            url: '/v1/events',
            headers: {
              'user-agent': userAgents[device]!,
              ...(country !== null && { 'x-country': country }),
              ...(isUnnamed && { 'sec-gpc': '1' }),
              ...(isUser && { authorization: `Bearer ${await tokenOf(viewer)}` }),
            },
            payload: {
              events: batch.slice(from, from + 100).map(wireOf),
              ...(!isUser && { anonymousId: viewer }),
              ...(channel === 'sdk' && { sdk: 'test' }),
            },
          })
          const { tracked, success } = answer.json()
          if (!success || tracked !== Math.min(100, batch.length - from)) throw new Error(answer.body)
        }
      }
    },
    async ask<Answer>(path: string): Promise<Answer> {
      const answer = await app.inject({ url: path, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
      if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.body}`)
      return answer.json()
    },
    close: () => app.close(),
  }
}
