// What POST /v1/events answers, and what is in the tables after it.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { buildCollector } from '../src/collector'
import { onBothDatabases } from './support/databases'
import { countersOffBy, countRows, impression, mixedEvents, outcomes, storedIds } from './support/events'

onBothDatabases('ingest', (database) => {
  let app: FastifyInstance
  beforeEach(async () => {
    app = await buildCollector({ db: database(), config: { logLevel: 'silent' } })
  })
  afterEach(() => app.close())

  const post = (payload: unknown, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url: '/v1/events',
      headers: { 'content-type': 'application/json', ...headers },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    })

  test('stores a batch and answers with what became of every event', async () => {
    const events = mixedEvents(60)
    const answer = await post({ v: 1, sdk: 'web/0.1.0', events })
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      { success: true, tracked: 60, duplicates: 0, dropped: {}, errors: [] },
    ])
    expect(await storedIds(database())).toEqual(events.map(({ id }) => id).toSorted())
    expect(await countersOffBy(database())).toEqual([])
  })

  test('takes a single event without an envelope, as JSON or as text', async () => {
    const asJson = await post(impression())
    const asText = await post(impression(), { 'content-type': 'text/plain;charset=UTF-8' })
    expect([asJson.json().tracked, asText.json().tracked]).toEqual([1, 1])
    expect(await countRows(database(), 'events')).toBe(2)
  })

  test('changes nothing when the same batch comes again', async () => {
    const events = mixedEvents(30)
    await post({ events, drops: { queue_full: 7 } })
    const again = await post({ events, drops: { queue_full: 7 } })
    expect(again.json()).toMatchObject({ success: true, tracked: 0, duplicates: 30 })
    expect(await countRows(database(), 'events')).toBe(30)
    expect(await countersOffBy(database())).toEqual([])
    expect(await outcomes(database())).toEqual({ tracked: 30, duplicate: 30, 'lost queue_full': 7 })
  })

  test('keeps the first of two events with one id', async () => {
    const first = impression()
    const answer = await post({ events: [first, { ...first, type: 'click' }] })
    expect(answer.json()).toMatchObject({ tracked: 1, duplicates: 1 })
    const rows = await database().kysely.selectFrom('event_log').select('type').execute()
    expect(rows).toEqual([{ type: 'impression' }])
  })
})
