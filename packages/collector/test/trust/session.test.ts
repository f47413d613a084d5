// The dashboard's cookie: who may have one, what it opens, and what it must never open.
import { expect, test } from 'vitest'
import { ADMIN_TOKEN, tokenOf, useCollectors } from '../support/collectors'
import { onBothDatabases } from '../support/databases'
import { countRows, impression } from '../support/events'

const ours = { 'sec-fetch-site': 'same-origin' }

onBothDatabases('the session', (database) => {
  const build = useCollectors(database)

  async function signIn(token = ADMIN_TOKEN, headers: Record<string, string> = ours) {
    const collector = await build()
    const answer = await collector.call('POST', '/v1/session', undefined, { token, headers })
    const cookie = String(answer.headers['set-cookie'] ?? '')
    return { ...collector, answer, cookie, kept: { ...ours, cookie: cookie.split(';')[0] ?? '' } }
  }

  test('says what a token opens', async () => {
    const { call } = await build()
    const who = async (token?: string) => (await call('GET', '/v1/session', undefined, token ? { token } : {})).json()
    expect(await who()).toEqual({ role: 'none', userId: null, isKept: false })
    expect(await who(ADMIN_TOKEN)).toEqual({ role: 'admin', userId: null, isKept: false })
    expect(await who(await tokenOf('ada'))).toEqual({ role: 'user', userId: 'ada', isKept: false })
    expect(await who(await tokenOf('mo', { role: 'moderator' }))).toMatchObject({ role: 'moderator', userId: 'mo' })
  })

  test('refuses a token that is not valid, and keeps nothing', async () => {
    const { answer, cookie } = await signIn('no-such-token')
    expect([answer.statusCode, cookie]).toEqual([401, ''])
  })

  test('is kept where no script and no other site can use it', async () => {
    const { cookie } = await signIn()
    expect(cookie).toMatch(/^sightline_session=[^;]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/)
  })

  test('opens the questions of the dashboard', async () => {
    const { call, kept } = await signIn()
    for (const path of ['session', 'stats/site', 'stats/breakdown/country', 'trust', 'now']) {
      const answer = await call('GET', `/v1/${path}`, undefined, { headers: kept })
      expect([path, answer.statusCode]).toEqual([path, 200])
    }
    expect((await call('GET', '/v1/session', undefined, { headers: kept })).json()).toMatchObject({
      role: 'admin',
      isKept: true,
    })
  })

  test('opens nothing else: no export, no catalogue, no erasing', async () => {
    const { call, kept } = await signIn()
    for (const [method, path] of [
      ['GET', '/v1/export'],
      ['PUT', '/v1/content/post/1'],
      ['DELETE', '/v1/me'],
      ['GET', '/v1/client-address'],
    ] as const) {
      const answer = await call(method, path, method === 'PUT' ? {} : undefined, { headers: kept })
      expect([path, answer.statusCode]).toEqual([path, 401])
    }
  })

  test('says nothing about the events that the same browser sends', async () => {
    const token = await tokenOf('ada')
    const { send, kept } = await signIn(token)
    await send([impression()], { headers: kept })
    const named = database().kysely.selectFrom('events').select('user_id')
    expect(await named.executeTakeFirstOrThrow()).toEqual({ user_id: null })
    expect(await countRows(database(), 'events')).toBe(1)
  })

  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
    ['another origin, told by an older browser', { origin: 'https://evil.test' }],
  ])('does not work for a page of %s', async (_name, headers) => {
    const { call, kept } = await signIn()
    const { 'sec-fetch-site': _ours, ...cookie } = kept
    const read = await call('GET', '/v1/stats/site', undefined, { headers: { ...cookie, ...headers } })
    const written = await call('POST', '/v1/trust/dead-letters/replay', undefined, {
      headers: { ...cookie, ...headers },
    })
    expect([read.statusCode, written.statusCode]).toEqual([401, 401])
  })

  test('is not begun by a page of another site', async () => {
    const { cookie, answer } = await signIn(ADMIN_TOKEN, { 'sec-fetch-site': 'cross-site' })
    expect([cookie, answer.json().isKept]).toEqual(['', false])
  })

  test('ends with the sign-out', async () => {
    const { call } = await build()
    const answer = await call('DELETE', '/v1/session')
    expect(answer.statusCode).toBe(204)
    expect(answer.headers['set-cookie']).toMatch(/^sightline_session=; Path=\/; Max-Age=0;/)
  })

  test('ends when its token is not valid any more', async () => {
    const collector = await build()
    const kept = { ...ours, cookie: 'sightline_session=revoked-long-ago' }
    const answer = await collector.call('GET', '/v1/session', undefined, { headers: kept })
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['set-cookie']).toContain('Max-Age=0')
  })

  test('is sent over TLS only where the page came over TLS', async () => {
    const { call } = await build({ trustProxy: ['127.0.0.1'] })
    const headers = { ...ours, 'x-forwarded-proto': 'https' }
    const answer = await call('POST', '/v1/session', undefined, { token: ADMIN_TOKEN, headers })
    expect(answer.headers['set-cookie']).toMatch(/; Secure$/)
  })
})
