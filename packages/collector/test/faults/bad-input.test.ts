// Faults of the catalogue's group "bad input" that arrive whole: each has one documented result, on every accepted type.
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildCollector } from '../../src/collector'
import { onBothDatabases } from '../support/databases'
import { countersOffBy, countRows, impression, mixedEvents, outcomes, storedIds } from '../support/events'

const json = 'application/json'
const LIMIT = 262_144

const filled = (bytes: number) => {
  const [before, after] = ['{"events":[{"type":"like"},{"type":"like","metadata":{"x":"', '"}}]}']
  return `${before}${'x'.repeat(bytes - before.length - after.length)}${after}`
}

/** Bytes as they are, over a real connection. */
const raw = async (app: FastifyInstance, text: string) => {
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  return new Promise<string>((resolve) => {
    let answer = ''
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
    socket.on('data', (data) => {
      answer += data.toString()
      if (answer.includes('\r\n\r\n')) socket.end()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''))
  })
}

const batch = (...events: unknown[]) => ({ method: 'POST', url: '/v1/events', payload: { events } }) as const

onBothDatabases('bad input by id', (database) => {
  let app: FastifyInstance
  beforeEach(async () => {
    app = await buildCollector({ db: database(), config: { logLevel: 'silent', networkEventsPerSecond: 0 } })
  })
  afterEach(() => app.close())

  const post = (payload: string | Buffer, type = json) =>
    app.inject({ method: 'POST', url: '/v1/events', headers: { 'content-type': type }, payload })
  const stored = () => database().kysely.selectFrom('event_log').selectAll().orderBy('occurred_at').execute()

  describe('BI-08', () => {
    test('a byte order mark is no part of the JSON', async () => {
      expect((await post(`\uFEFF${JSON.stringify(impression())}`)).json()).toMatchObject({ tracked: 1 })
    })

    test('of two equal keys the last wins', async () => {
      await post('{"type":"like","type":"share","source":"a","source":"b"}')
      expect(await stored()).toMatchObject([{ type: 'share', source: 'b' }])
    })

    test('bytes that are no UTF-8 become replacement characters', async () => {
      const body = Buffer.concat([
        Buffer.from('{"type":"like","source":"'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('"}'),
      ])
      await post(body)
      expect(await stored()).toMatchObject([{ source: '\uFFFD\uFFFD' }])
    })
  })

  test.each([
    [0, 400, 'empty_batch'],
    [1, 200, undefined],
    [100, 200, undefined],
    [101, 413, 'too_many_events'],
  ])('BI-12 a batch of %d events is %d', async (count, status, code) => {
    const answer = await post(JSON.stringify({ events: mixedEvents(count) }))
    expect([answer.statusCode, answer.json().error?.code]).toEqual([status, code])
    expect(await countRows(database(), 'events')).toBe(status === 200 ? count : 0)
  })

  describe('BI-13', () => {
    const head = 'POST /v1/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\n'

    test('a body of the limit is read, and one byte more is refused whole', async () => {
      expect((await post(filled(LIMIT))).json()).toMatchObject({ tracked: 1, errors: [{ code: 'event_too_large' }] })
      expect((await post(filled(LIMIT + 1))).statusCode).toBe(413)
      expect(await countRows(database(), 'events')).toBe(1)
    })

    test('a chunked body is measured while it comes', async () => {
      const body = filled(LIMIT + 1)
      const answer = await raw(
        app,
        `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      )
      expect(answer).toBe('HTTP/1.1 413 Payload Too Large')
    })

    test('a length that is too short leaves JSON that cannot be read', async () => {
      expect(await raw(app, `${head}Content-Length: 8\r\n\r\n{"type":"like"}`)).toBe('HTTP/1.1 400 Bad Request')
      expect(await countRows(database(), 'events')).toBe(0)
    })

    test('a length and chunks at once are no HTTP', async () => {
      const answer = await raw(app, `${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)
      expect(answer).toBe('HTTP/1.1 400 Bad Request')
    })
  })

  test('BI-14 of nine fine events and one of 40 KB, the nine are stored', async () => {
    const events = mixedEvents(10)
    events[4] = impression({ metadata: Object.fromEntries([...Array(40)].map((_, i) => [`k${i}`, 'x'.repeat(1_000)])) })
    const answer = await post(JSON.stringify({ events }))
    expect(answer.json()).toMatchObject({ tracked: 9, duplicates: 0, errors: [{ index: 4, code: 'event_too_large' }] })
    expect(await outcomes(database())).toMatchObject({ 'refused event_too_large': 1 })
  })

  test('BI-16 the first of different events with one id wins: in a batch, later, and at once in two collectors', async () => {
    const other = await buildCollector({ db: database(), config: { logLevel: 'silent', networkEventsPerSecond: 0 } })
    const first = impression()
    const fake = { ...first, type: 'like', metadata: { fake: true } }
    expect((await app.inject(batch(first, fake))).json()).toMatchObject({ tracked: 1, duplicates: 1 })
    expect((await app.inject(batch(fake))).json()).toMatchObject({ tracked: 0, duplicates: 1 })
    const race = impression()
    const answers = await Promise.all(
      [app, other, app, other].map((collector, i) => collector.inject(batch({ ...race, seq: i }))),
    )
    await other.close()
    expect(answers.map((answer) => answer.json().tracked).toSorted()).toEqual([0, 0, 0, 1])
    expect((await stored()).map(({ type }) => type)).toEqual(['impression', 'impression'])
    expect(await countersOffBy(database())).toEqual([])
  })

  test('BI-18 what controls terminals or hides is stored as text, and paths are cut between characters', async () => {
    const source = 'a\r\nb\u202E\u200Bc'
    const path = `/${'x'.repeat(2_046)}😀${'y'.repeat(3_000)}`
    const answer = await app.inject({ method: 'POST', url: '/v1/page-views', payload: { path } })
    expect(answer.statusCode).toBe(400)
    await post(JSON.stringify(impression({ source, referrer: `https://a.example${path}` })))
    expect(await stored()).toMatchObject([{ source, referrer_domain: 'a.example' }])
  })

  test('BI-19 fields that nobody knows are not stored, at no level', async () => {
    const event = { ...impression(), received_at: '1999-01-01', counted: false, viewer_key: '1', flags: 255 }
    const content = { ...event.content, owner_id: 'me', registered: true }
    await post(JSON.stringify({ received_at: 0, viewerKey: '1', events: [{ ...event, content, criteria: undefined }] }))
    const [row] = await stored()
    expect(row).toMatchObject({ counted: true, event_id: event.id })
    expect(row?.viewer_key).not.toBe('1')
    expect(row?.received_at.getFullYear()).toBeGreaterThan(2000)
    const contents = await database().kysely.selectFrom('content').select(['owner_id', 'registered']).execute()
    expect(contents).toEqual([{ owner_id: null, registered: false }])
  })

  test.each([
    [json, 200],
    ['application/json; charset=utf-8', 200],
    ['text/plain;charset=UTF-8', 200],
    ['Text/Plain', 200],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/octet-stream', 415],
    ['application/jsonp', 415],
    [`text/${'x'.repeat(4_096)}`, 415],
  ])('BI-20 the type %s is %d', async (type, status) => {
    const event = impression()
    const answer = await post(JSON.stringify(event), type)
    expect(answer.statusCode).toBe(status)
    expect(await storedIds(database())).toEqual(status === 200 ? [event.id] : [])
  })
})
