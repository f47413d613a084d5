// Five systems' own requests, as their documents show them, against the example that embeds the collector.
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildCollector, type Database, openDatabase } from '@sightline/collector'
import { buildFacades } from '../examples/rest-facades/facades'

const adminToken = 'rest-facades-admin-token-of-more-than-32-characters'
/** What has no browser's name is taken for a robot and not counted. */
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
const jwtSecret = 'rest-facades-signing-secret-of-more-than-32-characters'

let db: Database
let collector: Awaited<ReturnType<typeof buildCollector>>
let app: ReturnType<typeof buildFacades>

beforeAll(async () => {
  db = await openDatabase({ memory: true })
  collector = await buildCollector({ db, config: { adminToken, jwtSecret, logLevel: 'silent', statsCacheMs: 0 } })
  app = buildFacades(collector)
})
afterAll(async () => {
  await app?.close()
  await collector?.close()
  await db?.close()
})

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

/** The token of a signed-in user, by HS256. */
function sign(sub: string): string {
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const claims = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub, iat: nowSeconds, exp: nowSeconds + 600 })}`
  return `${claims}.${createHmac('sha256', jwtSecret).update(claims).digest('base64url')}`
}

let signedIn: { authorization: string }
beforeEach(() => {
  signedIn = { authorization: `Bearer ${sign('ada')}` }
})

const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url, payload, headers: { 'user-agent': BROWSER, ...headers } })

async function totalsOf(type: string, id: string) {
  const url = `/v1/content/${type}/${encodeURIComponent(id)}/stats`
  const answer = await collector.inject({ url, headers: { authorization: `Bearer ${adminToken}` } })
  return answer.statusCode === 404 ? undefined : answer.json().totals
}

describe('feed impressions', () => {
  const path = '/api/v1/posts/impressions/batch/'

  test('store one impression for each id', async () => {
    const answer = await post(path, { post_ids: [101, 102, 103] }, signedIn)
    expect([answer.statusCode, answer.json()]).toEqual([200, { success: true, tracked: 3 }])
    expect((await totalsOf('post', '102')).impressions).toBe(1)
  })

  test('are for signed-in users only', async () => {
    expect((await post(path, { post_ids: [110] })).statusCode).toBe(401)
    expect((await post(path, { post_ids: [110] }, { authorization: 'Bearer a.b.c' })).statusCode).toBe(401)
    expect(await totalsOf('post', '110')).toBeUndefined()
  })
})

describe('interactions', () => {
  const view = {
    post_id: '201',
    interaction_type: 'view',
    metadata: { duration: 5_000, scroll_depth: 75, source: 'feed' },
  }

  test('are stored one by one', async () => {
    const answer = await post('/api/track', view)
    expect([answer.statusCode, answer.json()]).toEqual([200, { success: true, tracked: 1, errors: [] }])
    expect((await totalsOf('post', '201')).views).toBe(1)
  })

  test('are stored in batches', async () => {
    const click = { post_id: '202', interaction_type: 'click', metadata: { source: 'feed' } }
    const answer = await post('/api/track', { interactions: [click, { ...view, post_id: '203' }] })
    expect(answer.json()).toEqual({ success: true, tracked: 2, errors: [] })
    expect((await totalsOf('post', '202')).clicks).toBe(1)
  })

  test('that are wrong harm only themselves', async () => {
    const answer = await post('/api/track', { interactions: [{ ...view, interaction_type: 'No Type' }, view] })
    expect(answer.json()).toEqual({
      success: false,
      tracked: 1,
      errors: [{ index: 0, message: expect.stringContaining('type') }],
    })
  })
})

describe('page views and numbers of an article', () => {
  test('a page view is answered with 204', async () => {
    const answer = await post('/api/track/page-view', { path: '/blog/first', referrer: 'https://search.example/' })
    expect(answer.statusCode).toBe(204)
    expect(await totalsOf('page', '/blog/first')).toBeDefined()
  })

  test('the numbers are for moderators', async () => {
    await post('/api/track', { post_id: '301', interaction_type: 'view', metadata: { duration: 2_000 } })
    const url = '/api/blog-post/301/stats'
    const asModerator = await app.inject({ url, headers: { authorization: `Bearer ${adminToken}` } })
    expect(asModerator.json().totals.views).toBe(1)
    expect((await app.inject({ url })).statusCode).toBe(401)
  })
})

describe('views and clicks of projects', () => {
  test('a view within five minutes of another is answered with 200', async () => {
    expect((await post('/api/v1/projects/405/track-view/', {})).statusCode).toBe(201)
    expect((await post('/api/v1/projects/405/track-view/', {})).statusCode).toBe(200)
    expect((await post('/api/v1/projects/405/track-view/', {}, signedIn)).statusCode).toBe(201)
    expect((await totalsOf('project', '405')).views).toBe(2)
  })

  test('a place that is not on the list is refused', async () => {
    expect((await post('/api/v1/projects/401/track-view/', { source: 'nowhere' })).statusCode).toBe(400)
    const click = { project_id: 402, source: 'nowhere', position: 5 }
    expect((await post('/api/v1/projects/track-click/', click)).statusCode).toBe(400)
    expect((await post('/api/v1/projects/track-clicks/', { clicks: [click] })).statusCode).toBe(400)
  })

  test('a view is answered with 201', async () => {
    expect((await post('/api/v1/projects/401/track-view/', { source: 'explore' })).statusCode).toBe(201)
    expect((await totalsOf('project', '401')).views).toBe(1)
  })

  test('a click is answered with 201, and every one counts', async () => {
    const click = { project_id: 402, source: 'explore_trending', position: 5 }
    expect((await post('/api/v1/projects/track-click/', click)).statusCode).toBe(201)
    expect((await post('/api/v1/projects/track-click/', click)).statusCode).toBe(201)
    expect((await totalsOf('project', '402')).clicks).toBe(2)
  })

  test('a click without a source is refused', async () => {
    expect((await post('/api/v1/projects/track-click/', { project_id: 403 })).statusCode).toBe(400)
  })

  test.each([
    [2, 201],
    [50, 201],
    [51, 400],
    [0, 400],
  ])('%i clicks at once are answered with %i', async (count, status) => {
    const clicks = Array.from({ length: count }, (_, position) => ({ project_id: 404, source: 'search', position }))
    const answer = await post('/api/v1/projects/track-clicks/', { clicks })
    expect(answer.statusCode).toBe(status)
    expect(answer.json().count).toBe(status === 201 ? count : undefined)
  })
})

describe('watch time of reels', () => {
  test('is stored in milliseconds', async () => {
    const answer = await post('/api/reels/501/view', { view_duration: 15 }, signedIn)
    expect(answer.json()).toEqual({ status: 'success', message: 'View tracked successfully' })
    expect((await totalsOf('reel', '501')).watches).toBe(1)
  })

  test('works without a duration', async () => {
    expect((await post('/api/reels/502/view', {}, signedIn)).statusCode).toBe(200)
  })

  test.each([-1, 1.5, '15'])('a duration of %j is refused', async (view_duration) => {
    expect((await post('/api/reels/502/view', { view_duration }, signedIn)).statusCode).toBe(400)
  })

  test('is for signed-in users only', async () => {
    const answer = await post('/api/reels/503/view', { view_duration: 15 })
    expect([answer.statusCode, answer.json()]).toEqual([401, { error: 'Authentication required' }])
    const forged = await post('/api/reels/503/view', {}, { authorization: 'Bearer a.b.c' })
    expect([forged.statusCode, forged.json()]).toEqual([401, { error: 'Authentication required' }])
  })

  test('fills a list of what was watched last, page by page', async () => {
    const viewer = { authorization: `Bearer ${sign('grace')}` }
    for (let id = 1; id <= 45; id++) await post(`/api/reels/${id}/view`, { view_duration: id }, viewer)
    await post('/api/reels/7/view', { view_duration: 20 }, viewer)
    const list = async (query: string) =>
      (await app.inject({ url: `/api/reels/recently-viewed${query}`, headers: viewer })).json().data
    expect(await list('')).toMatchObject({
      reels: expect.arrayContaining([
        { reel_id: 7, description: null, viewed_at: expect.any(String), view_duration: 20 },
        { reel_id: 45, description: null, viewed_at: expect.any(String), view_duration: 45 },
      ]),
      pagination: { total: 45, pages: 3, current_page: 1, per_page: 20, has_next: true, has_prev: false },
    })
    expect((await list('?per_page=1&fields=reel_id')).reels).toEqual([{ reel_id: 7 }])
    expect((await list('?page=3')).pagination).toMatchObject({ current_page: 3, has_next: false, has_prev: true })
    const tooMany = await app.inject({ url: '/api/reels/recently-viewed?per_page=101', headers: viewer })
    expect(tooMany.statusCode).toBe(400)
    expect((await app.inject({ url: '/api/reels/recently-viewed' })).statusCode).toBe(401)
  })
})

describe('where the catalogue says what there is', () => {
  let strictDb: Database
  let strict: Awaited<ReturnType<typeof buildCollector>>
  let strictApp: ReturnType<typeof buildFacades>
  beforeAll(async () => {
    strictDb = await openDatabase({ memory: true })
    const config = { adminToken, jwtSecret, logLevel: 'silent', strictCatalog: true } as const
    strict = await buildCollector({ db: strictDb, config })
    strictApp = buildFacades(strict)
    const contents = [
      { type: 'project', id: '601' },
      { type: 'project', id: '602', visibility: 'private', ownerId: 'ada' },
      { type: 'reel', id: '701', durationMs: 30_000, title: 'Sunrise' },
      { type: 'reel', id: '702', visibility: 'private' },
    ]
    const headers = { authorization: `Bearer ${adminToken}` }
    await strict.inject({ method: 'POST', url: '/v1/content', headers, payload: { contents } })
  })
  afterAll(async () => {
    await strictApp?.close()
    await strict?.close()
    await strictDb?.close()
  })

  const call = async (url: string, payload: object, headers: Record<string, string> = {}) => {
    const answer = await strictApp.inject({
      method: 'POST',
      url,
      payload,
      headers: { 'user-agent': BROWSER, ...headers },
    })
    return [answer.statusCode, answer.json()]
  }

  test('a project that there is not, or that is private, is not found', async () => {
    const notFound = [404, { error: 'Project not found' }]
    expect(await call('/api/v1/projects/999/track-view/', {})).toEqual(notFound)
    expect(await call('/api/v1/projects/602/track-view/', {})).toEqual(notFound)
    expect(await call('/api/v1/projects/601/track-view/', {})).toEqual([201, {}])
    expect(await call('/api/v1/projects/track-click/', { project_id: 999, source: 'search' })).toEqual(notFound)
    expect(await call('/api/v1/projects/track-click/', { project_id: 601, source: 'search' })).toEqual([201, {}])
    const clicks = [601, 999].map((project_id) => ({ project_id, source: 'search' }))
    expect(await call('/api/v1/projects/track-clicks/', { clicks })).toEqual([201, { count: 1 }])
  })

  test('a reel that there is not is not found, and a private one is not available', async () => {
    expect(await call('/api/reels/999/view', {}, signedIn)).toEqual([404, { error: 'Reel not found' }])
    expect(await call('/api/reels/702/view', {}, signedIn)).toEqual([400, { error: 'Reel is not available' }])
  })

  test('nobody watches a reel for longer than it is', async () => {
    await call('/api/reels/701/view', { view_duration: 47 }, signedIn)
    const answer = await strictApp.inject({ url: '/api/reels/recently-viewed', headers: signedIn })
    expect(answer.json().data.reels).toMatchObject([{ reel_id: 701, description: 'Sunrise', view_duration: 30 }])
  })
})
