// One bad event harms only itself, and every refusal says what was expected.
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildCollector } from '../src/collector'
import { eventFlags } from '../src/ingest/flags'
import { onBothDatabases } from './support/databases'
import { countRows, impression, outcomes, storedIds } from './support/events'

const json = { 'content-type': 'application/json' }
const text = { 'content-type': 'text/plain;charset=UTF-8' }
const origin = { origin: 'https://shop.example' }

const nested = (levels: number): unknown => (levels === 0 ? 1 : { deeper: nested(levels - 1) })
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]))

onBothDatabases('bad input', (database) => {
  let app: FastifyInstance
  beforeEach(async () => {
    app = await buildCollector({ db: database(), config: { logLevel: 'silent' } })
  })
  afterEach(() => app.close())

  const post = (payload: string | Buffer, headers: Record<string, string> = json) =>
    app.inject({ method: 'POST', url: '/v1/events', headers: { ...origin, ...headers }, payload })

  describe('refuses the whole request and stores nothing', () => {
    test.each<[name: string, body: string, headers: Record<string, string>, status: number, code: string]>([
      ['cut JSON', '{"events":[{"id":', json, 400, 'invalid_json'],
      ['NaN', '{"type":"view","position":NaN}', json, 400, 'invalid_json'],
      ['a trailing comma', '{"type":"view",}', text, 400, 'invalid_json'],
      ['an empty body', '', text, 400, 'invalid_json'],
      ['null', 'null', json, 400, 'invalid_envelope'],
      ['a list', '[]', json, 400, 'invalid_envelope'],
      ['a string', '"view"', text, 400, 'invalid_envelope'],
      ['a number', '42', json, 400, 'invalid_envelope'],
      ['an empty object', '{}', json, 400, 'invalid_envelope'],
      ['events that are no list', '{"events":{}}', json, 400, 'invalid_envelope'],
      ['a wrong envelope field', '{"sdk":7,"events":[{"type":"view"}]}', json, 400, 'invalid_envelope'],
      ['a newer format', '{"v":99,"events":[{"type":"view"}]}', json, 400, 'unsupported_version'],
      ['no events', '{"events":[]}', json, 400, 'empty_batch'],
      ['__proto__ in JSON', '{"type":"view","metadata":{"__proto__":{"x":1}}}', json, 400, 'forbidden_key'],
      ['__proto__ in text', '{"type":"view","metadata":{"__proto__":{"x":1}}}', text, 400, 'forbidden_key'],
      [
        'constructor.prototype',
        '{"type":"view","metadata":{"constructor":{"prototype":{}}}}',
        text,
        400,
        'forbidden_key',
      ],
      ['a form', 'type=view', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
      ['a tab in the type', '{}', { 'content-type': 'application/json\ta' }, 415, 'unsupported_media_type'],
      ['jsonp', '{}', { 'content-type': 'application/jsonp' }, 415, 'unsupported_media_type'],
      ['a compressed body', '{"type":"view"}', { ...json, 'content-encoding': 'gzip' }, 415, 'unsupported_encoding'],
      [
        'a token nobody can check',
        '{"type":"view"}',
        { ...json, authorization: 'Bearer a.b.c' },
        401,
        'token_unexpected',
      ],
      ['a made-up admin token', '{"type":"view"}', { ...json, authorization: 'Bearer nonsense' }, 401, 'token_invalid'],
      ['another scheme', '{"type":"view"}', { ...json, authorization: 'Basic eDp5' }, 401, 'token_invalid'],
      [
        'more events than allowed',
        JSON.stringify({ events: Array.from({ length: 101 }, () => ({ type: 'view' })) }),
        json,
        413,
        'too_many_events',
      ],
      ['a body over the limit', JSON.stringify({ type: 'view', x: 'x'.repeat(262_144) }), text, 413, 'body_too_large'],
    ])('%s', async (_name, body, headers, status, code) => {
      const answer = await post(body, headers)
      expect([answer.statusCode, answer.json().error.code]).toEqual([status, code])
      expect(answer.json().error.message).toMatch(/^[A-Z].{20,}\.$/)
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'retry-after',
        'x-content-type-options': 'nosniff',
      })
      expect(await countRows(database(), 'events')).toBe(0)
    })
  })

  describe('refuses one event and stores its neighbours', () => {
    test.each<[name: string, event: unknown, code: string]>([
      ['no object', 'view', 'invalid_event'],
      ['no type', {}, 'invalid_type'],
      ['an unknown kind of name', { type: 'Wish List' }, 'invalid_type'],
      ['a type of 65 letters', { type: 'a'.repeat(65) }, 'invalid_type'],
      ['an id that is no UUID', { type: 'view', id: '42' }, 'invalid_event'],
      ['a content without id', { type: 'view', content: { type: 'post' } }, 'invalid_event'],
      [
        'a content id that is too long',
        { type: 'view', content: { type: 'post', id: 'x'.repeat(2_049) } },
        'invalid_event',
      ],
      ['a scroll depth of 101', { type: 'view', scrollDepth: 101 }, 'invalid_event'],
      ['a position before the first', { type: 'click', position: -1 }, 'invalid_event'],
      ['a position of 2^31', { type: 'click', position: 2 ** 31 }, 'invalid_event'],
      ['a time that is no time', { type: 'view', occurredAt: 'yesterday' }, 'invalid_event'],
      ['a text as length', { type: 'view', durationMs: '5s' }, 'invalid_event'],
      ['a list as metadata', { type: 'view', metadata: [1] }, 'invalid_event'],
      ['metadata of five levels', { type: 'view', metadata: nested(5) }, 'too_deep'],
      ['65 keys', { type: 'view', metadata: keys(65) }, 'too_many_keys'],
      ['9,000 keys beside metadata', { type: 'view', ...keys(9_000) }, 'too_many_keys'],
      ['600 values', { type: 'view', metadata: { list: Array(600).fill(1) } }, 'too_many_values'],
      ['17 KB', { type: 'view', metadata: { a: 'x'.repeat(17_000) } }, 'event_too_large'],
    ])('%s', async (_name, bad, code) => {
      const [before, after] = [impression(), impression()]
      const answer = await post(JSON.stringify({ events: [before, bad, after] }))
      expect(answer.statusCode).toBe(200)
      expect(answer.json()).toMatchObject({ success: false, tracked: 2, errors: [{ index: 1, code }] })
      expect(answer.json().errors[0].message).toMatch(/^(Expected|Wrong value in) .+\.$/)
      expect(await storedIds(database())).toEqual([before.id, after.id].toSorted())
      expect(await outcomes(database())).toEqual({ tracked: 2, [`refused ${code}`]: 1 })
    })

    test.each([
      ['1e400', 'invalid_number'],
      ['-1e400', 'invalid_number'],
      ['9007199254740993', 'invalid_number'],
    ])('the number %s', async (number, code) => {
      const good = impression()
      const bad = `{"type":"view","metadata":{"n":${number}}}`
      const answer = await post(`{"events":[${bad},${JSON.stringify(good)}]}`)
      expect(answer.json()).toMatchObject({ tracked: 1, errors: [{ index: 0, code }] })
    })

    test('tells the id of the refused event', async () => {
      const bad = impression({ position: -1 })
      expect((await post(JSON.stringify({ events: [impression(), bad] }))).json().errors[0].id).toBe(bad.id)
    })
  })

  test('answers 400 in the usual shape when every event is bad, and lists at most 100 of them', async () => {
    const wide = await buildCollector({ db: database(), config: { logLevel: 'silent', maxBatchEvents: 200 } })
    const events = Array.from({ length: 150 }, () => ({ type: 'NO' }))
    const answer = await wide.inject({ method: 'POST', url: '/v1/events', headers: json, payload: { events } })
    await wide.close()
    expect([answer.statusCode, answer.json().success, answer.json().errors.length]).toEqual([400, false, 100])
    expect(await outcomes(database())).toEqual({ 'refused invalid_type': 150 })
  })

  test('survives a body of 100,000 levels', async () => {
    const depth = 100_000
    const answer = await post(`{"type":"view","metadata":${'['.repeat(depth)}${']'.repeat(depth)}}`)
    expect(answer.json()).toMatchObject({ tracked: 0, errors: [{ index: 0, code: 'too_deep' }] })
  })

  test('stores numbers as they came, and ignores fields it does not know', async () => {
    const metadata = { zero: -0, tiny: 1e-7, third: 0.1, large: 9_007_199_254_740_991, no: null, list: [[1]] }
    await post(
      JSON.stringify({ ...impression({ metadata }), counted: false, received_at: '1999-01-01', user_id: 'me' }),
    )
    const row = await database().kysely.selectFrom('events').selectAll().executeTakeFirstOrThrow()
    expect(row).toMatchObject({ metadata: { ...metadata, zero: 0 }, counted: true, user_id: null })
    expect(row.received_at.getFullYear()).toBeGreaterThan(2000)
  })

  test('replaces what cannot be stored and cuts long text between characters', async () => {
    const long = `${'x'.repeat(1_023)}😀`
    const answer = await post(
      `{"type":"click","source":"a\\u0000b","metadata":{"half":"\\ud800","long":"${long}","k\\u0000":"v"}}`,
    )
    expect(answer.json()).toMatchObject({ success: true, tracked: 1 })
    const row = await database().kysely.selectFrom('events').selectAll().executeTakeFirstOrThrow()
    expect([row.source, row.metadata]).toEqual([
      'a\uFFFDb',
      { half: '\uFFFD', long: 'x'.repeat(1_023), 'k\uFFFD': 'v' },
    ])
  })

  test('refuses a negative length instead of inventing another one', async () => {
    const answer = await post(JSON.stringify({ events: [impression(), impression({ type: 'view', durationMs: -5 })] }))
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({ tracked: 1, errors: [{ index: 1, code: 'invalid_event' }] })
  })

  test('keeps how an impression was counted and whether a watch was completed', async () => {
    const events = [
      impression({ rule: 'area' }),
      impression({ rule: 'oversize' }),
      impression({ rule: 'interaction' }),
      impression({ criteria: { threshold: 0.5, minDurationMs: 1_000, accumulate: true } }),
      impression({ type: 'watch', completed: true }),
    ]
    await post(JSON.stringify({ events }))
    const rows = await database().kysely.selectFrom('events').select('flags').orderBy('flags').execute()
    expect(rows.map(({ flags }) => flags & ~eventFlags.script)).toEqual([0, 8, 16, 32, 64])
  })

  test('brings lengths into range and replaces times outside the window', async () => {
    const longAgo = Date.now() - 31 * 86_400_000
    const events = [
      impression({ type: 'view', durationMs: 0 }),
      impression({ type: 'watch', durationMs: 1e12, occurredAt: longAgo }),
      { ...impression({ type: 'like' }), occurredAt: new Date(Date.now() - 1_000).toISOString() },
    ]
    await post(JSON.stringify({ events }))
    const rows = await database().kysely.selectFrom('events').selectAll().orderBy('duration_ms').execute()
    expect(rows.map(({ duration_ms, flags }) => [duration_ms, flags & ~eventFlags.script])).toEqual([
      [0, 0],
      [2_147_483_647, 1],
      [null, 0],
    ])
    expect(rows.every(({ occurred_at }) => Math.abs(occurred_at.getTime() - Date.now()) < 60_000)).toBe(true)
  })
})
