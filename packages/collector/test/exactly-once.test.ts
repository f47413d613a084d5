// Delivering twice changes nothing, also when everything arrives at the same moment.
import type { IngestResult } from '@sightline/sdk/wire'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { buildCollector } from '../src/collector'
import { onBothDatabases } from './support/databases'
import { countersOffBy, countRows, impression, mixedEvents, outcomes } from './support/events'

onBothDatabases('exactly once', (database, kind) => {
  test('1,000 events sent twice at once over 4 connections are 1,000 rows', async () => {
    const app = await buildCollector({ db: database(), config: { logLevel: 'silent', networkEventsPerSecond: 0 } })
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const events = mixedEvents(1_000)
    const batches = Array.from({ length: 20 }, (_, i) => events.slice(i * 50, i * 50 + 50))
    const send = async (batch: unknown): Promise<IngestResult> => {
      const answer = await fetch(`${url}/v1/events`, { method: 'POST', body: JSON.stringify({ events: batch }) })
      return (await answer.json()) as IngestResult
    }
    const startedAt = performance.now()
    // Each of four senders goes through the whole list twice, half of them backwards.
    const answers = await Promise.all(
      [0, 1, 2, 3].map(async (sender) => {
        const mine = sender < 2 ? batches.slice(0, 10) : batches.slice(10)
        const own: IngestResult[] = []
        for (const batch of sender % 2 === 0 ? mine : mine.toReversed()) own.push(await send(batch))
        return own
      }),
    )
    const ms = Math.round(performance.now() - startedAt)
    await app.close()

    const sum = (key: 'tracked' | 'duplicates') => answers.flat().reduce((total, answer) => total + answer[key], 0)
    expect([sum('tracked'), sum('duplicates')]).toEqual([1_000, 1_000])
    expect(await countRows(database(), 'events')).toBe(1_000)
    expect(await countersOffBy(database())).toEqual([])
    expect(await outcomes(database())).toEqual({ tracked: 1_000, duplicate: 1_000 })
    console.info(`${kind}: 2 × 1,000 events over 4 connections in ${ms} ms`)
  })

  test('a retry after midnight meets the row of the day before', async () => {
    let now = Date.parse('2026-03-09T23:59:59.900Z')
    const app = await buildCollector({ db: database(), config: { logLevel: 'silent' }, now: () => now })
    const payload = impression({ id: '019cd4f3-8bdc-7abc-8def-0123456789ab', occurredAt: now })
    const first = await app.inject({ method: 'POST', url: '/v1/events', payload })
    now += 5_000
    const again = await app.inject({ method: 'POST', url: '/v1/events', payload })
    await app.close()
    expect([first.json().tracked, again.json().duplicates]).toEqual([1, 1])
  })

  test('ids without a usable day meet their first copy too', async () => {
    const app = await buildCollector({ db: database(), config: { logLevel: 'silent' } })
    const ids = ['5b1e7d9c-2f0a-4c3b-9d8e-7f6a5b4c3d2e', '00000000-0000-7000-8000-000000000000']
    const payload = { events: ids.map((id) => impression({ id })) }
    await app.inject({ method: 'POST', url: '/v1/events', payload })
    const again = await app.inject({ method: 'POST', url: '/v1/events', payload })
    await app.close()
    expect(again.json()).toMatchObject({ tracked: 0, duplicates: 2 })
    const rows = await database().kysely.selectFrom('events').select('event_day').execute()
    expect(rows).toEqual([{ event_day: '1970-01-01' }, { event_day: '1970-01-01' }])
  })

  test('a group that fails half-way leaves nothing behind', async () => {
    const { kysely } = database()
    await kysely.schema.alterTable('positions').renameTo('positions_away').execute()
    const app = await buildCollector({ db: database(), config: { logLevel: 'silent' } })
    const payload = impression({ source: 'feed', position: 1 })
    const failed = await app.inject({ method: 'POST', url: '/v1/events', payload })
    await kysely.schema.alterTable('positions_away').renameTo('positions').execute()
    expect([failed.statusCode, failed.json().error.code]).toEqual([500, 'internal'])
    expect(failed.body).not.toMatch(/positions|relation|select|insert/i)
    expect(await countRows(database(), 'events')).toBe(0)
    const again = await app.inject({ method: 'POST', url: '/v1/events', payload })
    await app.close()
    expect(again.json().tracked).toBe(1)
    expect(await countersOffBy(database())).toEqual([])
  })

  test('makes a missing partition and stores the event in it', async () => {
    const app = await buildCollector({ db: database(), config: { logLevel: 'silent' } })
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '')
    await database().kysely.schema.dropTable(`events_${day}`).execute()
    const answer = await app.inject({ method: 'POST', url: '/v1/events', payload: impression() })
    await app.close()
    expect(answer.json()).toMatchObject({ success: true, tracked: 1 })
  })

  test('puts a row aside that the database refuses, and stores its neighbours', async () => {
    const { kysely } = database()
    await kysely.schema
      .alterTable('events')
      .addCheckConstraint('no_poison', sql`view_type <> 'poison'`)
      .execute()
    const app = await buildCollector({ db: database(), config: { logLevel: 'silent' } })
    const events = mixedEvents(30)
    const bad = impression({ type: 'like', viewType: 'poison' })
    const payload = { events: [...events.slice(0, 13), bad, ...events.slice(13)], drops: { expired: 2 } }
    const answer = await app.inject({ method: 'POST', url: '/v1/events', payload })
    await app.close()
    await kysely.schema.alterTable('events').dropConstraint('no_poison').execute()

    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({
      tracked: 30,
      duplicates: 0,
      errors: [{ index: 13, id: bad.id, code: 'unstorable' }],
    })
    expect(await countersOffBy(database())).toEqual([])
    expect(await outcomes(database())).toEqual({ tracked: 30, 'refused unstorable': 1, 'lost expired': 2 })
    const buried = await kysely.selectFrom('dead_letters').selectAll().execute()
    expect(buried).toMatchObject([{ event_id: bad.id, code: '23514' }])
    expect(JSON.parse(buried[0]?.event ?? '')).toMatchObject({ viewType: 'poison' })
  })
})
