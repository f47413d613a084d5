// A signed-in viewer's list of what they saw lately: one row per content, newest first, theirs alone.
import { beforeEach, describe, expect, test } from 'vitest'
import { keyOfUser } from '../../src/identity/viewer-key'
import type { RecentViewsPage } from '../../src/viewers/recent-views'
import { ADMIN_TOKEN, about, tokenOf, useCollectors, type TestCollector } from '../support/collectors'
import { onBothDatabases } from '../support/databases'
import { countRows } from '../support/events'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const MINUTE_MS = 60_000

/** Tokens of that time. */
const token = (sub: string) => tokenOf(sub, {}, NOW)

const ids = ({ items }: RecentViewsPage) => items.map(({ content }) => content?.id)

onBothDatabases('recently viewed', (database) => {
  const build = useCollectors(database)
  let collector: TestCollector
  beforeEach(async () => {
    collector = await build({ maxRecentViews: 5 }, () => NOW)
  })

  const saw = async (user: string | undefined, id: string, minutesAgo: number, fields: object = {}) => {
    const event = about(id, { type: 'view', occurredAt: NOW - minutesAgo * MINUTE_MS, ...fields })
    await collector.send([event], user === undefined ? {} : { token: await token(user) })
    return event
  }
  const ask = async (user: string, query = '') =>
    collector.call('GET', `/v1/me/recently-viewed${query}`, undefined, { token: await token(user) })
  const list = async (user: string, query = ''): Promise<RecentViewsPage> => (await ask(user, query)).json()

  test('has one row per content, newest first', async () => {
    await saw('ada', '1', 30)
    await saw('ada', '2', 20)
    await saw('ada', '1', 10)
    const page = await list('ada')
    expect(ids(page)).toEqual(['1', '2'])
    expect(page.total).toBe(2)
  })

  test('tells the time and the length of the latest view, and how many counted', async () => {
    await collector.register('789', { title: 'Sunrise' })
    await saw('ada', '789', 30, { durationMs: 10_000 })
    await saw('ada', '789', 10, { durationMs: 20_000 })
    await saw('ada', '789', 9, { durationMs: 4_000 })
    expect(await list('ada')).toEqual({
      items: [
        {
          content: { type: 'post', id: '789' },
          title: 'Sunrise',
          viewedAt: new Date(NOW - 9 * MINUTE_MS).toISOString(),
          durationMs: 4_000,
          views: 2,
        },
      ],
      total: 1,
      perPage: 20,
      page: 1,
      pages: 1,
      nextCursor: null,
    })
  })

  test('a view that arrives late does not push its content back', async () => {
    await saw('ada', '1', 5, { durationMs: 1_000 })
    await saw('ada', '1', 50, { durationMs: 9_000 })
    expect((await list('ada')).items).toMatchObject([
      { viewedAt: new Date(NOW - 5 * MINUTE_MS).toISOString(), durationMs: 1_000 },
    ])
  })

  test('sent again, a view changes nothing', async () => {
    const event = await saw('ada', '1', 5, { durationMs: 1_000 })
    await saw('ada', '2', 4)
    const before = await list('ada')
    await collector.send([event], { token: await token('ada') })
    expect(await list('ada')).toEqual(before)
  })

  test('holds views and watches, and nothing else', async () => {
    await saw('ada', '1', 5, { type: 'watch', durationMs: 900 })
    for (const type of ['impression', 'click', 'like', 'page_view', 'wishlist_add']) await saw('ada', type, 4, { type })
    await saw('ada', 'none', 3, { content: undefined })
    expect((await list('ada')).items).toMatchObject([{ content: { id: '1' }, durationMs: 900, views: 0 }])
  })

  test('is kept for signed-in viewers only, and not for who asked not to be followed', async () => {
    await saw(undefined, '1', 5)
    const gpc = { headers: { 'sec-gpc': '1' }, token: await token('ada') }
    await collector.send([about('2', { type: 'view', occurredAt: NOW })], gpc)
    expect(await countRows(database(), 'recent_views')).toBe(0)
  })

  test("shows nobody another one's list", async () => {
    await saw('ada', '1', 5)
    await saw('bob', '2', 5)
    expect([ids(await list('ada')), ids(await list('bob')), ids(await list('cy'))]).toEqual([['1'], ['2'], []])
    expect((await collector.call('GET', '/v1/me/recently-viewed')).statusCode).toBe(401)
    const asAdmin = await collector.call('GET', '/v1/me/recently-viewed', undefined, { token: ADMIN_TOKEN })
    expect(asAdmin.statusCode).toBe(403)
  })

  test('ends after the newest ones, also before older ones are deleted', async () => {
    for (let id = 1; id <= 8; id++) await saw('ada', String(id), 100 - id)
    const page = await list('ada')
    expect([ids(page), page.total]).toEqual([['8', '7', '6', '5', '4'], 5])
  })

  test('leaves out what has become private, but for its owner', async () => {
    await saw('ada', '1', 5)
    await saw('bob', '1', 5)
    await collector.register('1', { ownerId: 'bob', visibility: 'private' })
    expect([ids(await list('ada')), ids(await list('bob'))]).toEqual([[], ['1']])
  })

  describe('in pages', () => {
    beforeEach(async () => {
      for (let id = 1; id <= 5; id++) await saw('ada', String(id), id === 4 ? 5 : id)
    })

    test('by number', async () => {
      const pages = []
      for (const page of [1, 2, 3, 4]) pages.push(await list('ada', `?perPage=2&page=${page}`))
      expect(pages.map(ids).map((page) => page.length)).toEqual([2, 2, 1, 0])
      expect(new Set(pages.flatMap(ids)).size).toBe(5)
      expect(pages.map(({ total, page, pages: count }) => [total, page, count])).toEqual([
        [5, 1, 3],
        [5, 2, 3],
        [5, 3, 3],
        [5, 4, 3],
      ])
    })

    test('by cursor, so that what is seen meanwhile moves nothing', async () => {
      const first = await list('ada', '?perPage=2')
      await saw('ada', '9', 0)
      const second = await list('ada', `?perPage=2&cursor=${first.nextCursor}`)
      // The list has five rows, so the new one pushed the last one out.
      expect([ids(first), ids(second)]).toEqual([
        ['1', '2'],
        ['3', expect.stringMatching(/4|5/)],
      ])
      expect([second.page, second.nextCursor, second.total]).toEqual([null, null, 5])
    })

    test('of one type, with chosen fields', async () => {
      await saw('ada', '7', 0, { content: { type: 'reel', id: '7' } })
      expect(await list('ada', '?type=reel&fields=content,views')).toMatchObject({
        items: [{ content: { type: 'reel', id: '7' }, views: 1 }],
        total: 1,
      })
      expect(Object.keys((await list('ada', '?fields=viewedAt')).items[0] ?? {})).toEqual(['viewedAt'])
    })

    test.each([
      ['?page=0', 'page to be a whole number'],
      ['?perPage=101', 'perPage to be a whole number from 1 to 100'],
      ['?perPage=x', 'perPage'],
      ['?fields=content,email', 'fields to be a list of content, title'],
      ['?cursor=nonsense', 'cursor to be the nextCursor'],
      ['?limit=5', 'Expected only page, perPage'],
      [`?page=1&cursor=${Buffer.from('2026-11-21T12:00:00.000Z 1').toString('base64url')}`, 'got both'],
    ])('refuses %s', async (query, sentence) => {
      const answer = await ask('ada', query)
      expect([answer.statusCode, answer.json().error]).toEqual([
        400,
        { code: 'invalid_query', message: expect.stringContaining(sentence) },
      ])
    })
  })

  const remove = async (path: string) =>
    (await collector.call('DELETE', `/v1/me/recently-viewed${path}`, undefined, { token: await token('ada') }))
      .statusCode

  test('loses one content, or all, when its viewer says so', async () => {
    for (const id of ['1', '2', '3']) await saw('ada', id, Number(id))
    await saw('bob', '1', 1)
    expect([await remove('/post/2'), await remove('/post/2')]).toEqual([204, 204])
    expect(ids(await list('ada'))).toEqual(['1', '3'])
    expect(await remove('')).toBe(204)
    expect([ids(await list('ada')), ids(await list('bob'))]).toEqual([[], ['1']])
    const rows = await database().kysely.selectFrom('recent_views').select('viewer_key').execute()
    expect(rows).toEqual([{ viewer_key: keyOfUser('bob') }])
  })

  test('is exact when many requests of one viewer are stored at once', async () => {
    const views = Array.from({ length: 40 }, (_, place) =>
      about(String(place % 4), { type: 'view', occurredAt: NOW - place * 6 * MINUTE_MS, durationMs: place }),
    )
    const mine = { token: await token('ada') }
    await Promise.all(views.map((view) => collector.send([view], mine)))
    expect((await list('ada')).items).toMatchObject(
      [0, 1, 2, 3].map((id) => ({ content: { id: String(id) }, durationMs: id, views: 10 })),
    )
  })
})
