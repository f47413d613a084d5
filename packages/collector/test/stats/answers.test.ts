// How answers are kept and told apart, in which zones they can be asked for, and what is said where numbers are missing.
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { closeDays } from '../../src/rollup/close-days'
import { createSiteClock } from '../../src/site-clock'
import type * as Shapes from '../../src/stats/shapes'
import { ADMIN_TOKEN, useCollectors, type TestCollector } from '../support/collectors'
import { onBothDatabases } from '../support/databases'
import { impression } from '../support/events'

const noon = Date.parse('2025-06-10T10:00:00Z')
const HOUR_MS = 3_600_000
const rules = { watchSkipMs: 3_000, watchSkipPercent: 10, watchCompletePercent: 95, compareKeys: ['variant'] }

const ask = async ({ call }: TestCollector, url: string, headers: Record<string, string> = {}) =>
  call('GET', url, undefined, { token: ADMIN_TOKEN, headers })

const asSite = async (site: TestCollector, query: string) =>
  (await ask(site, `/v1/stats/site?${query}`)).json() as Shapes.SiteStats

const at = (hoursAgo: number, type = 'impression', id = '1', fields = {}) =>
  impression({
    id: crypto.randomUUID(),
    occurredAt: noon - hoursAgo * HOUR_MS,
    type,
    content: { type: 'post', id },
    ...fields,
  })

const times = (n: number, type: string, fields: object) => Array.from({ length: n }, () => at(1, type, '1', fields))

const many = (n: number, type: string, variant: string) =>
  Array.from({ length: n }, () => at(1, type, '1', { metadata: { variant } }))

onBothDatabases('answers', (database) => {
  let now = noon
  const collectors = useCollectors(database)
  const build = (config: Parameters<typeof collectors>[0] = {}) => {
    now = noon
    return collectors({ networkEventsPerSecond: 0, viewDedupeMs: 0, ...config }, () => now)
  }

  const close = () =>
    closeDays({ db: database(), clock: createSiteClock('UTC'), rawRetentionDays: 7, rules, now, onClosed: () => {} })

  test('are as new as the last commit, and kept for five minutes where nothing was committed', async () => {
    const site = await build()
    const count = async (url = '/v1/stats/site', headers = {}) => {
      const { totals, freshAsOf } = (await ask(site, url, headers)).json() as Shapes.SiteStats
      return [totals.impressions, Date.parse(freshAsOf) - noon]
    }
    await site.send([at(1)])
    expect(await count()).toEqual([1, 0])
    now += 299_999
    expect(await count()).toEqual([1, 0])
    await site.send([at(1)])
    expect(await count()).toEqual([2, 299_999])
    const other = await collectors({ networkEventsPerSecond: 0, viewDedupeMs: 0 }, () => now)
    await other.send([at(1)])
    expect(await count()).toEqual([2, 299_999])
    expect(await count('/v1/stats/site?cache=0')).toEqual([3, 299_999])
    await other.send([at(1)])
    // As a browser asks on a reload.
    expect(await count('/v1/stats/site', { 'cache-control': 'no-cache' })).toEqual([4, 299_999])
    await other.send([at(1)])
    now += 300_000
    expect(await count()).toEqual([5, 599_999])
  })

  test('hold what came after its day was closed, at once and after the day is closed again', async () => {
    const site = await build({ statsCacheMs: 0 })
    const yesterday = async () => {
      const answer = (await ask(site, '/v1/stats/site?from=2025-06-09&to=2025-06-09')).json() as Shapes.SiteStats
      return [answer.totals.impressions, answer.viewers?.value, answer.madeFrom.includes('closed_days')]
    }
    await site.send([at(30)])
    await close()
    expect(await yesterday()).toEqual([1, 1, true])
    await site.send([at(31), at(32, 'impression', '2')])
    expect(await yesterday()).toEqual([3, 1, false])
    await close()
    expect(await yesterday()).toEqual([3, 1, true])
  })

  test('to other questions are other answers', async () => {
    const site = await build()
    await site.send([at(1), at(1, 'click', '2')])
    const urls = [
      '/v1/stats/top',
      '/v1/stats/top?by=clicks',
      '/v1/content/post/1/stats',
      '/v1/content/post/2/stats',
      '/v1/stats/breakdown/device',
      '/v1/stats/breakdown/country',
    ]
    const first = await Promise.all(urls.map(async (url) => (await ask(site, url)).body))
    expect(new Set(first).size).toBe(urls.length)
    expect(await Promise.all(urls.map(async (url) => (await ask(site, url)).body))).toEqual(first)
  })

  test('carry a tag that changes with the numbers and not with the time', async () => {
    const site = await build({ statsCacheMs: 0 })
    await site.send([at(1)])
    const first = await ask(site, '/v1/stats/site')
    const tag = String(first.headers['etag'])
    now += 60_000
    const same = await ask(site, '/v1/stats/site', { 'if-none-match': tag })
    expect([same.statusCode, same.body]).toEqual([304, ''])
    await site.send([at(1)])
    const other = await ask(site, '/v1/stats/site', { 'if-none-match': tag })
    expect([other.statusCode, other.headers['etag'] === tag]).toEqual([200, false])
  })

  test('about another zone count its days by the hours of the site', async () => {
    const site = await build({ timezone: 'Europe/Berlin', statsCacheMs: 0 })
    await site.send([at(0.1), at(7), at(11), at(13)])
    const seriesIn = async (zone: string) => {
      const { series } = (await ask(site, `/v1/stats/series?days=2&timezone=${zone}`)).json() as Shapes.SiteSeries
      return series.map(({ day, impressions, viewers }) => [day, impressions, viewers])
    }
    expect(await seriesIn('America/New_York')).toEqual([
      ['2025-06-09', 3, 1],
      ['2025-06-10', 1, 1],
    ])
    expect(await seriesIn('Europe/Berlin')).toEqual([
      ['2025-06-09', 1, 1],
      ['2025-06-10', 3, 1],
    ])
    const refused = await ask(site, '/v1/stats/series?timezone=Asia/Kathmandu')
    expect([refused.statusCode, refused.json().error.code]).toEqual([400, 'invalid_query'])
    const retention = await ask(site, '/v1/stats/retention?timezone=UTC')
    expect([retention.statusCode, retention.json().error.message]).toEqual([
      400,
      "timezone must be Europe/Berlin, the site's, got UTC: first days are kept only by its days.",
    ])
  })

  test('tell how many events neither a closed day nor a single event can describe', async () => {
    const site = await build({ statsCacheMs: 0 })
    await site.send([at(30), at(30)])
    await closeDays({ db: { kysely: database().jobs }, clock: createSiteClock('UTC'), rawRetentionDays: 7, rules, now })
    await database().kysely.updateTable('site_days').set({ breakdowns: '{}' }).where('type', '=', '*').execute()
    const answer = (await ask(site, '/v1/stats/breakdown/device')).json() as Shapes.SiteBreakdown
    expect(answer).toMatchObject({ items: [], other: 0, none: 0, untold: 2, total: 2 })
  })

  test('say nothing about viewers of days that are open and older than single events are kept', async () => {
    const site = await build({ statsCacheMs: 0 })
    await site.send([at(20 * 24), at(1)])
    const question = '?days=30'
    const { totals, viewers } = (await ask(site, `/v1/stats/site${question}`)).json() as Shapes.SiteStats
    expect([totals.impressions, viewers]).toEqual([2, null])
    const { series } = (await ask(site, `/v1/stats/series${question}`)).json() as Shapes.SiteSeries
    expect(series.filter(({ impressions }) => impressions > 0).map(({ viewers: own }) => own)).toEqual([null, 1])
    await closeDays({ db: { kysely: database().jobs }, clock: createSiteClock('UTC'), rawRetentionDays: 7, rules, now })
    const closed = (await ask(site, `/v1/stats/site${question}`)).json() as Shapes.SiteStats
    expect(closed.viewers).toMatchObject({ value: 1, method: 'hll' })
  })

  test('with a filter have no row for a day whose single events are gone, and say from which day they are whole', async () => {
    const site = await build({ statsCacheMs: 0, rawRetentionDays: 7 })
    await site.send([at(20 * 24), at(6 * 24, 'impression', '1', { source: 'feed' }), at(1)])
    await close()
    const { series, ...made } = (await ask(site, '/v1/stats/series?days=30&source=feed')).json() as Shapes.SiteSeries
    expect(made).toMatchObject({ from: '2025-05-12', to: '2025-06-10', eventsFrom: '2025-06-03', madeFrom: ['events'] })
    expect(series.map(({ day, impressions }) => [day, impressions])).toEqual([
      ['2025-06-03', 0],
      ['2025-06-04', 1],
      ...['2025-06-05', '2025-06-06', '2025-06-07', '2025-06-08', '2025-06-09', '2025-06-10'].map((day) => [day, 0]),
    ])
    expect((await asSite(site, 'days=30&source=')).totals.impressions).toBe(1)
    const refused = await ask(site, '/v1/stats/site?from=2025-05-20&to=2025-06-02&source=feed')
    expect([refused.statusCode, refused.json().error]).toEqual([
      400,
      {
        code: 'invalid_query',
        message:
          'to must be 2025-06-03 or later, got 2025-06-02: only single events can answer this, and those of earlier days are not kept.',
      },
    ])
  })

  test('with a filter begin after the last day whose events were deleted, when they were kept for less once', async () => {
    const site = await build({ statsCacheMs: 0, rawRetentionDays: 7 })
    await database()
      .kysely.insertInto('dropped_days')
      .values({ day: '2025-06-05', dropped_at: new Date(noon) })
      .execute()
    expect((await asSite(site, 'source=feed')).eventsFrom).toBe('2025-06-06')
    // Midnight of that day in UTC is not midnight here, so a part of it is gone.
    await site.app.close()
    const other = await build({ statsCacheMs: 0, rawRetentionDays: 7, timezone: 'America/New_York' })
    expect((await asSite(other, 'source=feed')).eventsFrom).toBe('2025-06-06')
    const east = await asSite(other, 'source=feed&timezone=Europe/Berlin')
    expect([east.eventsFrom, east.timezone]).toEqual(['2025-06-07', 'Europe/Berlin'])
  })

  test('without a filter say nothing of single events', async () => {
    const site = await build({ statsCacheMs: 0 })
    await site.send([at(1)])
    for (const name of ['eventsFrom', 'filters']) expect(await asSite(site, '')).not.toHaveProperty(name)
  })

  test('about what nobody is are zeros', async () => {
    const site = await build({ statsCacheMs: 0 })
    await site.send([at(1), at(1, 'click')])
    for (const query of ['device=toaster', 'country=Atlantis', 'contentType=post&contentId=404', "source=';--"]) {
      const { totals, viewers } = await asSite(site, query)
      expect([query, totals.impressions, totals.clicks, viewers]).toEqual([
        query,
        0,
        0,
        { value: 0, method: 'exact', error: 0 },
      ])
    }
  })

  test('take an empty source for none where they are filtered', async () => {
    const site = await build({ statsCacheMs: 0 })
    await site.send([at(1, 'view', '1', { source: '' }), at(1, 'view'), at(1, 'view', '1', { source: 'feed' })])
    expect((await asSite(site, 'source=')).totals.views).toBe(2)
  })

  test('with a filter add the length of a repeat to the average, as answers without one do, and never to the count', async () => {
    const site = await build({ statsCacheMs: 0, viewDedupeMs: 300_000 })
    await site.send([
      at(1, 'view', '1', { durationMs: 4_000, source: 'feed', scrollDepth: 40 }),
      at(0.99, 'view', '1', { durationMs: 2_000, source: 'feed', scrollDepth: 90 }),
    ])
    for (const query of ['', 'source=feed']) {
      const { totals } = await asSite(site, query)
      expect([query, totals.views, totals.averageViewDurationMs]).toEqual([query, 1, 6_000])
    }
    const answer = await ask(site, '/v1/content/post/1/distributions')
    const { viewTimes, scrollDepth } = answer.json() as Shapes.ContentDistributions
    expect(viewTimes.buckets.map(({ count }) => count)).toEqual([0, 1, 1, 0, 0, 0, 0])
    expect(scrollDepth.reached.map(({ share }) => share)).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0])
  })

  test('put a length that is the edge of a bucket into the longer one', async () => {
    const site = await build({ statsCacheMs: 0 })
    const lengths = [0, 999, 1_000, 2_999, 3_000, 10_000, 30_000, 60_000, 179_999, 180_000, 3_600_000]
    await site.send([...lengths.map((durationMs) => at(1, 'view', '1', { durationMs })), at(1, 'view')])
    const answer = await ask(site, '/v1/content/post/1/distributions')
    const { viewTimes, scrollDepth, eventsFrom } = answer.json() as Shapes.ContentDistributions
    expect(viewTimes.count).toBe(11)
    expect(viewTimes.buckets.map(({ fromMs, toMs, count }) => [fromMs, toMs, count])).toEqual([
      [0, 1_000, 2],
      [1_000, 3_000, 2],
      [3_000, 10_000, 1],
      [10_000, 30_000, 1],
      [30_000, 60_000, 1],
      [60_000, 180_000, 2],
      [180_000, null, 2],
    ])
    expect([scrollDepth.count, scrollDepth.reached[0]]).toEqual([0, { percent: 10, count: 0, share: null }])
    expect(eventsFrom).toBe('2025-06-03')
  })

  test('about how the views of a content that nobody has named were spread are not found', async () => {
    const site = await build()
    const answer = await ask(site, '/v1/content/post/404/distributions')
    expect([answer.statusCode, answer.json().error.code]).toEqual([404, 'unknown_content'])
  })

  test('about the places of a content count its own impressions and clicks there, and no other’s', async () => {
    const site = await build({ statsCacheMs: 0 })
    const first = { source: 'feed', position: 0 }
    const third = { source: 'search', position: 2 }
    for (const events of [
      times(60, 'impression', first),
      times(60, 'impression', first),
      times(12, 'click', first),
      times(99, 'impression', third),
      times(1, 'click', third),
      [at(1, 'view', '1', first), at(1, 'view', '1', { source: 'feed', position: 5 })],
      [at(1, 'impression', '1', { source: 'feed' }), at(1, 'impression', '1', { position: 7 })],
      [at(1, 'impression', '2', first)],
    ])
      await site.send(events)
    const answer = await ask(site, '/v1/content/post/1/positions')
    const { content, items, eventsFrom } = answer.json() as Shapes.ContentPositions
    expect(content).toEqual({ type: 'post', id: '1' })
    expect(items).toEqual([
      // By Wilson, worked out by hand: (0.1 + z²/240 ± z·√(0.09/120 + z²/57600)) / (1 + z²/120).
      {
        source: 'feed',
        position: 0,
        impressions: 120,
        clicks: 12,
        clickThroughRate: 0.1,
        interval: { low: expect.closeTo(0.0581, 3), high: expect.closeTo(0.1667, 3) },
      },
      { source: 'search', position: 2, impressions: 99, clicks: 1, clickThroughRate: null, interval: null },
    ])
    expect(eventsFrom).toBe('2025-06-03')
    const filtered = await ask(site, '/v1/content/post/1/positions?source=search&limit=1')
    expect((filtered.json() as Shapes.ContentPositions).items.map(({ source }) => source)).toEqual(['search'])
    const unknown = await ask(site, '/v1/content/post/404/positions')
    expect([unknown.statusCode, unknown.json().error.code]).toEqual([404, 'unknown_content'])
  })

  test('about a metadata key that is not counted say which ones are', async () => {
    const site = await build()
    const refused = await ask(site, '/v1/stats/compare?key=colour')
    expect([refused.statusCode, refused.json().error.message]).toEqual([
      400,
      'key "colour" is not counted; variant is. Add it to COMPARE_KEYS.',
    ])
  })

  test('compare variants with intervals of their rates and of the difference', async () => {
    const site = await build({ statsCacheMs: 0 })
    for (const events of [
      many(100, 'impression', 'a'),
      many(50, 'impression', 'a'),
      many(100, 'impression', 'b'),
      many(30, 'click', 'a'),
      many(40, 'click', 'b'),
      many(50, 'impression', 'rare'),
    ])
      await site.send(events)
    const { items } = (await ask(site, '/v1/stats/compare')).json() as Shapes.Comparison
    expect(items.map(({ value, rate, difference }) => [value, rate, difference?.value])).toEqual([
      ['a', 0.2, undefined],
      ['b', 0.4, expect.closeTo(0.2, 9)],
      ['rare', null, undefined],
    ])
    expect(items[1]!.difference!.low).toBeGreaterThan(0.08)
    expect(items[1]!.difference!.high).toBeLessThan(0.32)
  })

  test('about what breaks down no number name what does', async () => {
    const site = await build()
    const refused = await ask(site, '/v1/stats/breakdown/colour')
    expect([refused.statusCode, refused.json().error.message]).toEqual([
      404,
      'Numbers are broken down by country, device, source, viewType, channel, referrer, not by "colour".',
    ])
  })

  test('never read single events of before they are kept', async () => {
    const site = await build({ statsCacheMs: 0, rawRetentionDays: 7, trending: true })
    await site.send([at(1), at(1, 'view'), at(1, 'click', '1', { source: 'feed', position: 1 })])
    await closeDays({ db: { kysely: database().jobs }, clock: createSiteClock('UTC'), rawRetentionDays: 7, rules, now })
    const firstKept = Date.parse('2025-06-03T00:00:00Z')
    const spans: [number, number][] = []
    const statements: string[] = []
    const stats = database().stats.withPlugin({
      transformQuery: ({ node }) => {
        const { sql: text, parameters } = database().stats.getExecutor().compileQuery(node, { queryId: '' })
        if (/\bevents e\b/.test(text)) {
          statements.push(text)
          const times = [...text.matchAll(/occurred_at" (?:>=|<) \$(\d+)/g)].map(([, n]) =>
            Date.parse(String(parameters[Number(n) - 1])),
          )
          for (let i = 0; i < times.length; i += 2) spans.push([times[i]!, times[i + 1]!])
        }
        return node
      },
      transformResult: async ({ result }) => result,
    })
    const listening = await useCollectorsOn({ ...database(), stats })
    const urls = [
      'site',
      'series',
      'breakdown/device',
      'top?by=viewers',
      'top',
      'engagement',
      'durations',
      'hours',
      'retention',
      'compare',
      'site?country=DE',
      'series?source=',
      'breakdown/device?viewType=listing',
      'top?by=viewers&device=desktop',
      'top?channel=sdk',
      'durations?referrer=example.org',
      'hours?contentType=post&contentId=1',
    ]
    for (const url of urls)
      for (const days of [30, 366]) await listening(`/v1/stats/${url}${url.includes('?') ? '&' : '?'}days=${days}`)
    await listening('/v1/content/post/1/stats?days=366')
    await listening('/v1/content/post/1/stats?days=366&country=DE')
    await listening('/v1/content/post/1/distributions?days=366')
    await listening('/v1/content/post/1/positions?days=366')
    expect(statements.length).toBeGreaterThan(10)
    expect(spans.length).toBeGreaterThanOrEqual(statements.length)
    for (const [from, to] of spans) {
      expect(from).toBeGreaterThanOrEqual(firstKept)
      expect(to).toBeLessThanOrEqual(Date.parse('2025-06-11T00:00:00Z'))
    }
    await listening.close()
  })

  async function useCollectorsOn(db: ReturnType<typeof database>) {
    const { buildCollector } = await import('../../src/collector')
    const app = await buildCollector({
      db,
      config: { adminToken: ADMIN_TOKEN, logLevel: 'silent', statsCacheMs: 0 },
      now: () => now,
    })
    const listen = async (url: string) => {
      const answer = await app.inject({ url, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
      expect([url, answer.statusCode]).toEqual([url, 200])
    }
    return Object.assign(listen, { close: () => app.close() })
  }

  test('of trending are for everybody, public content only, and only where it is turned on', async () => {
    const off = await build()
    // There is no such route then, so nothing describes the answer.
    expect((await off.app.inject('/v1/trending')).statusCode).toBe(404)
    const site = await build({ trending: true, statsCacheMs: 0 })
    await site.register('secret', { visibility: 'private', ownerId: 'ada' })
    await site.register('old', { publishedAt: new Date(noon - 10 * 24 * HOUR_MS).toISOString() })
    await site.register('new', { publishedAt: new Date(noon).toISOString() })
    await site.send([
      at(1, 'like', 'old'),
      at(1, 'like', 'new'),
      at(30, 'like', 'falling'),
      at(30, 'like', 'falling'),
      at(1, 'like', 'falling'),
    ])
    await sql`insert into content_hours select content_key, ${new Date(noon)}, 'like', true, 9, 0, 0 from content where id = 'secret'`.execute(
      database().kysely,
    )
    const answer = (await site.call('GET', '/v1/trending?type=post')).json() as Shapes.Trending
    // 0.7 · (1 − 0) / max(0, 1), for the older one divided by 1 + 0.1 · 10 days.
    expect(answer.items.map(({ content, score }) => [content.id, score])).toEqual([
      ['new', expect.closeTo(0.7, 9)],
      ['old', expect.closeTo(0.35, 9)],
    ])
    expect(((await site.call('GET', '/v1/trending?type=reel')).json() as Shapes.Trending).items).toEqual([])
    expect(((await site.call('GET', '/v1/trending?limit=1')).json() as Shapes.Trending).items).toHaveLength(1)
  })
})
