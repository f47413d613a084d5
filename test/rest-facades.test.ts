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

  test('is for signed-in users only', async () => {
    const answer = await post('/api/reels/503/view', { view_duration: 15 })
    expect([answer.statusCode, answer.json()]).toEqual([401, { error: 'Authentication required' }])
  })
})
