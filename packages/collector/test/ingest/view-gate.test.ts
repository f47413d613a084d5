// Looking again soon after is the same view, whatever the network does to the order and number of deliveries.
import type { WireEvent } from '@sightline/sdk/wire'
import * as fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { buildCollector } from '../../src/collector'
import type { Config } from '../../src/config'
import { mintId } from '../../src/ingest/event-id'
import { eventFlags } from '../../src/ingest/flags'
import { forgetOldGates, GATE_MEMORY_MS } from '../../src/ingest/gate-views'
import { emptyTables, onBothDatabases } from '../support/databases'
import { countersOffBy, countRows, impression, outcomes } from '../support/events'

const WINDOW_MS = 300_000
const HOUR_MS = 3_600_000

const send = async (app: FastifyInstance, events: WireEvent[], body: object = {}) => {
  const payload = { anonymousId: 'ada', ...body, events }
  const answer = await app.inject({ method: 'POST', url: '/v1/events', payload })
  expect(answer.statusCode).toBe(200)
  return answer.json()
}

onBothDatabases('the view gate', (database) => {
  const apps: FastifyInstance[] = []
  afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())))
  const build = async (config: Partial<Config> = {}, now: () => number = Date.now) => {
    const app = await buildCollector({
      db: database(),
      config: { logLevel: 'silent', networkEventsPerSecond: 0, ...config },
      now,
    })
    apps.push(app)
    return app
  }

  const start = Date.now() - HOUR_MS
  const view = (afterMs: number, fields: Partial<WireEvent> = {}) =>
    impression({ type: 'view', occurredAt: start + afterMs, durationMs: 1_000, ...fields })
  /** Times after the start at which views count. */
  const countedTimes = async () => {
    const rows = await database()
      .kysely.selectFrom('events')
      .select('occurred_at')
      .where('counted', '=', true)
      .orderBy('occurred_at')
      .execute()
    return rows.map(({ occurred_at }) => occurred_at.getTime() - start)
  }
  const hourly = async () => {
    const rows = await database()
      .kysely.selectFrom('content_hours')
      .select((eb) => [
        eb.fn.sum<string>('count').as('count'),
        eb.fn.sum<string>('duration_ms').as('durationMs'),
        eb.fn.sum<string>('duration_n').as('durationN'),
      ])
      .executeTakeFirstOrThrow()
    return [Number(rows.count), Number(rows.durationMs), Number(rows.durationN)]
  }

  test('counts the first of two views within five minutes and adds the duration of both', async () => {
    const app = await build()
    await send(app, [view(0)])
    expect(await send(app, [view(WINDOW_MS - 1)])).toMatchObject({ tracked: 1, duplicates: 0 })
    expect(await countedTimes()).toEqual([0])
    expect(await hourly()).toEqual([1, 2_000, 1])
    expect(await outcomes(database())).toEqual({ tracked: 1, 'tracked repeat': 1 })
    const flags = await database().kysely.selectFrom('events').select('flags').orderBy('occurred_at').execute()
    expect(flags.map((row) => (row.flags & eventFlags.repeat) !== 0)).toEqual([false, true])
  })

  test('counts again after five minutes, measured from the view that counted', async () => {
    const app = await build()
    for (const afterMs of [0, 200_000, WINDOW_MS, WINDOW_MS + 1, 599_999, 600_000]) await send(app, [view(afterMs)])
    expect(await countedTimes()).toEqual([0, WINDOW_MS, 600_000])
  })

  test('decides all views of one batch by their times', async () => {
    const app = await build()
    await send(
      app,
      [100_000, 0, 299_999, 300_000, 50_000, 600_000, 601_000].map((afterMs) => view(afterMs)),
    )
    expect(await countedTimes()).toEqual([0, 300_000, 600_000])
    await send(
      app,
      [10_000, 899_999, 900_000, 1_250_000, 1_400_000].map((afterMs) => view(afterMs)),
    )
    expect(await countedTimes()).toEqual([0, 300_000, 600_000, 900_000, 1_250_000])
    expect(await countersOffBy(database())).toEqual([])
  })

  test('counts a view that arrives late when nothing was counted around its time, and only then', async () => {
    const app = await build()
    for (const afterMs of [2_000_000, 0, 1_900_000, 1_700_000, 1_600_000]) await send(app, [view(afterMs)])
    expect(await countedTimes()).toEqual([0, 1_700_000, 2_000_000])
  })

  test('is per viewer and per content, and only for views', async () => {
    const app = await build()
    await send(app, [view(0), view(1, { content: { type: 'post', id: '43' } }), view(2, { type: 'click' })])
    await send(app, [view(3)], { anonymousId: 'grace' })
    await send(app, [view(4, { type: 'click' })])
    expect(await countedTimes()).toEqual([0, 1, 2, 3, 4])
  })

  test('a replay changes nothing, also long after and beside new views', async () => {
    const app = await build()
    const first = view(0)
    await send(app, [first])
    await send(app, [view(WINDOW_MS)])
    expect(await send(app, [first, view(600_000)])).toMatchObject({ tracked: 1, duplicates: 1 })
    await send(app, [first])
    await send(app, [view(599_999 + WINDOW_MS)])
    expect(await countedTimes()).toEqual([0, WINDOW_MS, 600_000])
    expect(await hourly()).toEqual([3, 4_000, 3])
  })

  test('a replay whose time was made on arrival keeps no later view out', async () => {
    let now = Date.now()
    const app = await build({}, () => now)
    const timeless = { ...view(0), id: '5b1e7d9c-2f0a-4c3b-9d8e-7f6a5b4c3d2e', occurredAt: undefined }
    await send(app, [timeless])
    now += 2 * WINDOW_MS
    expect(await send(app, [timeless])).toMatchObject({ duplicates: 1 })
    now += 1_000
    await send(app, [{ ...view(0), occurredAt: now }])
    expect(await hourly()).toEqual([2, 2_000, 2])
  })

  test('an event without a time, but with a time in its id, has the same time in every retry', async () => {
    let now = Date.now()
    const app = await build({}, () => now)
    const id = mintId(now - 5_000)
    await send(app, [{ ...view(0), id, occurredAt: undefined }])
    const { occurred_at } = await database().kysely.selectFrom('events').select('occurred_at').executeTakeFirstOrThrow()
    expect(occurred_at.getTime()).toBe(now - 5_000)
    now += WINDOW_MS
    await send(app, [{ ...view(0), id, occurredAt: undefined }])
    await send(app, [{ ...view(0), occurredAt: now - 4_000 }])
    expect(await hourly()).toEqual([2, 2_000, 2])
  })

  test('of twenty views at once through two collectors, one counts', async () => {
    const [one, other] = [await build(), await build()]
    const views = Array.from({ length: 20 }, (_, i) => view(i * 1_000))
    await Promise.all(views.map((event, i) => send(i % 2 ? one : other, [event])))
    expect(await countRows(database(), 'events')).toBe(20)
    const [count, durationMs] = await hourly()
    expect([count, durationMs]).toEqual([1, 20_000])
    expect(await countersOffBy(database())).toEqual([])
  })

  test('counts everything when it is turned off', async () => {
    const app = await build({ viewDedupeMs: 0 })
    await send(app, [view(0), view(1), view(2)])
    expect(await hourly()).toEqual([3, 3_000, 3])
    expect(await countRows(database(), 'view_gates')).toBe(0)
  })

  test('forgets a gate when nothing can meet it any more, and not before', async () => {
    const app = await build()
    await send(app, [view(0)])
    const end = start + WINDOW_MS + GATE_MEMORY_MS
    await forgetOldGates(database(), end)
    expect(await countRows(database(), 'view_gates')).toBe(1)
    await forgetOldGates(database(), end + 1)
    expect(await countRows(database(), 'view_gates')).toBe(0)
  })

  test('whatever arrives in whatever order: counted views are apart, and no view between could have counted', async () => {
    const [one, other] = [await build(), await build()]
    const delivery = fc.record({
      afterS: fc.integer({ min: 0, max: 3_000 }),
      content: fc.integer({ min: 0, max: 1 }),
      again: fc.boolean(),
    })
    const batches = fc.array(fc.array(delivery, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(batches, async (drawn) => {
        await emptyTables(database())
        const sent = drawn.map((batch) =>
          batch.map(({ afterS, content, again }) => ({
            again,
            event: view(afterS * 1_000, { content: { type: 'post', id: String(content) } }),
          })),
        )
        await Promise.all(
          sent.map(async (batch, i) => {
            const [here, there] = i % 2 ? [one, other] : [other, one]
            await send(
              here,
              batch.map(({ event }) => event),
            )
            const repeated = batch.filter(({ again }) => again).map(({ event }) => event)
            if (repeated.length > 0) await send(there, repeated)
          }),
        )
        const rows = await database()
          .kysely.selectFrom('event_log')
          .select(['content_id', 'occurred_at', 'counted'])
          .execute()
        expect(rows).toHaveLength(drawn.flat().length)
        for (const id of ['0', '1']) {
          const times = rows.filter((row) => row.content_id === id)
          const counted = times.filter((row) => row.counted).map((row) => row.occurred_at.getTime())
          for (const { occurred_at, counted: isCounted } of times) {
            const near = counted.filter((at) => Math.abs(at - occurred_at.getTime()) < WINDOW_MS)
            expect(isCounted ? near.length === 1 : near.length > 0).toBe(true)
          }
        }
        expect(await countersOffBy(database())).toEqual([])
      }),
      { numRuns: 25 },
    )
  })
})
