// The site's rules: who is counted, what is kept, and that everything left out can be read afterwards.
import { describe, expect, test } from 'vitest'
import { createAdminToken } from '../../src/identity/admin-token'
import { eventFlags } from '../../src/ingest/flags'
import { ADMIN_TOKEN, about, tokenOf, useCollectors } from '../support/collectors'
import { onBothDatabases } from '../support/databases'
import { countersOffBy, countRows, impression, mixedEvents, outcomes } from '../support/events'

const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'

/** One event of so many bytes. */
const eventOf = (bytes: number) => {
  const [before, after] = ['{"type":"like","x":"', '"}']
  return `${before}${'x'.repeat(bytes - before.length - after.length)}${after}`
}

onBothDatabases('the rules', (database) => {
  const build = useCollectors(database)
  const stored = () =>
    database().kysely.selectFrom('event_log').selectAll().orderBy('occurred_at').orderBy('event_id').execute()
  const optOut = async (viewerKey: string) =>
    database().kysely.insertInto('opt_outs').values({ viewer_key: viewerKey, opted_out_at: new Date() }).execute()
  const countOf = async () => {
    const { rows } = await database()
      .kysely.selectFrom('content_hours')
      .select((eb) => eb.fn.sum<string>('count').as('n'))
      .executeTakeFirstOrThrow()
      .then(({ n }) => ({ rows: Number(n) }))
    return rows
  }

  describe('bots', () => {
    test('are stored and marked, but not counted', async () => {
      const { send } = await build()
      const answer = await send([about('1'), about('1', { type: 'click', source: 'feed', position: 1 })], {
        headers: { 'user-agent': GOOGLEBOT },
      })
      expect(answer).toEqual({ success: true, tracked: 2, duplicates: 0, dropped: {}, errors: [] })
      expect((await stored()).map(({ counted, device, flags }) => [counted, device, flags])).toEqual([
        [false, 'bot', eventFlags.bot],
        [false, 'bot', eventFlags.bot],
      ])
      expect(await countRows(database(), 'content_hours')).toBe(0)
      expect(await countRows(database(), 'positions')).toBe(0)
      expect(await outcomes(database())).toEqual({ 'tracked bot': 2 })
    })

    test('do not take a view away from people', async () => {
      const { send } = await build()
      await send([about('1', { type: 'view' })], { headers: { 'user-agent': GOOGLEBOT }, body: { anonymousId: 'x' } })
      await send([about('1', { type: 'view' })], { body: { anonymousId: 'x' } })
      expect((await stored()).map(({ counted }) => counted).toSorted()).toEqual([false, true])
    })

    test('count like people with countBots', async () => {
      const { send } = await build({ countBots: true })
      await send([about('1')], { headers: { 'user-agent': GOOGLEBOT } })
      expect(await stored()).toMatchObject([{ counted: true, flags: eventFlags.bot }])
    })

    test.each([
      ['curl', 'curl/8.5.0'],
      ['a browser under test', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/140.0 Safari/537.36'],
      ['a program without a name', ''],
    ])('%s is marked and counted, or with countScripts off counted apart', async (_name, agent) => {
      const headers = { 'user-agent': agent }
      await (await build()).send([about('1')], { headers })
      await (await build({ countScripts: false })).send([about('1')], { headers })
      expect((await stored()).map(({ counted, flags }) => [counted, flags])).toEqual(
        expect.arrayContaining([
          [true, eventFlags.script],
          [false, eventFlags.script],
        ]),
      )
      expect(await outcomes(database())).toEqual({ tracked: 1, 'tracked script': 1 })
    })
  })

  describe('private content', () => {
    test("keeps its owner's events and nobody else's", async () => {
      const { send, register } = await build()
      await register('1', { ownerId: 'ada', visibility: 'private' })
      const answer = await send([about('1'), about('2'), about('1', { type: 'click' })])
      expect(answer).toEqual({ success: true, tracked: 1, duplicates: 0, dropped: { private: 2 }, errors: [] })
      expect(await send([about('1')], { token: await tokenOf('bob') })).toMatchObject({ dropped: { private: 1 } })
      expect(await send([about('1')], { token: await tokenOf('ada') })).toMatchObject({ tracked: 1, dropped: {} })
      expect(await send([about('1')], { body: { token: await tokenOf('ada') } })).toMatchObject({ tracked: 1 })
      expect((await stored()).map(({ content_id, user_id }) => [content_id, user_id])).toEqual([
        ['2', null],
        ['1', 'ada'],
        ['1', 'ada'],
      ])
      expect(await outcomes(database())).toEqual({ tracked: 1, 'tracked own': 2, 'dropped private': 3 })
    })

    test('answers 200 when a whole batch is left out, and stores nothing of it', async () => {
      const { post, register } = await build()
      await register('1', { visibility: 'private' })
      const answer = await post([about('1'), about('1')])
      expect([answer.statusCode, answer.json().dropped]).toEqual([200, { private: 2 }])
      expect(await countRows(database(), 'events')).toBe(0)
    })

    test('is private from the next event on, here at once and on other collectors within five seconds', async () => {
      let now = Date.now()
      const [here, there] = [await build({}, () => now), await build({}, () => now)]
      const at = () => ({ occurredAt: now })
      await here.register('1', {})
      await there.send([about('1', at())])
      await here.register('1', { visibility: 'private' })
      expect((await here.send([about('1', at())])).dropped).toEqual({ private: 1 })
      now += 5_001
      expect((await there.send([about('1', at())])).dropped).toEqual({ private: 1 })
      await here.call('DELETE', '/v1/content/post/1', undefined, { token: ADMIN_TOKEN })
      expect((await here.send([about('1', at())])).tracked).toBe(1)
    })
  })

  describe('own views', () => {
    const seen = ['impression', 'view', 'watch', 'click', 'page_view']

    test('are stored and marked, but not counted; likes and shares of one are', async () => {
      const { send, register } = await build()
      await register('1', { ownerId: 'ada' })
      const types = [...seen, 'like', 'share', 'wishlist_add']
      await send(
        types.map((type) => about('1', { type })),
        { token: await tokenOf('ada') },
      )
      const rows = await stored()
      expect(rows.filter(({ counted }) => !counted).map(({ type }) => type)).toEqual(expect.arrayContaining(seen))
      expect(rows.filter(({ counted }) => counted).map(({ type }) => type)).toHaveLength(3)
      expect(rows.every(({ counted, flags }) => counted === !(flags & eventFlags.ownView))).toBe(true)
      expect(await outcomes(database())).toEqual({ tracked: 3, 'tracked own': 5 })
      expect(await countersOffBy(database())).toEqual([])
    })

    test('of others count, and own ones too with countOwnViews', async () => {
      const strict = await build()
      await strict.register('1', { ownerId: 'ada' })
      await strict.send([about('1', { type: 'view' })], { token: await tokenOf('bob') })
      const open = await build({ countOwnViews: true })
      await open.send([about('1', { type: 'view' })], { token: await tokenOf('ada') })
      expect(await countOf()).toBe(2)
    })
  })

  describe('a strict catalogue', () => {
    test('refuses events about what is not registered, alone and by code', async () => {
      const { send, register } = await build({ strictCatalog: true })
      await register('1', {})
      const stranger = about('2')
      const page = impression({ type: 'page_view', content: { type: 'page', id: '/about' } })
      const answer = await send([about('1'), stranger, page, impression({ content: undefined })])
      expect(answer).toMatchObject({
        success: false,
        tracked: 3,
        errors: [{ index: 1, id: stranger.id, code: 'unknown_content' }],
      })
      expect(await outcomes(database())).toEqual({ tracked: 3, 'refused unknown_content': 1 })
    })

    test('answers 400 when it refuses all, and knows a content the moment another collector has registered it', async () => {
      const [here, there] = [await build({ strictCatalog: true }), await build({ strictCatalog: true })]
      expect((await there.post([about('1')])).statusCode).toBe(400)
      await here.register('1', {})
      expect((await there.post([about('1')])).statusCode).toBe(200)
    })
  })

  describe('opt-out', () => {
    test('stores nothing of a viewer who opted out, and says so', async () => {
      let now = Date.now()
      const { send } = await build({}, () => now)
      const ada = { token: await tokenOf('ada') }
      await send([impression()], ada)
      const [{ viewer_key } = { viewer_key: '' }] = await stored()
      await optOut(viewer_key)
      now += 5_001
      expect(await send([impression(), impression()], ada)).toEqual({
        success: true,
        tracked: 0,
        duplicates: 0,
        dropped: { opted_out: 2 },
        errors: [],
      })
      expect(await send([impression()], { token: await tokenOf('bob') })).toMatchObject({ tracked: 1 })
      expect(await countRows(database(), 'events')).toBe(2)
    })
  })

  describe('durations', () => {
    test.each([
      ['a view of registered content', 'view', 90_000, {}, 60_000, true],
      ['a watch of registered content', 'watch', 90_000, { mediaDurationMs: 80_000 }, 60_000, true],
      ['a watch that is short enough', 'watch', 60_000, {}, 60_000, false],
      ['a like', 'like', 90_000, {}, 90_000, false],
    ])('%s is cut to the length of the content', async (_name, type, durationMs, fields, kept, isCut) => {
      const { send, register } = await build()
      await register('1', { durationMs: 60_000 })
      await send([about('1', { type, durationMs, ...fields })])
      const [row] = await stored()
      expect([row?.duration_ms, (row?.flags ?? 0) & eventFlags.durationCut]).toEqual([
        kept,
        isCut ? eventFlags.durationCut : 0,
      ])
      expect(await countersOffBy(database())).toEqual([])
    })

    test('a watch of content that nobody registered is cut to the length the media says', async () => {
      const { send } = await build()
      await send([about('1', { type: 'watch', durationMs: 90_000, mediaDurationMs: 80_000 })])
      await send([about('2', { type: 'view', durationMs: 90_000, mediaDurationMs: 80_000 })])
      expect((await stored()).map(({ duration_ms }) => duration_ms)).toEqual([80_000, 90_000])
    })
  })

  describe('rate limits', () => {
    test('let a burst through, then refuse with the seconds to wait, and store nothing of what they refuse', async () => {
      let now = Date.now()
      const { post } = await build({ networkEventsPerSecond: 50, networkBurstEvents: 200 }, () => now)
      const answers = [await post(mixedEvents(100)), await post(mixedEvents(100)), await post(mixedEvents(100))]
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429])
      expect(answers[2]?.headers).toMatchObject({ 'retry-after': '1', 'access-control-expose-headers': 'retry-after' })
      expect(answers[2]?.json().error.code).toBe('rate_limited')
      expect(await countRows(database(), 'events')).toBe(200)
      now += 1_000
      const half = await post(mixedEvents(100))
      expect([half.statusCode, half.headers['retry-after']]).toEqual([429, '1'])
      now += 1_000
      expect((await post(mixedEvents(100))).statusCode).toBe(200)
    })

    test('are per network: IPv4 by address, IPv6 by its first 64 bits', async () => {
      const now = Date.now()
      const { post } = await build({ networkEventsPerSecond: 1, networkBurstEvents: 1 }, () => now)
      const from = async (address: string) => (await post([impression()], { address })).statusCode
      expect(await from('203.0.113.1')).toBe(200)
      expect(await from('203.0.113.1')).toBe(429)
      expect(await from('::ffff:203.0.113.1')).toBe(429)
      expect(await from('203.0.113.2')).toBe(200)
      expect(await from('2001:db8:1:2::1')).toBe(200)
      expect(await from('2001:db8:1:2:ffff::9')).toBe(429)
      expect(await from('2001:db8:1:3::1')).toBe(200)
    })

    test('believe the address of a trusted proxy only', async () => {
      const now = Date.now()
      const limits = { networkEventsPerSecond: 1, networkBurstEvents: 1 }
      const trusting = await build({ ...limits, trustProxy: ['10.0.0.0/8'] }, () => now)
      const from = async ({ post }: typeof trusting, address: string, forwarded: string) =>
        (await post([impression()], { address, headers: { 'x-forwarded-for': forwarded } })).statusCode
      expect(await from(trusting, '10.1.1.1', '203.0.113.1')).toBe(200)
      expect(await from(trusting, '10.1.1.1', '203.0.113.2')).toBe(200)
      expect(await from(trusting, '198.51.100.1', '203.0.113.3')).toBe(200)
      expect(await from(trusting, '198.51.100.1', '203.0.113.4')).toBe(429)
    })

    test('are not for admin tokens, except that of the whole collector', async () => {
      const now = Date.now()
      const limits = { networkEventsPerSecond: 1, networkBurstEvents: 1 }
      const token = await createAdminToken(database(), 'importer', now)
      const open = await build(limits, () => now)
      expect((await open.post(mixedEvents(500), { token })).statusCode).toBe(200)
      const closed = await build({ ...limits, collectorEventsPerSecond: 100 }, () => now)
      expect((await closed.post(mixedEvents(100), { token })).statusCode).toBe(200)
      const refused = await closed.post([impression()], { token })
      expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '1'])
    })

    test('a limit of 0 limits nothing', async () => {
      const { post } = await build({ networkEventsPerSecond: 0, networkBurstEvents: 1 })
      for (let i = 0; i < 5; i++) expect((await post(mixedEvents(100))).statusCode).toBe(200)
    })
  })

  describe('limits of a request', () => {
    test('are 256 KiB and 100 events from browsers, 1 MiB and 500 with an admin token', async () => {
      const { post, call } = await build({ networkEventsPerSecond: 0 })
      const token = ADMIN_TOKEN
      const many = async (count: number, sending = {}) => (await post(mixedEvents(count), sending)).statusCode
      expect([await many(100), await many(101), await many(101, { token: await tokenOf('ada') })]).toEqual([
        200, 413, 413,
      ])
      expect([await many(500, { token }), await many(501, { token })]).toEqual([200, 413])

      const headers = { 'content-type': 'text/plain' }
      const sized = async (bytes: number, sending = {}) =>
        (await call('POST', '/v1/events', eventOf(bytes), { headers, ...sending })).statusCode
      // An event of this size is refused alone, so the whole of it was read.
      expect([await sized(262_144), await sized(262_145)]).toEqual([400, 413])
      expect([await sized(1_048_576, { token }), await sized(1_048_577, { token })]).toEqual([400, 413])
    })
  })

  describe('single calls', () => {
    test('a view is 201 once and 200 within five minutes, and its time is added', async () => {
      const { call } = await build()
      const url = '/v1/content/project/7/views'
      const first = await call('POST', url, { durationMs: 3_000, source: 'explore' })
      const again = await call('POST', url, { durationMs: 2_000, source: 'profile' })
      expect([first.statusCode, first.json()]).toEqual([201, { counted: true }])
      expect([again.statusCode, again.json()]).toEqual([200, { counted: false, reason: 'repeat' }])
      const hours = await database().kysely.selectFrom('content_hours').selectAll().execute()
      expect(hours).toMatchObject([{ type: 'view', count: '1', duration_ms: '5000', duration_n: '1' }])
    })

    test('a view needs no body', async () => {
      const { app } = await build()
      const answer = await app.inject({ method: 'POST', url: '/v1/content/project/7/views' })
      expect(answer.statusCode).toBe(201)
    })

    test('a view with an id is stored once', async () => {
      const { call } = await build({ viewDedupeMs: 0 })
      const { id } = impression()
      const url = '/v1/content/project/7/views'
      const answers = [await call('POST', url, { id }), await call('POST', url, { id })]
      expect(answers.map((answer) => answer.json())).toEqual([
        { counted: true },
        { counted: false, reason: 'duplicate' },
      ])
    })

    test('a view is cut to the length of the content and belongs to the user of the token', async () => {
      const { call, register } = await build()
      await register('9', { durationMs: 15_000, ownerId: 'bob' })
      const url = '/v1/content/post/9/views'
      expect((await call('POST', url, { durationMs: 99_000 }, { token: await tokenOf('ada') })).statusCode).toBe(201)
      const own = await call('POST', url, {}, { token: await tokenOf('bob') })
      expect([own.statusCode, own.json()]).toEqual([200, { counted: false, reason: 'own' }])
      expect((await stored())[0]).toMatchObject({ user_id: 'ada', duration_ms: 15_000, channel: 'api' })
    })

    test.each<[name: string, url: string, body: unknown, token: string | undefined, status: number, code: string]>([
      ['what is not registered', '/v1/content/post/2/views', {}, undefined, 404, 'unknown_content'],
      ['what is private', '/v1/content/post/1/views', {}, undefined, 404, 'unknown_content'],
      ['a token that is not valid', '/v1/content/post/3/views', {}, 'a.b.c', 401, 'token_invalid'],
      ['a negative length', '/v1/content/post/3/views', { durationMs: -1 }, undefined, 400, 'invalid_view'],
      ['a length in words', '/v1/content/post/3/views', { durationMs: 'long' }, undefined, 400, 'invalid_view'],
      ['a list', '/v1/content/post/3/views', [], undefined, 400, 'invalid_view'],
      ['a type that is no type', '/v1/content/po%20st/3/views', {}, undefined, 400, 'invalid_view'],
      ['no path', '/v1/page-views', {}, undefined, 400, 'invalid_view'],
      ['a path that is none', '/v1/page-views', { path: 'about' }, undefined, 400, 'invalid_view'],
      ['no JSON', '/v1/page-views', 'path=/about', undefined, 400, 'invalid_json'],
    ])('refuses %s', async (_name, url, body, token, status, code) => {
      const { call, register } = await build({ strictCatalog: true })
      await register('1', { visibility: 'private', ownerId: 'ada' })
      await register('3', {})
      const answer = await call('POST', url, body, {
        headers: { 'content-type': 'application/json' },
        ...(token !== undefined && { token }),
      })
      expect([answer.statusCode, answer.json().error.code]).toEqual([status, code])
      expect(await countRows(database(), 'events')).toBe(0)
    })

    test('a page view is 204 and stores path and domain, nothing else of the addresses', async () => {
      const { call } = await build()
      const answer = await call('POST', '/v1/page-views', {
        path: '/about?mail=me@example.com&utm_source=letter#team',
        referrer: 'https://user:secret@news.example/a?q=1',
      })
      expect([answer.statusCode, answer.body]).toEqual([204, ''])
      const [row] = await stored()
      expect(row).toMatchObject({
        type: 'page_view',
        content_type: 'page',
        content_id: '/about',
        referrer_domain: 'news.example',
        metadata: { utm_source: 'letter' },
        channel: 'api',
      })
      expect(JSON.stringify(row)).not.toMatch(/me@|secret|team/)
    })

    test('may be called by pages of allowed sites, and by no other', async () => {
      const { call } = await build({ allowedOrigins: ['https://a.example'] })
      for (const url of ['/v1/page-views', '/v1/content/post/1/views']) {
        const own = await call('POST', url, { path: '/' }, { headers: { origin: 'https://a.example' } })
        const foreign = await call('POST', url, { path: '/' }, { headers: { origin: 'https://evil.example' } })
        expect([own.statusCode < 300, own.headers['access-control-allow-origin']]).toEqual([true, 'https://a.example'])
        expect([foreign.statusCode, foreign.json().error.code]).toEqual([403, 'origin_not_allowed'])
      }
      expect(await countRows(database(), 'events')).toBe(2)
    })
  })
})
