// Faults of the catalogue's group "time": a wrong clock moves no event to a wrong day, and no retry moves it again.
import { describe, expect, test } from 'vitest'
import { mintId } from '../../src/ingest/event-id'
import { eventFlags } from '../../src/ingest/flags'
import { useCollectors } from '../support/collectors'
import { onBothDatabases } from '../support/databases'
import { countersOffBy, impression } from '../support/events'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const { timeCorrected, timeReplaced } = eventFlags

onBothDatabases('time', (database) => {
  const build = useCollectors(database)
  const stored = () =>
    database().kysely.selectFrom('events').select(['occurred_at', 'received_at', 'flags', 'event_day']).execute()

  describe('the time of an event', () => {
    // Ago: by the true clock, when it happened. Off: what the visitor's clock shows too much.
    const cases: [name: string, agoMs: number, offMs: number, knownMs: number, flags: number][] = [
      ['TI-02 a clock that is three hours ahead', 5_000, 3 * HOUR_MS, 5_000, timeCorrected],
      ['TI-02 a clock that is two years behind', 5_000, -730 * DAY_MS, 5_000, timeCorrected],
      ['TI-02 a clock that is 61 s ahead', 5_000, 61_000, 5_000, timeCorrected],
      ['TI-02 a clock that is 59 s ahead is believed', 5_000, 59_000, -54_000, 0],
      ['TI-02 a clock that is 60 s behind is believed', 5_000, -60_000, 65_000, 0],
      ['TI-03 offline for six days', 6 * DAY_MS, 0, 6 * DAY_MS, 0],
      ['TI-03 offline for six days with a wrong clock', 6 * DAY_MS, -3 * HOUR_MS, 6 * DAY_MS, timeCorrected],
      ['TI-03 offline for thirty days', 30 * DAY_MS, 0, 30 * DAY_MS, 0],
      ['TI-03 offline for forty days', 40 * DAY_MS, 0, 0, timeReplaced],
      ['TI-03 a minute ahead', -60_000, 0, -60_000, 0],
      ['TI-03 more than a minute ahead', -60_001, 0, 0, timeReplaced],
      ['TI-03 ten years ahead, by itself alone', -3_650 * DAY_MS, 0, 0, timeReplaced],
    ]

    test.each(cases)('%s', async (_name, agoMs, offMs, knownMs, flags) => {
      const now = Date.now()
      const { send } = await build({}, () => now)
      const event = impression({ occurredAt: now - agoMs + offMs, id: mintId(Math.max(0, now - agoMs + offMs)) })
      await send([event], { body: { sentAt: now + offMs } })
      const [row] = await stored()
      expect([now - (row?.occurred_at.getTime() ?? 0), row?.flags]).toEqual([knownMs, flags])
      expect(row?.received_at.getTime()).toBe(now)
      expect(await countersOffBy(database())).toEqual([])
    })

    test('TI-02 a sender that tells nonsense about its clock gets the time of arrival', async () => {
      const now = Date.now()
      const { send } = await build({}, () => now)
      for (const sentAt of [0, -1e15, 8.64e15, 0.5]) {
        await send([impression({ occurredAt: now - 5_000 })], { body: { sentAt } })
      }
      const rows = await stored()
      expect(rows.map(({ occurred_at, flags }) => [occurred_at.getTime(), flags])).toEqual(
        Array.from({ length: 4 }, () => [now, timeReplaced]),
      )
    })
  })

  test('TI-02 a retry with another sentAt meets the same row, which keeps its time', async () => {
    let now = Date.now()
    const { send } = await build({}, () => now)
    const off = 3 * HOUR_MS
    const event = impression({ occurredAt: now + off - 5_000 })
    await send([event], { body: { sentAt: now + off } })
    const before = await stored()
    for (const [laterMs, sentAfterMs] of [
      [60_000, 60_000],
      [3 * HOUR_MS, 3 * HOUR_MS + 9_000],
      [DAY_MS, -off],
    ]) {
      now = before[0]!.received_at.getTime() + (laterMs ?? 0)
      const again = await send([event], {
        body: { sentAt: before[0]!.received_at.getTime() + (sentAfterMs ?? 0) + off },
      })
      expect(again).toMatchObject({ tracked: 0, duplicates: 1 })
    }
    expect(await stored()).toEqual(before)
    expect(await countersOffBy(database())).toEqual([])
  })

  test.each([
    ['2026-11-20T10:00:00Z', '2026-11-20T10:00:00.000Z'],
    ['2026-11-20T10:00:00+14:00', '2026-11-19T20:00:00.000Z'],
    ['2026-11-20T10:00:00.123456789Z', '2026-11-20T10:00:00.123Z'],
    [Date.parse('2026-11-20T10:00:00Z'), '2026-11-20T10:00:00.000Z'],
    [Date.parse('2026-11-20T10:00:00Z') + 0.75, '2026-11-20T10:00:00.000Z'],
  ])('TI-04 %s is %s', async (occurredAt, expected) => {
    const { call } = await build({}, () => Date.parse('2026-11-21T00:00:00Z'))
    const answer = await call('POST', '/v1/events', { type: 'like', occurredAt })
    expect(answer.json()).toMatchObject({ tracked: 1 })
    expect((await stored())[0]?.occurred_at.toISOString()).toBe(expected)
  })

  test.each(['23:59:60Z', '2026-11-20T23:59:60Z', '2026-11-20T10:00:00', '2026-11-20', '1', 'yesterday', ''])(
    'TI-04 %j is no time',
    async (occurredAt) => {
      const { call } = await build()
      const answer = await call('POST', '/v1/events', { type: 'like', occurredAt })
      expect([answer.statusCode, answer.json().errors[0].code]).toEqual([400, 'invalid_event'])
    },
  )

  test('TI-04 seconds since 1970 are a time long ago, so the time of arrival is used and marked', async () => {
    const now = Date.now()
    const { send } = await build({}, () => now)
    await send([impression({ occurredAt: Math.floor(now / 1_000) })])
    expect(await stored()).toMatchObject([{ occurred_at: new Date(now), flags: timeReplaced }])
  })

  test('TI-07 over midnight each event is stored under its own day and counted in its own hour', async () => {
    const midnight = Date.parse('2026-12-01T00:00:00Z')
    const { send } = await build({}, () => midnight + 500)
    const times = [midnight - 1_000, midnight - 1, midnight, midnight + 400]
    await send(times.map((at) => impression({ occurredAt: at, id: mintId(at) })))
    const days = (await stored()).map(({ event_day }) => event_day).toSorted()
    expect(days).toEqual(['2026-11-30', '2026-11-30', '2026-12-01', '2026-12-01'])
    expect(await countersOffBy(database())).toEqual([])
  })

  describe('TI-10 ids from other times', () => {
    test.each([
      ['1970', '00000000-0001-7000-8000-000000000000'],
      ['10889', 'ffffffff-ffff-7fff-bfff-ffffffffffff'],
      ['two days ahead', mintId(Date.now() + 2 * DAY_MS)],
      ['a year ago', mintId(Date.now() - 365 * DAY_MS)],
    ])('%s: stored once, in no partition of its own', async (_name, id) => {
      const { send } = await build()
      const event = impression({ id })
      expect((await send([event])).tracked).toBe(1)
      expect((await send([event])).duplicates).toBe(1)
      expect((await stored()).map(({ event_day }) => event_day)).toEqual(['1970-01-01'])
    })
  })

  test.each([
    ['enters the window', 2 * DAY_MS],
    ['leaves the window', -7 * DAY_MS],
  ])('TI-10 an id whose day %s before it is sent again is stored once', async (_name, aheadMs) => {
    const midnight = Date.parse('2026-12-01T00:00:00Z')
    let now = midnight - 1_000
    const { send } = await build({}, () => now)
    const event = impression({ id: mintId(midnight - 1_000 + aheadMs), occurredAt: now })
    expect((await send([event])).tracked).toBe(1)
    now = midnight + 1_000
    expect(await send([event])).toMatchObject({ tracked: 0, duplicates: 1 })
    expect(await stored()).toHaveLength(1)
    expect(await countersOffBy(database())).toEqual([])
  })
})
