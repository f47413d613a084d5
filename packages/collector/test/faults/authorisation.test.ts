// Faults of the catalogue's group "authorisation": nobody is believed who did not prove who they are.
import { createSecretKey, randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAdminToken, revokeAdminTokens } from '../../src/identity/admin-token'
import type { MadeShare } from '../../src/shares/shapes'
import { ADMIN_TOKEN, JWT_SECRET, about, tokenOf, useCollectors, type TestCollector } from '../support/collectors'
import { endAllCollectors, startCollector } from '../support/collector-process'
import { createPostgresDatabase, onBothDatabases } from '../support/databases'
import { countRows, impression } from '../support/events'
import { openKeyProvider, type KeyProvider } from '../support/key-provider'

/** The clock stands still, so that a second more or less is one. */
const NOW_MS = Date.now()
const nowSeconds = () => Math.floor(NOW_MS / 1_000)

/** A token of the site's secret with exactly these claims. */
function signed(claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
  const token = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', ...header })
  return token.sign(createSecretKey(Buffer.from(JWT_SECRET)))
}
const base = () => ({
  sub: 'ada',
  iss: 'https://site.example',
  aud: 'sightline',
  iat: nowSeconds(),
  exp: nowSeconds() + 60,
})

const bodyOf = (url: string) => {
  if (url === '/v1/content') return [{ type: 'post', id: '5' }]
  if (url === '/v1/events') return impression()
  if (url === '/v1/shares') return { scope: 'overview' }
  return url === '/v1/page-views' ? { path: '/' } : {}
}

/** `GET /a/b` for every route of Fastify's tree, without HEAD, which goes the way of GET. */
function listRoutes(tree: string): string[] {
  const routes: string[] = []
  const path: string[] = []
  for (const line of tree.split('\n')) {
    const [, indent = '', name = '', methods = ''] = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? []
    if (name === '') continue
    const depth = indent.length / 4
    path.splice(depth, Infinity, name)
    const url = path.slice(0, depth + 1).join('')
    for (const method of methods.split(', ')) if (method !== '' && method !== 'HEAD') routes.push(`${method} ${url}`)
  }
  return routes
}

const status = async ({ post }: TestCollector, token: string) => (await post([impression()], { token })).statusCode

/** A link with an id of its own in each case, so that one of them can be revoked by a fixed address. */
const SHARE_ID = '01900000-0000-7000-8000-000000000001'

const endless = { expires_at: null, revoked_at: null, name: null, content_type: null, content_id: null }

const guess = () => `sightline_${randomBytes(32).toString('base64url')}`

afterEach(endAllCollectors)

test('AZ-12 an address that no trusted proxy tells is not believed, and the operator is told once', async () => {
  const { url: databaseUrl, drop } = await createPostgresDatabase()
  const limits = { NETWORK_EVENTS_PER_SECOND: '1', NETWORK_BURST_EVENTS: '2' }
  const collector = await startCollector({ DATABASE_URL: databaseUrl, ...limits })
  const statuses = []
  for (const address of ['203.0.113.1', '203.0.113.2', '203.0.113.3']) {
    const headers = { 'x-forwarded-for': address, 'x-real-ip': address, forwarded: `for=${address}` }
    const answer = await fetch(`${collector.url}/v1/events`, { method: 'POST', headers, body: '{"type":"like"}' })
    statuses.push(answer.status)
  }
  collector.signal('SIGTERM')
  await collector.ended
  await drop()
  expect(statuses).toEqual([200, 200, 429])
  expect(collector.output().match(/TRUST_PROXY/g)).toHaveLength(1)
  expect(collector.output()).not.toContain('203.0.113')
})

onBothDatabases('authorisation', (database) => {
  const build = useCollectors(database)
  const users = async () =>
    (await database().kysely.selectFrom('events').select('user_id').execute()).map(({ user_id }) => user_id)
  const strict = () => build({ jwtIssuer: 'https://site.example', jwtAudience: 'sightline' }, () => NOW_MS)

  const buildAll = () => build({ compareKeys: ['variant'], trending: true })

  describe('AZ-03 every route asks for the role it is for', () => {
    type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'
    const anyone = 'nobody user owner other moderator admin token'
    const people = 'user owner other moderator'
    const staff = 'moderator admin token'
    /** Share links: to the overview, and to post 1. */
    const shared = 'overview page'
    const admins = 'admin token'
    /** Who is let in; everybody else gets 403, without a valid token 401. A route that is not here fails the test below. */
    const routes: [method: Method, pattern: string, url: string, allowed: string][] = [
      ['POST', '/v1/events', '/v1/events', anyone],
      ['POST', '/v1/page-views', '/v1/page-views', anyone],
      ['POST', '/v1/content/:type/:id/views', '/v1/content/post/4/views', anyone],
      ['PUT', '/v1/content/:type/:id', '/v1/content/post/2', admins],
      ['GET', '/v1/content/:type/:id', '/v1/content/post/1', admins],
      ['DELETE', '/v1/content/:type/:id', '/v1/content/post/3', admins],
      ['POST', '/v1/content', '/v1/content', admins],
      ['GET', '/v1/client-address', '/v1/client-address', admins],
      ['GET', '/v1/content/:type/:id/stats', '/v1/content/post/1/stats', `owner page ${staff}`],
      ['GET', '/v1/content/:type/:id/distributions', '/v1/content/post/1/distributions', `owner page ${staff}`],
      ['GET', '/v1/content/:type/:id/positions', '/v1/content/post/1/positions', `owner page ${staff}`],
      ['GET', '/v1/stats/site', '/v1/stats/site', `overview ${staff}`],
      ['GET', '/v1/stats/series', '/v1/stats/series', `overview ${staff}`],
      ['GET', '/v1/stats/breakdown/:dimension', '/v1/stats/breakdown/country', `overview ${staff}`],
      ['GET', '/v1/stats/top', '/v1/stats/top', `overview ${staff}`],
      ['GET', '/v1/stats/durations', '/v1/stats/durations', staff],
      ['GET', '/v1/stats/engagement', '/v1/stats/engagement', staff],
      ['GET', '/v1/stats/positions', '/v1/stats/positions', staff],
      ['GET', '/v1/stats/hours', '/v1/stats/hours', staff],
      ['GET', '/v1/stats/retention', '/v1/stats/retention', staff],
      ['GET', '/v1/stats/compare', '/v1/stats/compare?key=variant', staff],
      ['GET', '/v1/live', '/v1/live', staff],
      ['GET', '/v1/me/recently-viewed', '/v1/me/recently-viewed', people],
      ['DELETE', '/v1/me/recently-viewed', '/v1/me/recently-viewed', people],
      ['DELETE', '/v1/me/recently-viewed/:type/:id', '/v1/me/recently-viewed/post/1', people],
      ['GET', '/v1/me/opt-out', '/v1/me/opt-out', people],
      ['PUT', '/v1/me/opt-out', '/v1/me/opt-out', people],
      ['DELETE', '/v1/me/opt-out', '/v1/me/opt-out', people],
      ['GET', '/v1/me/export', '/v1/me/export', people],
      ['DELETE', '/v1/me', '/v1/me', people],
      ['GET', '/v1/users/:id/export', '/v1/users/ada/export', admins],
      ['DELETE', '/v1/users/:id', '/v1/users/ada', admins],
      ['GET', '/v1/export', '/v1/export', admins],
      ['GET', '/v1/session', '/v1/session', `${anyone} ${shared}`],
      ['POST', '/v1/session', '/v1/session', `${anyone} ${shared}`],
      ['POST', '/v1/shares', '/v1/shares', staff],
      ['GET', '/v1/shares', '/v1/shares', staff],
      ['DELETE', '/v1/shares/:id', `/v1/shares/${SHARE_ID}`, staff],
      ['GET', '/v1/now', '/v1/now', staff],
      ['GET', '/v1/trust', '/v1/trust', admins],
      ['POST', '/v1/trust/dead-letters/replay', '/v1/trust/dead-letters/replay', admins],
    ]
    /** Looks at no token: what it tells is for everybody, or for who knows the receipt or the token of the metrics. */
    const open = new Set([
      ...'/ /healthz /readyz /metrics /openapi.json /docs /docs.css /sightline.js /style.css /app.js /icon.svg'.split(
        ' ',
      ),
      '/v1/trending',
      '/v1/erasures/:receipt',
      'DELETE /v1/session',
    ])

    test('and is declared here', async () => {
      const { app } = await buildAll()
      const declared = new Set(routes.map(([method, pattern]) => `${method} ${pattern}`))
      // Browsers ask with OPTIONS, of any path.
      const found = listRoutes(app.printRoutes({ commonPrefix: false })).filter(
        (route) => !route.startsWith('OPTIONS '),
      )
      expect(found).toContain('GET /healthz')
      expect(found.filter((route) => !declared.has(route) && !open.has(route.replace(/^GET /, '')))).toEqual([])
      expect([...declared].filter((route) => !found.includes(route))).toEqual([])
    })

    test.each(routes)('%s %s', async (method, _pattern, url, allowed) => {
      const { app, call, register, send } = await buildAll()
      await register('1', { ownerId: 'owner' })
      await register('9', { ownerId: 'other' })
      await send([about('1')])
      const [made, revoked] = [
        await createAdminToken(database(), 'made', Date.now()),
        await createAdminToken(database(), 'revoked', Date.now()),
      ]
      await revokeAdminTokens(database(), 'revoked', Date.now())
      const share = async (wish: object) =>
        (await call('POST', '/v1/shares', wish, { token: ADMIN_TOKEN })).json<MadeShare>()
      const [toOverview, toPage, shut, ended] = [
        await share({ scope: 'overview' }),
        await share({ scope: 'content', content: { type: 'post', id: '1' } }),
        await share({ scope: 'overview' }),
        await share({ scope: 'overview' }),
      ]
      await call('DELETE', `/v1/shares/${shut.id}`, undefined, { token: ADMIN_TOKEN })
      await database()
        .kysely.updateTable('share_links')
        .set({ expires_at: new Date(Date.now() - 1) })
        .where('id', '=', ended.id)
        .execute()
      await database()
        .kysely.insertInto('share_links')
        .values({ ...endless, id: SHARE_ID, created_at: new Date(), token_hash: randomBytes(32) })
        .execute()
      const tokens: Record<string, string | undefined> = {
        nobody: undefined,
        user: await tokenOf('ada'),
        owner: await tokenOf('owner'),
        other: await tokenOf('other'),
        moderator: await tokenOf('mo', { role: 'moderator' }),
        admin: ADMIN_TOKEN,
        token: made,
        expired: await tokenOf('mo', { role: 'moderator' }, Date.now() - 7_200_000),
        revoked,
        overview: toOverview.token,
        page: toPage.token,
        'revoked link': shut.token,
        'expired link': ended.token,
      }
      const body = method === 'GET' || method === 'DELETE' ? undefined : bodyOf(url)
      const statusOf = async (token: string | undefined) => {
        if (url !== '/v1/live') return (await call(method, url, body, token === undefined ? {} : { token })).statusCode
        const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
        const answer = await app.inject({ method, url, headers, payloadAsStream: true })
        answer.stream().destroy()
        return answer.statusCode
      }
      for (const [role, token] of Object.entries(tokens)) {
        await register('3', {})
        const status = await statusOf(token)
        const expected = allowed.split(' ').includes(role) ? 'allowed' : /nobody|expired|revoked/.test(role) ? 401 : 403
        expect([role, status < 300 ? 'allowed' : status]).toEqual([role, expected])
      }
    })
  })

  test('AZ-04 nobody makes themselves a moderator, an owner or counted by fields of a body', async () => {
    const { send, call } = await build()
    const claimed = { role: 'moderator', userId: 'root', user_id: 'root', counted: true, flags: 0, ownerId: 'root' }
    await send([{ ...impression(), ...claimed }], { body: claimed, token: await tokenOf('ada') })
    expect(await users()).toEqual(['ada'])
    const content = await database().kysely.selectFrom('content').selectAll().execute()
    expect(content).toMatchObject([{ owner_id: null, registered: false }])
    expect((await call('GET', '/v1/stats/site', undefined, { token: await tokenOf('ada') })).statusCode).toBe(403)
  })

  describe('AZ-06 claims', () => {
    const cases: [name: string, claims: () => Record<string, unknown>, status: number][] = [
      ['all there', base, 200],
      ['expired 29 s ago', () => ({ ...base(), iat: nowSeconds() - 90, exp: nowSeconds() - 29 }), 200],
      ['expired 31 s ago', () => ({ ...base(), exp: nowSeconds() - 31 }), 401],
      ['without exp', () => ({ ...base(), exp: undefined }), 401],
      ['not valid for another 31 s', () => ({ ...base(), nbf: nowSeconds() + 31 }), 401],
      ['a life of ten years', () => ({ ...base(), exp: nowSeconds() + 10 * 31_536_000 }), 401],
      ['a life of an hour that begins in ten years', () => laterBy(10 * 31_536_000), 401],
      ['an exp that is a text', () => ({ ...base(), exp: '9999999999' }), 401],
      ['another aud', () => ({ ...base(), aud: 'shop' }), 401],
      ['without aud', () => ({ ...base(), aud: undefined }), 401],
      ['another iss', () => ({ ...base(), iss: 'https://evil.example' }), 401],
      ['without iss', () => ({ ...base(), iss: undefined }), 401],
      ['without sub', () => ({ ...base(), sub: undefined }), 401],
      ['a sub that is a number', () => ({ ...base(), sub: 7 }), 401],
      ['a sub of 10 KB', () => ({ ...base(), sub: 'x'.repeat(10_000) }), 401],
      ['a sub with NUL', () => ({ ...base(), sub: 'a\0b' }), 401],
    ]
    const laterBy = (seconds: number) => ({
      ...base(),
      iat: nowSeconds() + seconds,
      exp: nowSeconds() + seconds + 3_600,
    })

    test.each(cases)('%s', async (_name, claims, status) => {
      const { post } = await strict()
      const token = await signed(JSON.parse(JSON.stringify(claims())))
      const inHeader = await post([impression()], { token })
      const inBody = await post([impression()], { body: { token } })
      expect([inHeader.statusCode, inBody.statusCode]).toEqual([status, status])
      expect(await users()).toEqual(status === 200 ? ['ada', 'ada'] : [])
    })
  })

  test('AZ-07 a user id is only what a valid token says, and an invalid token is never anonymous', async () => {
    const { post, send } = await build()
    await send([impression()], { body: { userId: 'ada', anonymousId: 'ada' } })
    expect(await users()).toEqual([null])
    for (const token of ['a.b.c', `${await tokenOf('ada')}x`, 'x'.repeat(9_000), `${'x.'.repeat(2)}x`]) {
      expect((await post([impression()], { token })).statusCode).toBe(401)
      expect((await post([impression()], { body: { token } })).statusCode).toBe(401)
    }
    expect(await countRows(database(), 'events')).toBe(1)
  })

  describe('keys of an identity provider', () => {
    let provider: KeyProvider
    beforeEach(async () => {
      provider = await openKeyProvider()
    })
    afterEach(() => provider.close())
    const withKeys = (now?: () => number) =>
      build(
        {
          jwtSecret: undefined,
          jwksUrl: provider.url,
          jwtAlgorithm: 'ES256',
          jwtIssuer: 'https://login.example',
          jwtAudience: 'sightline',
        },
        now,
      )

    test('AZ-05 tokens of its keys name users; other algorithms, keys and key addresses in the token do not', async () => {
      const collector = await withKeys()
      expect(await status(collector, await provider.sign())).toBe(200)
      expect(await users()).toEqual(['ada'])
      const other = await openKeyProvider()
      const spki = Buffer.from(JSON.stringify(await (await fetch(provider.url)).json()))
      const refused = [
        await other.sign({}, { jku: other.url }),
        await signed({ ...base(), iss: 'https://login.example' }),
        await new SignJWT({ ...base(), iss: 'https://login.example' })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(createSecretKey(spki)),
        await provider.sign({ aud: 'shop' }),
        await provider.sign({ iss: 'https://site.example' }),
        `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(base())).toString('base64url')}.x`,
      ]
      await other.close()
      for (const token of refused) expect(await status(collector, token)).toBe(401)
      expect(other.asked()).toBe(0)
    })

    test('AZ-08 a new key of the provider is found by itself, and old tokens stay valid', async () => {
      let now = Date.now()
      const collector = await withKeys(() => now)
      const before = await provider.sign()
      expect(await status(collector, before)).toBe(200)
      await provider.rotate()
      now += 30_000
      const after = await provider.sign()
      expect([await status(collector, after), await status(collector, before)]).toEqual([200, 200])
      expect(provider.asked()).toBe(2)
    })

    test('AZ-08 a flood of invented keys asks the provider once in thirty seconds', async () => {
      let now = Date.now()
      const collector = await withKeys(() => now)
      for (let i = 0; i < 20; i++)
        expect(await status(collector, await provider.sign({}, { kid: `no-${i}` }))).toBe(401)
      expect(provider.asked()).toBe(1)
      now += 30_000
      for (let i = 0; i < 5; i++) expect(await status(collector, await provider.sign({}, { kid: `no-${i}` }))).toBe(401)
      expect(provider.asked()).toBe(2)
    })

    test.each(['hangs', 'fails', 'redirects', 'floods'] as const)(
      'AZ-08 a provider that %s: known keys go on, unknown ones are 503 and never anonymous',
      async (how) => {
        let now = Date.now()
        const collector = await withKeys(() => now)
        const token = await provider.sign()
        expect(await status(collector, token)).toBe(200)
        provider.behave(how)
        now += 1_900_000
        const claims = { iat: Math.floor(now / 1_000), exp: Math.floor(now / 1_000) + 600 }
        expect(await status(collector, await provider.sign(claims))).toBe(200)
        await provider.rotate()
        now += 30_000
        const undecided = await collector.post([impression()], { token: await provider.sign(claims) })
        expect([undecided.statusCode, undecided.json().error.code]).toEqual([503, 'keys_unavailable'])
        expect(Number(undecided.headers['retry-after'])).toBeGreaterThan(0)
        provider.behave('well')
        now += 30_000
        expect(await status(collector, await provider.sign(claims))).toBe(200)
      },
    )

    test('AZ-08 keys older than an hour are not used when the provider cannot be asked', async () => {
      let now = Date.now()
      const collector = await withKeys(() => now)
      expect(await status(collector, await provider.sign())).toBe(200)
      provider.behave('fails')
      now += 3_700_000
      const claims = { iat: Math.floor(now / 1_000), exp: Math.floor(now / 1_000) + 600 }
      expect(await status(collector, await provider.sign(claims))).toBe(503)
    })

    test('AZ-08 a provider that never answered leaves events without a token alone', async () => {
      provider.behave('fails')
      const collector = await withKeys()
      expect(await status(collector, await provider.sign())).toBe(503)
      expect((await collector.post([impression()])).statusCode).toBe(200)
      expect(await users()).toEqual([null])
    })
  })

  test('AZ-09 admin tokens are refused in a query, in another case, in part, and in a body', async () => {
    const { call, post } = await build()
    const token = await createAdminToken(database(), 'importer', Date.now())
    const stats = (sent: string) => call('GET', '/v1/stats/site', undefined, { token: sent })
    const wrong = [token.toUpperCase(), token.slice(0, -1), `${token}x`, token.slice(10), ADMIN_TOKEN.toLowerCase()]
    for (const sent of wrong) expect((await stats(sent)).statusCode).toBe(401)
    expect((await call('GET', `/v1/stats/site?token=${token}`)).statusCode).toBe(401)
    expect((await post([impression()], { body: { token } })).statusCode).toBe(401)
    expect((await stats(token)).statusCode).toBe(200)
    const rows = await database().kysely.selectFrom('admin_tokens').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(token)
  })

  test('AZ-14 the eleventh wrong token of a network waits; valid ones and other networks do not', async () => {
    let now = Date.now()
    const { call } = await build({}, () => now)
    const token = await createAdminToken(database(), 'importer', now)
    const ask = async (sent: string, address: string) =>
      (await call('GET', '/v1/stats/site', undefined, { token: sent, address })).statusCode
    expect(await ask(token, '203.0.113.1')).toBe(200)
    const answers = []
    for (let i = 0; i < 20; i++) answers.push(await ask(guess(), '203.0.113.1'))
    expect(answers).toEqual([...Array(10).fill(401), ...Array(10).fill(429)])
    expect(await ask(token, '203.0.113.1')).toBe(200)
    expect(await ask(ADMIN_TOKEN, '203.0.113.1')).toBe(200)
    expect(await ask(guess(), '203.0.113.2')).toBe(401)
    now += 6_000
    expect([await ask(guess(), '203.0.113.1'), await ask(guess(), '203.0.113.1')]).toEqual([401, 429])
    await revokeAdminTokens(database(), 'importer', now)
    expect(await ask(token, '203.0.113.1')).toBe(401)
  })

  test('AZ-16 refusals tell a code and a sentence, and nothing of the inside', async () => {
    const { call, post } = await build()
    const answers = [
      await post([impression()], { token: 'a.b.c' }),
      await call('PUT', '/v1/content/post/1', {}),
      await call('GET', "/v1/content/post/1'--/stats"),
      await call('POST', '/v1/page-views', { path: 7 }),
    ]
    for (const { body, headers } of answers) {
      expect(JSON.parse(body)).toEqual({
        error: { code: expect.stringMatching(/^[a-z_]+$/), message: expect.any(String) },
      })
      expect(body).not.toMatch(/select |insert |node_modules|\bat \w+ \(|fastify|zod/i)
      expect(headers).not.toHaveProperty('x-powered-by')
    }
  })

  test('AZ-18 other spellings of a protected address are refused too, or are no address at all', async () => {
    const { call, register, send } = await build()
    await register('1', { ownerId: 'ada' })
    await send([about('1')])
    const spellings = [
      '//v1/stats/site',
      '/v1/stats/site/',
      '/v1/%73tats/site',
      '/v1/events/../stats/site',
      '/v1/events/%2e%2e/stats/site',
      '/v1/stats/site;x',
      '/V1/Stats/Site',
      '/v1/content/post/%31',
      '/v1/content/post/1/',
      '/v1/content/post/1/stats;x',
    ]
    for (const url of spellings) expect([401, 404]).toContain((await call('GET', url)).statusCode)
  })
})
