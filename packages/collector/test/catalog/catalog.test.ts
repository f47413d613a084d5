// The catalogue: contents are registered by servers, read back as they were said, and forgotten by name.
import { describe, expect, test } from 'vitest'
import { ADMIN_TOKEN, about, tokenOf, useCollectors } from '../support/collectors'
import { onBothDatabases } from '../support/databases'
import { countRows } from '../support/events'

const full = {
  ownerId: 'ada',
  visibility: 'private',
  durationMs: 90_000,
  publishedAt: '2026-11-01T10:00:00.000Z',
  title: 'Größe 😀',
}
const admin = { token: ADMIN_TOKEN }

onBothDatabases('the catalogue', (database) => {
  const build = useCollectors(database)

  test('registers, reads, replaces and deletes a content', async () => {
    const { call } = await build()
    const url = '/v1/content/post/42'
    const created = await call('PUT', url, full, admin)
    expect([created.statusCode, created.json()]).toEqual([201, { type: 'post', id: '42', ...full, registered: true }])
    expect((await call('GET', url, undefined, admin)).json()).toEqual(created.json())

    const replaced = await call('PUT', url, { title: 'New', publishedAt: Date.parse(full.publishedAt) }, admin)
    expect([replaced.statusCode, replaced.json()]).toEqual([
      200,
      {
        type: 'post',
        id: '42',
        ownerId: null,
        visibility: 'public',
        durationMs: null,
        publishedAt: full.publishedAt,
        title: 'New',
        registered: true,
      },
    ])
    const codes = [
      await call('DELETE', url, undefined, admin),
      await call('DELETE', url, undefined, admin),
      await call('GET', url, undefined, admin),
      await call('GET', '/v1/content/post/unheard', undefined, admin),
    ].map(({ statusCode }) => statusCode)
    expect(codes).toEqual([204, 404, 200, 404])
  })

  test('keeps what events have named, before and after', async () => {
    const { call, send, register } = await build()
    await send([about('7')])
    const url = '/v1/content/post/7'
    expect((await call('GET', url, undefined, admin)).json()).toMatchObject({ id: '7', registered: false })
    await register('7', { title: 'Seven' })
    await send([about('7')])
    await call('DELETE', url, undefined, admin)
    expect((await call('GET', url, undefined, admin)).json()).toMatchObject({ title: null, registered: false })
    const log = await database().kysely.selectFrom('event_log').select('content_id').execute()
    expect(log).toEqual([{ content_id: '7' }, { content_id: '7' }])
  })

  test('takes ids with slashes, spaces and letters of every script', async () => {
    const { call } = await build()
    for (const id of ['/blog/post 1', 'Größe', '50%', 'a/b?c#d']) {
      const url = `/v1/content/page/${encodeURIComponent(id)}`
      expect((await call('PUT', url, {}, admin)).json()).toMatchObject({ type: 'page', id })
    }
  })

  test('registers a list, refuses the bad ones alone, and lets the last of two win', async () => {
    const { call } = await build()
    const contents = [
      { type: 'post', id: '1', title: 'first' },
      { type: 'post', id: '2', visibility: 'secret' },
      { type: 'post', id: '1', title: 'second' },
      { type: 'po st', id: '3' },
      'nothing',
    ]
    const answer = await call('POST', '/v1/content', { contents }, admin)
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      {
        success: false,
        registered: 2,
        errors: [
          { index: 1, code: 'invalid_content', message: expect.stringContaining('"visibility"') },
          { index: 3, code: 'invalid_content', message: expect.stringContaining('"type"') },
          { index: 4, code: 'invalid_content', message: expect.any(String) },
        ],
      },
    ])
    expect((await call('GET', '/v1/content/post/1', undefined, admin)).json().title).toBe('second')
    expect((await call('POST', '/v1/content', [{ type: 'post', id: '9' }], admin)).json()).toMatchObject({
      success: true,
      registered: 1,
    })
  })

  test('takes 500 contents at once and not one more', async () => {
    const { call } = await build()
    const list = Array.from({ length: 501 }, (_, i) => ({ type: 'post', id: String(i), ownerId: 'ada' }))
    const tooMany = await call('POST', '/v1/content', list, admin)
    expect([tooMany.statusCode, tooMany.json().error.code]).toEqual([413, 'too_many_contents'])
    expect(await countRows(database(), 'content')).toBe(0)
    expect((await call('POST', '/v1/content', list.slice(1), admin)).json()).toMatchObject({ registered: 500 })
    expect(await countRows(database(), 'content')).toBe(500)
  })

  test('two lists at once in opposite order both get through', async () => {
    const { call } = await build()
    const list = Array.from({ length: 300 }, (_, i) => ({ type: 'post', id: String(i), title: 'x' }))
    const answers = await Promise.all(
      [list, list.toReversed(), list, list.toReversed()].map((contents) =>
        call('POST', '/v1/content', contents, admin),
      ),
    )
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200])
  })

  describe('refuses', () => {
    test.each<[name: string, fields: unknown, status: number, code: string]>([
      ['a list for one content', [], 400, 'invalid_content'],
      ['a field nobody knows', { owner: 'ada' }, 400, 'invalid_content'],
      ['a field of the table', { registered: false }, 400, 'invalid_content'],
      ['a length of nothing', { durationMs: 0 }, 400, 'invalid_content'],
      ['a length that is no whole number', { durationMs: 1.5 }, 400, 'invalid_content'],
      ['a length of more than 24 days', { durationMs: 2 ** 31 }, 400, 'invalid_content'],
      ['a time that is no time', { publishedAt: 'soon' }, 400, 'invalid_content'],
      ['a time that no database knows', { publishedAt: 1e300 }, 400, 'invalid_content'],
      ['a title of 513 letters', { title: 'x'.repeat(513) }, 400, 'invalid_content'],
      ['an empty owner', { ownerId: '' }, 400, 'invalid_content'],
      ['a key that changes objects', '{"__proto__":{"title":"x"}}', 400, 'forbidden_key'],
      ['no JSON', 'title=x', 400, 'invalid_json'],
    ])('%s', async (_name, fields, status, code) => {
      const { call } = await build()
      const sending = { ...admin, headers: { 'content-type': 'application/json' } }
      const answer = await call('PUT', '/v1/content/post/1', fields, sending)
      expect([answer.statusCode, answer.json().error.code]).toEqual([status, code])
      expect(await countRows(database(), 'content')).toBe(0)
    })

    test('NUL and half characters in a title are replaced, not refused', async () => {
      const { call } = await build()
      const sending = { ...admin, headers: { 'content-type': 'application/json' } }
      await call('PUT', '/v1/content/post/1', '{"title":"a\\u0000b\\ud800"}', sending)
      expect((await call('GET', '/v1/content/post/1', undefined, admin)).json().title).toBe('a\uFFFDb\uFFFD')
    })
  })

  test.each<[who: string, token: () => Promise<string | undefined>, status: number]>([
    ['nobody', async () => undefined, 401],
    ['a user', () => tokenOf('ada'), 403],
    ['a moderator', () => tokenOf('ada', { role: 'moderator' }), 403],
    ['a made-up token', async () => `sightline_${'x'.repeat(43)}`, 401],
  ])('is closed to %s, before the body is read', async (_who, token, status) => {
    const { call } = await build()
    const given = await token()
    const sending = { headers: { 'content-type': 'text/html' }, ...(given !== undefined && { token: given }) }
    const codes = [
      await call('PUT', '/v1/content/post/1', '<b>', sending),
      await call('POST', '/v1/content', '<b>', sending),
      await call('GET', '/v1/content/post/1', undefined, sending),
      await call('DELETE', '/v1/content/post/1', undefined, sending),
    ].map(({ statusCode }) => statusCode)
    expect(codes).toEqual([status, status, status, status])
    expect(await countRows(database(), 'content')).toBe(0)
  })

  test('no page of another site may read it', async () => {
    const { call } = await build()
    const answer = await call('GET', '/v1/content/post/1', undefined, {
      ...admin,
      headers: { origin: 'https://evil.example' },
    })
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    expect(answer.headers['cache-control']).toBe('private, no-store')
  })
})
