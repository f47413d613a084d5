import type { ContentStats, DayCounts, SiteSeries, SiteStats, TopContent } from '../../src/stats/shapes'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { contentKey } from '../../src/content-key'
import { onBothDatabases } from '../support/databases'
import { countsOf, dayIn, drawEvents, eventAt, openSite, totalsOf, type Site } from './site'

const now = '2025-04-02T10:30:00Z'

onBothDatabases('stats', (database) => {
  let site: Site
  beforeEach(async () => {
    site = await openSite(database(), 'Europe/Berlin', now)
  })
  afterEach(() => site.close())

  describe('agree with a recount of the events', () => {
    const from = Date.parse('2025-03-20T00:00:00Z')
    const signedIn = drawEvents(700, 'signed in', from, Date.parse(now))
    const anonymous = drawEvents(900, 'anonymous', from, Date.parse(now))
    const dayOf = dayIn('Europe/Berlin')
    const inRange = (event: (typeof anonymous)[number]) => dayOf(event) >= '2025-03-27' && dayOf(event) <= '2025-04-02'

    beforeEach(async () => {
      await site.store(signedIn, 'ada')
      await site.store(anonymous)
    })

    test.each([
      ['all', [...signedIn, ...anonymous]],
      ['authenticated', signedIn],
      ['anonymous', anonymous],
    ])('totals, days and ranking of %s', async (audience, events) => {
      const counted = events.filter(inRange)

      const totals = (await site.ask(`/v1/stats/site?audience=${audience}`)).body as SiteStats
      expect(totals).toEqual({
        from: '2025-03-27',
        to: '2025-04-02',
        timezone: 'Europe/Berlin',
        audience,
        freshAsOf: '2025-04-02T10:30:00.000Z',
        lateAsOf: null,
        keptFrom: '2025-01-02',
        madeFrom: ['counters', 'events'],
        totals: totalsOf(counted),
        viewers: { value: audience === 'all' ? 2 : 1, method: 'exact', error: 0 },
      })

      const { series } = (await site.ask(`/v1/stats/series?audience=${audience}`)).body as SiteSeries
      const days = ['2025-03-27', '2025-03-28', '2025-03-29', '2025-03-30', '2025-03-31', '2025-04-01', '2025-04-02']
      expect(series).toEqual(
        days.map((day) => ({
          day,
          ...countsOf(counted.filter((event) => dayOf(event) === day)),
          viewers: audience === 'all' ? 2 : 1,
        })),
      )

      const { items } = (await site.ask(`/v1/stats/top?by=clicks&limit=100&audience=${audience}`)).body as TopContent
      for (const { content, totals } of items) {
        const own = counted.filter((event) => event.content?.type === content.type && event.content.id === content.id)
        expect(totals).toEqual(totalsOf(own))
      }
      expect(items.reduce((sum, { totals }) => sum + totals.clicks, 0)).toBe(countsOf(counted).clicks)
    })

    test('one content', async () => {
      const own = [...signedIn, ...anonymous].filter(({ content }) => content?.type === 'post' && content.id === '3')
      const answer = (await site.ask('/v1/content/post/3/stats')).body as ContentStats
      expect(answer.content).toEqual({ type: 'post', id: '3' })
      expect(answer.totals).toEqual(totalsOf(own.filter(inRange)))
      expect(answer.series).toHaveLength(7)
      expect(answer.series.reduce((sum, { impressions }) => sum + impressions, 0)).toBe(answer.totals.impressions)
    })
  })

  test('put the hours around a clock change into the right days', async () => {
    await site.store([
      eventAt('2025-03-29T22:59:59Z', 'like', 'post:1'), // 23:59 on the 29th, winter time
      eventAt('2025-03-29T23:00:00Z', 'like', 'post:1'), // midnight of the 30th
      eventAt('2025-03-30T21:59:59Z', 'like', 'post:1'), // 23:59 on the 30th, summer time
      eventAt('2025-03-30T22:00:00Z', 'like', 'post:1'), // midnight of the 31st
    ])
    const { series } = (await site.ask('/v1/stats/series?from=2025-03-29&to=2025-03-31')).body as SiteSeries
    expect(series.map(({ day, likes }: DayCounts) => [day, likes])).toEqual([
      ['2025-03-29', 1],
      ['2025-03-30', 2],
      ['2025-03-31', 1],
    ])
  })

  test('end a day at midnight in a zone that is 5 hours and 45 minutes ahead', async () => {
    await site.close()
    site = await openSite(database(), 'Asia/Kathmandu', now)
    await site.store([
      eventAt('2025-04-01T18:14:59Z', 'share', 'post:1'), // 23:59:59 on the 1st
      eventAt('2025-04-01T18:15:00Z', 'share', 'post:1'), // midnight of the 2nd
    ])
    const { series } = (await site.ask('/v1/stats/series?from=2025-04-01&to=2025-04-02')).body as SiteSeries
    expect(series.map(({ day, shares }: DayCounts) => [day, shares])).toEqual([
      ['2025-04-01', 1],
      ['2025-04-02', 1],
    ])
  })

  test('show zeros for days on which nothing happened, and no rate where nothing was seen', async () => {
    const { series } = (await site.ask('/v1/stats/series?days=3')).body as SiteSeries
    const days = ['2025-03-31', '2025-04-01', '2025-04-02']
    expect(series).toEqual(days.map((day) => ({ day, ...countsOf([]), viewers: 0 })))
    expect(((await site.ask('/v1/stats/site')).body as SiteStats).totals).toEqual(totalsOf([]))
  })

  test('count custom events under their own name, even one that every object seems to have', async () => {
    await site.store([eventAt(now, 'constructor', 'post:1'), eventAt(now, 'signup')])
    expect(((await site.ask('/v1/stats/site')).body as SiteStats).totals.custom).toEqual({ constructor: 1, signup: 1 })
  })

  /** The ranking, as names of content. */
  const top = async (query: string) => {
    const { items } = (await site.ask(`/v1/stats/top${query}`)).body as TopContent
    return items.map(({ content }) => `${content.type}:${content.id}`)
  }

  describe('of the top content', () => {
    test('come most first, and equal ones by type and id', async () => {
      const seen = ['post:b', 'post:B', 'post:a', 'article:z', 'post:10', 'post:9']
      await site.store([
        ...seen.map((content) => eventAt(now, 'impression', content)),
        eventAt(now, 'impression', 'post:9'),
      ])
      expect(await top('')).toEqual(['post:9', 'article:z', 'post:10', 'post:B', 'post:a', 'post:b'])
      expect(await top('?limit=2')).toEqual(['post:9', 'article:z'])
    })

    test('leave out what has none of it', async () => {
      await site.store([eventAt(now, 'impression', 'post:1'), eventAt(now, 'click', 'post:2')])
      expect(await top('?by=clicks')).toEqual(['post:2'])
    })

    test('rank pages by their page views only, and nothing else with them', async () => {
      await site.store([
        eventAt(now, 'page_view', 'page:/about'),
        eventAt(now, 'click', 'page:/about'),
        eventAt(now, 'page_view', 'post:1'),
        eventAt(now, 'click', 'post:1'),
      ])
      expect(await top('?by=pageViews')).toEqual(['page:/about'])
      expect(await top('?by=clicks')).toEqual(['post:1'])
    })

    test('carry the title that the catalogue knows', async () => {
      await site.store([eventAt(now, 'view', 'post:1')])
      const row = { title: 'A walk by the sea', content_key: contentKey('post', '1') }
      await database()
        .kysely.updateTable('content')
        .set({ title: row.title })
        .where('content_key', '=', row.content_key)
        .execute()
      const { items } = (await site.ask('/v1/stats/top?by=views')).body as TopContent
      expect(items[0]?.title).toBe('A walk by the sea')
    })
  })

  test('of a content whose id has slashes and spaces are found', async () => {
    await site.store([eventAt(now, 'page_view', 'page:/über uns/team')])
    const path = `/v1/content/page/${encodeURIComponent('/über uns/team')}/stats`
    expect(((await site.ask(path)).body as ContentStats).totals.pageViews).toBe(1)
  })

  test('of a content that nobody has named are not found', async () => {
    const { status, body } = await site.ask('/v1/content/post/404/stats')
    expect([status, body.error.code]).toEqual([404, 'unknown_content'])
    expect(body.error.message).toContain('post "404"')
  })

  test('of a known content outside the days asked for are zeros, not an error', async () => {
    await site.store([eventAt('2025-03-10T12:00:00Z', 'view', 'post:1')])
    const { status, body } = await site.ask('/v1/content/post/1/stats')
    expect([status, (body as ContentStats).totals.views]).toEqual([200, 0])
  })

  const questions = [
    '/v1/stats/site',
    '/v1/stats/series',
    '/v1/stats/top',
    '/v1/stats/breakdown/country',
    '/v1/stats/engagement',
    '/v1/stats/durations',
    '/v1/stats/positions',
    '/v1/stats/hours',
    '/v1/stats/retention',
    '/v1/stats/compare',
    '/v1/content/post/1/stats',
    '/v1/content/post/1/distributions',
    '/v1/content/post/1/positions',
  ]

  test.each(questions)('%s is answered to admins and moderators only', async (path) => {
    await site.store([eventAt(now, 'view', 'post:1')])
    expect((await site.ask(path)).status).toBe(200)
    expect((await site.askAs('mia', path, 'moderator')).status).toBe(200)
    expect((await site.askAs('eve', path)).status).toBe(403)
    expect((await site.ask(path, null)).status).toBe(401)
    expect((await site.ask(path, 'Bearer wrong-token')).status).toBe(401)
  })

  test('of a content are open to its owner, of another content are not', async () => {
    await site.store([eventAt(now, 'view', 'post:1'), eventAt(now, 'view', 'post:2')])
    const mine = database().kysely.updateTable('content').set({ owner_id: 'ada' })
    await mine.where('content_key', '=', contentKey('post', '1')).execute()
    expect((await site.askAs('ada', '/v1/content/post/1/stats')).status).toBe(200)
    expect((await site.askAs('ada', '/v1/content/post/2/stats')).status).toBe(403)
  })

  test.each(questions)('%s is kept by nobody on the way, and by its reader only to ask again', async (path) => {
    expect((await site.ask(path)).headers['cache-control']).toBe('private, no-cache')
  })

  test.each(questions)('%s refuses a wrong day with a sentence', async (path) => {
    const { status, body } = await site.ask(`${path}?from=tomorrow`)
    expect([status, body]).toEqual([
      400,
      { error: { code: 'invalid_query', message: 'from must be a day as YYYY-MM-DD, got "tomorrow".' } },
    ])
  })
})
