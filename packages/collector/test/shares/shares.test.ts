// Share links: one page for whoever has the link, until it ends or somebody revokes it, and nothing else ever.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { MAX_OPEN_LINKS } from '../../src/shares/share-links'
import type { MadeShare, ShareList } from '../../src/shares/shapes'
import { about, ADMIN_TOKEN, tokenOf, useCollectors, type TestCollector } from '../support/collectors'
import { onBothDatabases } from '../support/databases'
import { countRows } from '../support/events'
import { runJobNow } from '../support/run-job'

const DAY_MS = 86_400_000
const START = Date.parse('2026-11-21T12:00:00Z')
const asAdmin = { token: ADMIN_TOKEN }
const overview = { scope: 'overview' }
const post1 = { scope: 'content', content: { type: 'post', id: '1' } }
const guess = () => `sightline_share_${randomBytes(32).toString('base64url')}`

const make = async ({ call }: TestCollector, wanted: object, sending = asAdmin): Promise<MadeShare> => {
  const answer = await call('POST', '/v1/shares', wanted, sending)
  if (answer.statusCode !== 201) throw new Error(`expected the link to be made, got ${answer.body}`)
  return answer.json<MadeShare>()
}

/** Status and sentence of a question that is asked with a token. */
const ask = async ({ call }: TestCollector, token: string, path = '/v1/stats/site', address = '203.0.113.1') => {
  const answer = await call('GET', path, undefined, { token, address })
  return [answer.statusCode, answer.json<{ error?: { message: string } }>().error?.message]
}

const known = async (collector: TestCollector) => {
  await collector.register('1', { title: 'One' })
  await collector.register('2', {})
  return collector
}

onBothDatabases('share links', (database) => {
  const build = useCollectors(database)
  test('open the overview: its totals, days, breakdowns and top lists', async () => {
    const collector = await build()
    const { token } = await make(collector, overview)
    for (const path of ['site', 'series', 'top?by=clicks', 'breakdown/country', 'breakdown/source?audience=anonymous'])
      expect([path, ...(await ask(collector, token, `/v1/stats/${path}`))]).toEqual([path, 200, undefined])
    const refused = 'A share link opens the page it was made for, and nothing else.'
    for (const path of ['stats/positions', 'content/post/1/stats', 'live', 'now', 'trust', 'export', 'shares'])
      expect([path, ...(await ask(collector, token, `/v1/${path}`))]).toEqual([path, 403, refused])
  })

  test('open one content and no other', async () => {
    const collector = await known(await build())
    const { token } = await make(collector, post1)
    for (const question of ['stats?days=30', 'distributions', 'positions'])
      expect([question, ...(await ask(collector, token, `/v1/content/post/1/${question}`))]).toEqual([
        question,
        200,
        undefined,
      ])
    const refused = 'A share link opens the page it was made for, and nothing else.'
    for (const path of [
      'content/post/2/stats',
      'content/post/2/positions',
      'content/reel/1/stats',
      'content/post/1',
      'stats/site',
      'stats/top',
    ])
      expect([path, ...(await ask(collector, token, `/v1/${path}`))]).toEqual([path, 403, refused])
  })

  test('have a secret of 256 random bits that is told once and stored nowhere', async () => {
    const collector = await build()
    const { token, ...share } = await make(collector, { ...overview, name: ' For the board ' })
    expect(token).toMatch(/^sightline_share_[\w-]{43}$/)
    expect(share.name).toBe('For the board')
    const listed = (await collector.call('GET', '/v1/shares', undefined, asAdmin)).json<ShareList>()
    expect(listed).toEqual({ shares: [share] })
    const rows = await database().kysely.selectFrom('share_links').selectAll().execute()
    const stored = rows.map((row) => [...Object.values(row), Buffer.from(row.token_hash).toString()].join())
    expect(stored.join()).not.toContain(token.slice('sightline_share_'.length))
  })

  test('end thirty days after they were made, unless something else was wished', async () => {
    let now = START
    const collector = await build({}, () => now)
    const [usual, short, endless] = [
      await make(collector, overview),
      await make(collector, { ...overview, expiresInDays: 1 }),
      await make(collector, { ...overview, expiresInDays: null }),
    ]
    expect([usual.expiresAt, endless.expiresAt]).toEqual(['2026-12-21T12:00:00.000Z', null])
    now = START + DAY_MS - 1
    expect(await ask(collector, short.token)).toEqual([200, undefined])
    now = START + DAY_MS
    const ended = 'This share link ended on 2026-11-22 12:00 UTC. Ask whoever sent it for another one.'
    expect(await ask(collector, short.token)).toEqual([401, ended])
    expect(await ask(collector, usual.token)).toEqual([200, undefined])
    now = START + 400 * DAY_MS
    expect((await ask(collector, usual.token))[0]).toBe(401)
    expect(await ask(collector, endless.token)).toEqual([200, undefined])
  })

  test('open nothing any more from the moment in which they are revoked, through every collector', async () => {
    const [first, second] = [await build(), await build()]
    const { id, token } = await make(first, overview)
    expect(await ask(second, token)).toEqual([200, undefined])
    expect((await first.call('DELETE', `/v1/shares/${id}`, undefined, asAdmin)).statusCode).toBe(204)
    const revoked = 'This share link was revoked. Ask whoever sent it for another one.'
    for (const collector of [first, second]) {
      expect(await ask(collector, token)).toEqual([401, revoked])
      expect(await ask(collector, token, '/v1/session')).toEqual([401, revoked])
    }
  })

  test('keep the time of their first revocation', async () => {
    let now = START
    const collector = await build({}, () => now)
    const { id } = await make(collector, overview)
    for (let times = 0; times < 2; times++) {
      expect((await collector.call('DELETE', `/v1/shares/${id}`, undefined, asAdmin)).statusCode).toBe(204)
      now += 1_000
    }
    const { shares } = (await collector.call('GET', '/v1/shares', undefined, asAdmin)).json<ShareList>()
    expect(shares[0]?.revokedAt).toBe('2026-11-21T12:00:00.000Z')
  })

  test.each(['01900000-0000-7000-8000-000000000000', 'no-id'])('say that there is none with the id %s', async (id) => {
    const { call } = await build()
    const answer = await call('DELETE', `/v1/shares/${id}`, undefined, asAdmin)
    expect([answer.statusCode, answer.json().error.message]).toEqual([
      404,
      'There is no share link with this id. GET /v1/shares tells the ids.',
    ])
  })

  test('are told apart from tokens that never were; who guesses waits, and shuts no open link', async () => {
    let now = START
    const collector = await build({}, () => now)
    const { token } = await make(collector, overview)
    expect(await ask(collector, token)).toEqual([200, undefined])
    const wrong = 'This share link is not valid. Check that the whole address was copied, or ask for another link.'
    expect(await ask(collector, token.slice(0, -1), undefined, '203.0.113.9')).toEqual([401, wrong])
    const statuses = []
    for (let i = 0; i < 20; i++) statuses.push((await ask(collector, guess()))[0])
    expect(statuses).toEqual([...Array(10).fill(401), ...Array(10).fill(429)])
    expect(await ask(collector, token)).toEqual([200, undefined])
    expect((await ask(collector, guess(), undefined, '203.0.113.2'))[0]).toBe(401)
    // Nor does it shut out who signs in with an admin token.
    const signIn = await collector.call('GET', '/v1/session', undefined, { ...asAdmin, address: '203.0.113.1' })
    expect(signIn.statusCode).toBe(200)
    now += 6_000
    expect((await ask(collector, guess()))[0]).toBe(401)
  })

  test.each<[what: string, body: unknown, sentence: string]>([
    [
      'nothing',
      {},
      'Wrong value in "scope": expected { "scope": "overview" }, or { "scope": "content", "content": { "type": …, "id": … } }',
    ],
    ['a scope that is none', { scope: 'live' }, 'Wrong value in "scope": expected { "scope": "overview" }'],
    [
      'content without a name',
      { scope: 'content' },
      'Wrong value in "content": expected { "type": …, "id": … }, got nothing.',
    ],
    [
      'a type that is none',
      { scope: 'content', content: { type: '9', id: '1' } },
      'Wrong value in "content.type": expected a type of content, such as "post", got "9".',
    ],
    [
      'an empty id',
      { scope: 'content', content: { type: 'post', id: '' } },
      'Wrong value in "content.id": expected an id of 1 to 2048 characters, got "".',
    ],
    [
      'a content for the overview',
      { ...post1, scope: 'overview' },
      '"content" is no part of a share link; scope, content, name and expiresInDays are.',
    ],
    [
      'no day',
      { ...overview, expiresInDays: 0 },
      'Wrong value in "expiresInDays": expected a whole number of days from 1 to 366, or null for a link without an end, got 0.',
    ],
    [
      'a text of days',
      { ...overview, expiresInDays: '7' },
      'Wrong value in "expiresInDays": expected a whole number of days from 1 to 366, or null for a link without an end, got "7".',
    ],
    [
      'a name that is too long',
      { ...overview, name: 'x'.repeat(101) },
      'Wrong value in "name": expected a text of 1 to 100 characters, got',
    ],
  ])('are not made of %s, and the refusal says what was expected', async (_what, body, sentence) => {
    const { call } = await build()
    const answer = await call('POST', '/v1/shares', body, asAdmin)
    const { error } = answer.json<{ error: { code: string; message: string } }>()
    expect([answer.statusCode, error.code]).toEqual([400, 'invalid_share'])
    expect(error.message).toContain(sentence)
    expect(await countRows(database(), 'share_links')).toBe(0)
  })

  test('are not made for a content that nobody has named', async () => {
    const { call } = await build()
    const answer = await call('POST', '/v1/shares', post1, asAdmin)
    expect([answer.statusCode, answer.json().error]).toEqual([
      404,
      { code: 'unknown_content', message: 'Neither an event nor the catalogue has named post "1".' },
    ])
  })

  test('are at most so many that people can look after them', async () => {
    const collector = await build()
    const { id } = await make(collector, overview)
    await database()
      .kysely.insertInto('share_links')
      .values(
        Array.from({ length: MAX_OPEN_LINKS - 1 }, (_, index) => ({
          id: `01900000-0000-7000-8000-${String(index).padStart(12, '0')}`,
          created_at: new Date(),
          expires_at: null,
          revoked_at: null,
          token_hash: randomBytes(32),
          name: null,
          content_type: null,
          content_id: null,
        })),
      )
      .execute()
    const answer = await collector.call('POST', '/v1/shares', overview, asAdmin)
    expect([answer.statusCode, answer.json().error.message]).toEqual([
      400,
      'Expected fewer than 500 open links. Revoke one that is not needed.',
    ])
    await collector.call('DELETE', `/v1/shares/${id}`, undefined, asAdmin)
    await make(collector, overview)
  })

  test('tell who opens them what they are, and are never kept in a cookie', async () => {
    const collector = await known(await build({}, () => START))
    const { token } = await make(collector, { ...post1, name: 'Campaign' })
    const headers = { 'sec-fetch-site': 'same-origin' }
    for (const method of ['GET', 'POST'] as const) {
      const answer = await collector.call(method, '/v1/session', undefined, { token, headers })
      expect(answer.json()).toEqual({
        role: 'share',
        userId: null,
        isKept: false,
        share: { name: 'Campaign', content: { type: 'post', id: '1' }, expiresAt: '2026-12-21T12:00:00.000Z' },
      })
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
  })

  test('are made by moderators who are signed in by the cookie, and by no page of another site', async () => {
    const { call } = await build()
    const ours = { 'sec-fetch-site': 'same-origin' }
    const signedIn = await call('POST', '/v1/session', undefined, {
      token: await tokenOf('mo', { role: 'moderator' }),
      headers: ours,
    })
    const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? ''
    const made = await call('POST', '/v1/shares', overview, { headers: { ...ours, cookie } })
    expect(made.statusCode).toBe(201)
    expect((await call('GET', '/v1/shares', undefined, { headers: { ...ours, cookie } })).statusCode).toBe(200)
    const foreign = { 'sec-fetch-site': 'same-site', cookie }
    expect((await call('POST', '/v1/shares', overview, { headers: foreign })).statusCode).toBe(401)
    const revoked = await call('DELETE', `/v1/shares/${made.json().id}`, undefined, { headers: { ...ours, cookie } })
    expect(revoked.statusCode).toBe(204)
  })

  test('send no events, in the header or in a body', async () => {
    const collector = await build()
    const { token } = await make(collector, overview)
    const inHeader = await collector.post([about('1')], { token })
    const inBody = await collector.post([about('1')], { body: { token } })
    expect([inHeader.statusCode, inBody.statusCode]).toEqual([403, 403])
    expect(await countRows(database(), 'events')).toBe(0)
  })

  test('are forgotten thirty days after they ended', async () => {
    let now = START
    const collector = await build({}, () => now)
    const [revoked, ended, open] = [
      await make(collector, { ...overview, expiresInDays: null }),
      await make(collector, { ...overview, expiresInDays: 1 }),
      await make(collector, { ...overview, expiresInDays: null }),
    ]
    await collector.call('DELETE', `/v1/shares/${revoked.id}`, undefined, asAdmin)
    const kept = async (at: number) => {
      now = at
      await runJobNow(database(), 'old-shares', { now })
      const { shares } = (await collector.call('GET', '/v1/shares', undefined, asAdmin)).json<ShareList>()
      return shares.map(({ id }) => id).toSorted()
    }
    expect(await kept(START + 30 * DAY_MS)).toEqual([revoked.id, ended.id, open.id].toSorted())
    expect(await kept(START + 30 * DAY_MS + 1)).toEqual([ended.id, open.id].toSorted())
    expect(await kept(START + 31 * DAY_MS + 1)).toEqual([open.id])
  })
})
