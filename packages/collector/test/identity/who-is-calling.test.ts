// A user is believed only with a valid token; a token that is not valid never becomes an anonymous visitor.
import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildCollector } from '../../src/collector'
import { createAdminToken, createFirstAdminToken, revokeAdminTokens } from '../../src/identity/admin-token'
import { onBothDatabases } from '../support/databases'
import { impression } from '../support/events'

const SECRET = 'k3Jx9-Vq7Lm2Pz8Rt5Wb1Yc6Nd4Hf0Gs'
const FIXED_ADMIN_TOKEN = 'Zt8-wQ4nB6vM1xK9pL3sD7fG5hJ2rC0y'

interface Claims {
  sub?: string | undefined
  expiresInSeconds?: number | undefined
  issuedAgoSeconds?: number
  role?: string
  iss?: string
  aud?: string
  secret?: string
  alg?: string
}

function sign({
  sub = 'ada',
  expiresInSeconds = 60,
  issuedAgoSeconds = 0,
  secret = SECRET,
  alg = 'HS256',
  ...rest
}: Claims = {}) {
  const now = Math.floor(Date.now() / 1000)
  const { role, iss = 'https://site.example', aud = 'sightline' } = rest
  const token = new SignJWT({ ...(role !== undefined && { role }), iss, aud, iat: now - issuedAgoSeconds })
  if (!('sub' in rest)) token.setSubject(sub)
  token.setProtectedHeader({ alg }).setExpirationTime(now + expiresInSeconds)
  return token.sign(new TextEncoder().encode(secret))
}

const unsigned = (claims: object) =>
  `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

onBothDatabases('who is calling', (database) => {
  let app: FastifyInstance
  beforeEach(async () => {
    app = await buildCollector({
      db: database(),
      config: {
        logLevel: 'silent',
        jwtSecret: SECRET,
        jwtIssuer: 'https://site.example',
        jwtAudience: 'sightline',
        adminToken: FIXED_ADMIN_TOKEN,
      },
    })
  })
  afterEach(() => app.close())

  const send = (token: string | undefined, body: object = {}) =>
    app.inject({
      method: 'POST',
      url: '/v1/events',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      payload: { ...body, events: [impression()] },
    })
  const ask = (token: string | undefined, url = '/v1/stats/site') =>
    app.inject({ url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
  const storedUsers = async () =>
    (await database().kysely.selectFrom('events').select('user_id').execute()).map(({ user_id }) => user_id)

  test('stores the user of a token in the header, or in the body of a page that closes', async () => {
    expect((await send(await sign())).statusCode).toBe(200)
    expect((await send(undefined, { token: await sign({ sub: 'grace' }) })).statusCode).toBe(200)
    expect((await storedUsers()).toSorted()).toEqual(['ada', 'grace'])
    const hours = await database().kysely.selectFrom('content_hours').select('authenticated').execute()
    expect(hours).toEqual([{ authenticated: true }])
  })

  test('takes events from servers with an admin token, without a user', async () => {
    expect((await send(await createAdminToken(database(), 'importer', Date.now()))).statusCode).toBe(200)
    expect(await storedUsers()).toEqual([null])
  })

  test('does not take an admin token out of a body', async () => {
    expect((await send(undefined, { token: FIXED_ADMIN_TOKEN })).statusCode).toBe(401)
  })

  describe('refuses with 401, in header and body', () => {
    test.each<[string, () => string | Promise<string>]>([
      ['an expired token', () => sign({ expiresInSeconds: -31 })],
      ['a token of another secret', () => sign({ secret: SECRET.toLowerCase() })],
      ['another algorithm', () => sign({ alg: 'HS512', secret: SECRET.repeat(2) })],
      ['no algorithm', () => unsigned({ sub: 'ada', exp: 9_999_999_999 })],
      ['a life of more than a day', () => sign({ expiresInSeconds: 86_500 })],
      ['another issuer', () => sign({ iss: 'https://evil.example' })],
      ['another audience', () => sign({ aud: 'shop' })],
      ['an empty user', () => sign({ sub: '' })],
      ['a user of 10 KB', () => sign({ sub: 'x'.repeat(10_000) })],
      ['a token that is no token', () => 'abc'],
    ])('%s', async (_name, make) => {
      const token = await make()
      const answers = [await send(token), await send(undefined, { token }), await ask(token)]
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401])
      expect(answers[0]?.json().error.code).toBe('token_invalid')
      expect(await storedUsers()).toEqual([])
    })
  })

  test('lets a clock be half a minute late', async () => {
    expect((await send(await sign({ expiresInSeconds: -25, issuedAgoSeconds: 60 }))).statusCode).toBe(200)
  })

  test('site stats are for moderators and admin tokens', async () => {
    const made = await createAdminToken(database(), 'dashboard', Date.now())
    const codes = [
      await ask(undefined),
      await ask('nonsense'),
      await ask(await sign()),
      await ask(await sign({ role: 'moderator' })),
      await ask(FIXED_ADMIN_TOKEN),
      await ask(made),
    ].map(({ statusCode }) => statusCode)
    expect(codes).toEqual([401, 401, 403, 200, 200, 200])
    await revokeAdminTokens(database(), 'dashboard', Date.now())
    expect((await ask(made)).statusCode).toBe(401)
  })

  test('stats of a content are for its owner too, and for no other user', async () => {
    const id = randomUUID()
    await app.inject({ method: 'POST', url: '/v1/events', payload: impression({ content: { type: 'post', id } }) })
    await database().kysely.updateTable('content').set({ owner_id: 'ada' }).where('id', '=', id).execute()
    const url = `/v1/content/post/${id}/stats`
    const codes = [
      await ask(await sign({ sub: 'ada' }), url),
      await ask(await sign({ sub: 'bob' }), url),
      await ask(await sign({ sub: 'bob', role: 'moderator' }), url),
      await ask(undefined, url),
    ].map(({ statusCode }) => statusCode)
    expect(codes).toEqual([200, 403, 200, 401])
  })

  test('of five collectors that start together, one makes the first admin token', async () => {
    const tokens = await Promise.all([1, 2, 3, 4, 5].map(() => createFirstAdminToken(database(), Date.now())))
    expect(tokens.filter((token) => token !== undefined)).toHaveLength(1)
  })
})
