// Every answer equals a plain recount of random traffic: while days are open, when they are closed, and when events are gone.
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Database } from '../../src/database/open-database'
import { findClosedDays as findClosed } from '../../src/find-closed-days'
import { deleteOldRollUps } from '../../src/retention/delete-expired'
import { dropOldEvents } from '../../src/retention/drop-partitions'
import { ensurePartitions } from '../../src/retention/partitions'
import { closeDays } from '../../src/rollup/close-days'
import { createSiteClock } from '../../src/site-clock'
import type * as Shapes from '../../src/stats/shapes'
import { onBothDatabases } from '../support/databases'
import { createOracle, type Happened, type OracleAudience } from './oracle'
import { drawTraffic, openMovingSite, type MovingSite, type Sent } from './traffic'

/** A failing run is repeated with its own traffic: `SIGHTLINE_SEED=… vitest …`. */
const seed = process.env['SIGHTLINE_SEED'] ?? randomBytes(4).toString('hex')
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const RAW_DAYS = 7
const EVENTS_A_DAY = 40

const rules = { watchSkipMs: 3_000, watchSkipPercent: 10, watchCompletePercent: 95, compareKeys: ['variant'] }
const audiences: OracleAudience[] = ['all', 'authenticated', 'anonymous']
const dimensions = ['country', 'device', 'source', 'viewType', 'channel', 'referrer'] as const

/** One dimension, several at once, events that told none, one content, and what nobody is. */
const filterSets: Shapes.Filters[] = [
  { country: 'DE' },
  { source: 'feed', device: 'mobile', channel: 'sdk' },
  { viewType: '', country: '', referrer: 'example.org' },
  { contentType: 'post', contentId: '3', channel: 'api' },
  { country: 'DE', device: 'toaster' },
]

/** Each range holds a day of 23 or 25 hours where the zone has one. */
const zones: [timezone: string, firstDay: string][] = [
  ['Europe/Berlin', '2025-10-01'], // back on 26 October
  ['America/New_York', '2025-02-20'], // forward on 9 March
  ['Asia/Kathmandu', '2025-03-01'], // never, but 5 hours and 45 minutes ahead
]

onBothDatabases('numbers of random traffic', (database) => {
  describe.each(zones)('in %s', (timezone, firstDay) => {
    const clock = createSiteClock(timezone)
    const lastDay = clock.addDays(firstDay, 39)

    test(`equal a recount of forty days, seed ${seed}`, { timeout: 300_000 }, async () => {
      const endMs = clock.dayStart(lastDay) + 15 * HOUR_MS
      const startMs = clock.dayStart(firstDay)
      const traffic = drawTraffic(`${seed} ${timezone}`, startMs, endMs, 40 * EVENTS_A_DAY)
      const arrivals = traffic
        .filter(({ arrivesMs }) => arrivesMs < endMs)
        .toSorted((a, b) => a.arrivesMs - b.arrivesMs)
      const site = await openMovingSite(database(), timezone, startMs, RAW_DAYS)
      const arrived: Sent[] = []

      async function arriveUntil(ms: number) {
        await ensurePartitions({ kysely: database().jobs }, RAW_DAYS, ms)
        site.setNow(ms)
        const now = arrivals.filter(({ arrivesMs }) => arrivesMs < ms).slice(arrived.length)
        await site.send(now)
        arrived.push(...now)
      }
      const check = (now: number, ranges: [string, string][], openFrom: string) =>
        compareAll({ site, timezone, arrived, now, ranges, isClosed: (day) => day < openFrom })

      // A week without a job: every day is open.
      const sixth = clock.addDays(firstDay, 5)
      const morning = clock.dayStart(sixth) + 9 * HOUR_MS
      await arriveUntil(morning)
      await check(morning, [[firstDay, sixth]], firstDay)

      // The same days, closed.
      expect(await runJobs(database(), timezone, morning)).toEqual([])
      await check(morning, [[firstDay, sixth]], sixth)
      await check(morning, [[firstDay, firstDay]], sixth)

      for (let day = sixth; day < lastDay; day = clock.addDays(day, 1)) {
        const nextMorning = clock.dayStart(clock.addDays(day, 1)) + 2 * HOUR_MS
        await arriveUntil(nextMorning)
        expect(await runJobs(database(), timezone, nextMorning)).toEqual([])
      }
      await arriveUntil(endMs)
      expect(await runJobs(database(), timezone, endMs)).toEqual([])

      const { rows } = await sql<{ n: number; hours: number }>`select
        (select count(*)::int from events where occurred_at < ${new Date(endMs - 10 * DAY_MS)}) as n,
        (select count(*)::int from content_hours where hour < ${new Date(clock.dayStart(clock.addDays(lastDay, -35)))}) as hours`.execute(
        database().kysely,
      )
      expect(rows).toEqual([{ n: 0, hours: 0 }])
      await check(
        endMs,
        [
          [clock.addDays(lastDay, -6), lastDay],
          [firstDay, lastDay],
          [clock.addDays(lastDay, -20), clock.addDays(lastDay, -20)],
          [lastDay, lastDay],
        ],
        lastDay,
      )
      await site.close()
    })
  })
})

/** What the collector does by itself every hour. Returns the days whose live counters were off. */
async function runJobs(db: Database, timezone: string, now: number): Promise<string[]> {
  const clock = createSiteClock(timezone)
  const options = { db: { kysely: db.jobs }, clock, rawRetentionDays: RAW_DAYS, rules, now }
  const closed = await closeDays(options)
  // Run again, it finds nothing to do.
  expect(await closeDays(options)).toEqual([])
  const fenced: Parameters<typeof dropOldEvents>[1] = (work) => db.jobs.transaction().execute(work)
  await dropOldEvents(db, fenced, { rawRetentionDays: RAW_DAYS, timezone, findClosed, now })
  await deleteOldRollUps(db, fenced, { rollupRetentionDays: 90, clock, findClosed, now })
  return closed.filter(({ difference }) => difference !== 0).map(({ day }) => day)
}

interface Comparing {
  site: MovingSite
  timezone: string
  arrived: readonly Sent[]
  now: number
  ranges: [from: string, to: string][]
  isClosed: (day: string) => boolean
}

function sameWithinError(answer: Shapes.Viewers | null, exact: number): void {
  if (answer === null) throw new Error('expected viewers to be known')
  const mayBeOff = answer.method === 'exact' ? 0 : 1 + Math.ceil(5 * answer.error * exact)
  expect(Math.abs(answer.value - exact), `${answer.value} for ${exact}`).toBeLessThanOrEqual(mayBeOff)
}

const number = (type: string) => (own: readonly Happened[]) => own.filter((event) => event.type === type).length

async function compareAll({ site, timezone, arrived, now, ranges, isClosed }: Comparing): Promise<void> {
  const clock = createSiteClock(timezone)
  const oracle = createOracle(arrived, timezone)

  for (const [from, to] of ranges) {
    const dayNames = [from]
    while (dayNames.at(-1)! < to) dayNames.push(clock.addDays(dayNames.at(-1)!, 1))

    for (const audience of audiences) {
      const query = `from=${from}&to=${to}&audience=${audience}`
      const events = oracle.within(from, to, audience)

      const totals = await site.ask<Shapes.SiteStats>(`/v1/stats/site?${query}`)
      expect(totals.totals).toEqual(oracle.totalsOf(events))
      sameWithinError(totals.viewers, oracle.viewersOf(events))
      expect(totals.viewers?.method === 'exact' || from !== to).toBe(true)

      const { series } = await site.ask<Shapes.SiteSeries>(`/v1/stats/series?${query}`)
      expect(series).toEqual(oracle.series(dayNames, events))

      for (const dimension of dimensions) {
        const whole = await site.ask<Shapes.SiteBreakdown>(`/v1/stats/breakdown/${dimension}?${query}`)
        expect(whole).toMatchObject(oracle.breakdownOf(events, (event) => event[dimension]))
      }
      const views = await site.ask<Shapes.SiteBreakdown>(`/v1/stats/breakdown/device?type=view&${query}`)
      expect(views).toMatchObject(
        oracle.breakdownOf(
          events.filter(({ type }) => type === 'view'),
          ({ device }) => device,
        ),
      )

      const durations = await site.ask<Shapes.Durations>(`/v1/stats/durations?${query}`)
      expect(durations.watches).toMatchObject(closeTo(oracle.watchesOf(events)))
      expect(durations.views.averageMs).toBe(oracle.totalsOf(events).averageViewDurationMs)

      const { cells } = await site.ask<Shapes.HoursOfWeek>(`/v1/stats/hours?${query}`)
      const expected = oracle.hours(events)
      for (const { weekday, hour, seen, engaged } of cells)
        expect([weekday, hour, seen, engaged]).toEqual(
          Object.values({ weekday, hour, ...(expected.get(`${weekday} ${hour}`) ?? { seen: 0, engaged: 0 }) }),
        )
      const length = clock.dayStart(clock.addDays(to, 1)) - clock.dayStart(from)
      expect(cells.reduce((sum, { hours }) => sum + hours, 0)).toBe(length / HOUR_MS)

      const { cohorts } = await site.ask<Shapes.Retention>(`/v1/stats/retention?periods=9&${query}`)
      expect(cohorts).toEqual(oracle.retention(dayNames, 9, audience, isClosed))

      const { items } = await site.ask<Shapes.Comparison>(`/v1/stats/compare?${query}`)
      expect(items.map(({ difference: _own, ...item }) => item)).toEqual(
        oracle.compare(events, 'click', 'impression').map((item) => closeTo(item)),
      )

      await compareRankings(query, events)

      const own = events.filter(({ content }) => content === 'post:3')
      const content = await site.ask<Shapes.ContentStats>(`/v1/content/post/3/stats?${query}`)
      expect(content).toMatchObject({
        totals: oracle.totalsOf(own),
        series: oracle.series(dayNames, own),
        watches: closeTo(oracle.watchesOf(own)),
      })
      for (const dimension of dimensions)
        expect(content.breakdowns[dimension]).toEqual(oracle.breakdownOf(own, (event) => event[dimension]))
      sameWithinError(content.viewers, oracle.viewersOf(own))

      await compareFiltered(from, to, audience)
    }

    const events = oracle.within(from, to)
    const engagement = await site.ask<Shapes.Engagement>(`/v1/stats/engagement?from=${from}&to=${to}`)
    expect(engagement).toMatchObject(closeTo(oracle.engagement(events)))
    const positions = await site.ask<Shapes.Positions>(`/v1/stats/positions?from=${from}&to=${to}`)
    expect(positions.items).toEqual(oracle.positions(events).map((item) => closeTo(item)))
  }

  const trending = await site.ask<Shapes.Trending>('/v1/trending?limit=100')
  const trends = oracle.trending(now, clock.hourStart(now))
  expect(
    trending.items.map((item) => ({ ...item, content: `${item.content.type}:${item.content.id}`, title: undefined })),
  ).toEqual(
    trends
      .toSorted((a, b) => b.score - a.score || Buffer.compare(Buffer.from(a.content), Buffer.from(b.content)))
      .map((item) => ({ ...closeTo(item), title: undefined })),
  )

  /** Of the days whose single events are all kept; without one there is no answer. */
  async function compareFiltered(from: string, to: string, audience: OracleAudience): Promise<void> {
    const keptFromMs = Math.floor((now - RAW_DAYS * DAY_MS) / DAY_MS) * DAY_MS
    let eventsFrom = clock.day(keptFromMs)
    if (clock.dayStart(eventsFrom) < keptFromMs) eventsFrom = clock.addDays(eventsFrom, 1)
    const range = `from=${from}&to=${to}&audience=${audience}`
    if (to < eventsFrom) {
      for (const path of ['stats/site?country=DE&', 'content/post/3/distributions?', 'content/post/3/positions?'])
        await expect(site.ask(`/v1/${path}${range}`)).rejects.toThrow(
          `to must be ${eventsFrom} or later, got ${to}: only single events can answer this`,
        )
      return
    }
    const firstDay = from < eventsFrom ? eventsFrom : from
    const days = [firstDay]
    while (days.at(-1)! < to) days.push(clock.addDays(days.at(-1)!, 1))
    const kept = oracle.within(firstDay, to, audience)

    const distributions = await site.ask<Shapes.ContentDistributions>(`/v1/content/post/3/distributions?${range}`)
    expect(distributions).toMatchObject({
      eventsFrom,
      madeFrom: ['events'],
      ...closeTo(oracle.distributionsOf(kept.filter(({ content }) => content === 'post:3'))),
    })

    const positions = await site.ask<Shapes.ContentPositions>(`/v1/content/post/3/positions?limit=1000&${range}`)
    const placed = oracle.positions(kept.filter(({ content }) => content === 'post:3'))
    if (audience === 'all' && days.length > 5) expect(placed.length).toBeGreaterThan(0)
    expect(positions).toMatchObject({ eventsFrom, audience, madeFrom: ['events'], items: closeTo(placed) })

    // Every value once, and events without one: together they are all events.
    for (const dimension of audience === 'all' ? dimensions : []) {
      const values = new Set(kept.map((event) => event[dimension]))
      let sum = 0
      for (const value of values) {
        const { totals } = await site.ask<Shapes.SiteStats>(`/v1/stats/site?${range}&${dimension}=${value ?? ''}`)
        expect(totals).toEqual(oracle.totalsOf(kept.filter((event) => event[dimension] === value)))
        sum += eventsIn(totals)
      }
      expect(sum).toBe(kept.length)
    }

    // Audience and filters are conditions beside each other: one set is enough to see that both hold.
    for (const filters of audience === 'all' ? filterSets : filterSets.slice(1, 2)) {
      const { contentType, contentId, ...values } = filters
      const query = `${range}&${new URLSearchParams(filters)}`
      const events = kept.filter(
        (event) =>
          Object.entries(values).every(([name, value]) => (event[name as keyof typeof values] ?? '') === value) &&
          (contentType === undefined || event.content === `${contentType}:${contentId}`),
      )
      const totals = await site.ask<Shapes.SiteStats>(`/v1/stats/site?${query}`)
      expect(totals).toMatchObject({ from, to, eventsFrom, filters, lateAsOf: null, madeFrom: ['events'] })
      expect(totals.totals).toEqual(oracle.totalsOf(events))
      expect(totals.viewers).toEqual({ value: oracle.viewersOf(events), method: 'exact', error: 0 })
      const { series } = await site.ask<Shapes.SiteSeries>(`/v1/stats/series?${query}`)
      expect(series).toEqual(oracle.series(days, events))
      for (const dimension of dimensions) {
        const answer = await site.ask<Shapes.SiteBreakdown>(`/v1/stats/breakdown/${dimension}?${query}`)
        expect(answer).toMatchObject(oracle.breakdownOf(events, (event) => event[dimension]))
      }
      const durations = await site.ask<Shapes.Durations>(`/v1/stats/durations?${query}`)
      expect(durations.watches).toMatchObject(closeTo(oracle.watchesOf(events)))
      const { cells } = await site.ask<Shapes.HoursOfWeek>(`/v1/stats/hours?${query}`)
      const expected = oracle.hours(events)
      for (const { weekday, hour, seen, engaged } of cells)
        expect({ seen, engaged }).toEqual(expected.get(`${weekday} ${hour}`) ?? { seen: 0, engaged: 0 })
      const length = clock.dayStart(clock.addDays(to, 1)) - clock.dayStart(firstDay)
      expect(cells.reduce((sum, { hours }) => sum + hours, 0)).toBe(length / HOUR_MS)
      if (audience !== 'all' || Object.keys(filters).length > 2) await compareRankings(query, events)
      if (contentType !== undefined) continue
      const own = events.filter(({ content }) => content === 'post:3')
      const content = await site.ask<Shapes.ContentStats>(`/v1/content/post/3/stats?${query}`)
      expect(content).toMatchObject({
        totals: oracle.totalsOf(own),
        viewers: { value: oracle.viewersOf(own), method: 'exact', error: 0 },
        series: oracle.series(days, own),
      })
      const spread = await site.ask<Shapes.ContentDistributions>(`/v1/content/post/3/distributions?${query}`)
      expect(spread).toMatchObject(closeTo(oracle.distributionsOf(own)))
      const places = await site.ask<Shapes.ContentPositions>(`/v1/content/post/3/positions?limit=1000&${query}`)
      expect(places).toMatchObject({ filters, items: closeTo(oracle.positions(own)) })
    }
  }

  async function compareRankings(query: string, events: readonly Happened[]): Promise<void> {
    const metrics: [by: Shapes.TopMetric, value: (own: readonly Happened[]) => number | null][] = [
      ['impressions', number('impression')],
      ['views', number('view')],
      ['clicks', number('click')],
      ['likes', number('like')],
      ['shares', number('share')],
      ['pageViews', number('page_view')],
      ['engagement', (own) => own.filter(({ type }) => ['view', 'click', 'like', 'share'].includes(type)).length],
      [
        'averageViewDurationMs',
        (own) => {
          const told = own.filter(({ type, durationMs }) => type === 'view' && durationMs !== null).length
          return told < 10 ? null : oracle.totalsOf(own).averageViewDurationMs
        },
      ],
      ['clickThroughRate', (own) => (number('impression')(own) < 100 ? null : oracle.totalsOf(own).clickThroughRate)],
    ]
    for (const [by, value] of metrics) {
      const { items } = await site.ask<Shapes.TopContent>(`/v1/stats/top?by=${by}&limit=5&${query}`)
      const ranked = oracle.ranking(events, value, by === 'pageViews').slice(0, 5)
      expect(items.map((item) => ({ content: `${item.content.type}:${item.content.id}`, value: item.value }))).toEqual(
        ranked.map((item) => closeTo(item)),
      )
    }
    const { items } = await site.ask<Shapes.TopContent>(`/v1/stats/top?by=viewers&limit=100&${query}`)
    const ranked = new Map(oracle.ranking(events, oracle.viewersOf).map(({ content, value }) => [content, value]))
    expect(items.map(({ content }) => `${content.type}:${content.id}`).toSorted()).toEqual(
      [...ranked.keys()].toSorted(),
    )
    for (const { content, viewers } of items)
      sameWithinError(viewers ?? null, ranked.get(`${content.type}:${content.id}`)!)
    expect(items.map(({ value }) => value)).toEqual(items.map(({ value }) => value).toSorted((a, b) => b - a))
  }
}

function eventsIn({ custom, averageViewDurationMs: _mean, clickThroughRate: _rate, ...counts }: Shapes.Totals): number {
  return [...Object.values(counts), ...Object.values(custom)].reduce((sum, n) => sum + n, 0)
}

/** Numbers that two roads lead to differ in their last digits. */
function closeTo<Value>(value: Value): Value {
  if (typeof value === 'number') return expect.closeTo(value, 9) as Value
  if (Array.isArray(value)) return value.map((each: unknown) => closeTo(each)) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closeTo(each)])) as Value
}
