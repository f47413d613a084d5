// Raw events leave when they are old, closed, and past every retry; nothing is counted twice because they are gone.
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { mintId } from '../../src/ingest/event-id'
import { partitionDays } from '../../src/database/day-partitions'
import { about, useCollectors } from '../support/collectors'
import { onBothDatabases } from '../support/databases'
import { countRows, outcomes } from '../support/events'
import { Died, runJobNow } from '../support/run-job'

const DAY_MS = 86_400_000
const START = Date.parse('2026-10-10T12:00:00Z')

const happened = (at: number, fields: object = {}) =>
  about('1', { id: mintId(at), occurredAt: at, type: 'click', ...fields })

onBothDatabases('raw events', (database, kind) => {
  const build = useCollectors(database)
  const days = async () => (await partitionDays(database())).toSorted()
  const counted = async () => {
    const rows = await database().kysely.selectFrom('content_hours').select('count').execute()
    return rows.reduce((sum, { count }) => sum + Number(count), 0)
  }
  const closeAndDrop = async (now: number, config = {}) => {
    await runJobNow(database(), 'close-days', { now, config })
    await runJobNow(database(), 'raw-events', { now, config })
  }
  /** The tables of an earlier test's time would be there too. */
  async function buildAt(clock: { now: number }, config = {}) {
    for (const day of await days())
      await sql`drop table ${sql.table(`events_${day.replaceAll('-', '')}`)}`.execute(database().kysely)
    return build(config, () => clock.now)
  }

  test('stay until their day is closed, and the job says which day it waits for', async () => {
    const clock = { now: START }
    const { send } = await buildAt(clock)
    await send([happened(START)])
    clock.now += 20 * DAY_MS
    await expect(runJobNow(database(), 'raw-events', { now: clock.now })).rejects.toThrow('got 2026-10-10 open')
    expect(await countRows(database(), 'events')).toBe(1)
    await closeAndDrop(clock.now)
    expect(await countRows(database(), 'events')).toBe(0)
    expect(await days()).not.toContain('2026-10-10')
    const site = await database()
      .kysely.selectFrom('site_days')
      .select(['day', 'count'])
      .where('type', '=', 'click')
      .execute()
    expect(site).toEqual([{ day: '2026-10-10', count: '1' }])
    expect(await counted()).toBe(1)
  })

  test('stay one day longer than the setting, because a retry looks for its first copy there', async () => {
    const clock = { now: START }
    const { send } = await buildAt(clock)
    const event = happened(START)
    await send([event])
    clock.now = START + 8 * DAY_MS
    await closeAndDrop(clock.now)
    expect(await days()).toContain('2026-10-10')
    expect(await send([event])).toMatchObject({ tracked: 0, duplicates: 1 })
    await closeAndDrop(clock.now + DAY_MS)
    expect(await days()).not.toContain('2026-10-10')
    expect(await days()).toContain('2026-10-11')
  })

  test('go only when both site days of their UTC day are closed', async () => {
    const config = { timezone: 'Asia/Kathmandu' }
    const clock = { now: START }
    const { send } = await buildAt(clock, config)
    await send([happened(START)])
    clock.now = Date.parse('2026-10-10T23:00:00Z')
    await send([happened(clock.now)])
    const now = START + 20 * DAY_MS
    await runJobNow(database(), 'close-days', { now, config })
    await database().kysely.deleteFrom('closed_days').where('day', '=', '2026-10-11').execute()
    await expect(runJobNow(database(), 'raw-events', { now, config })).rejects.toThrow('got 2026-10-11 open')
    expect(await countRows(database(), 'events')).toBe(2)
  })

  test('that came after their day was counted stay until it is counted again', async () => {
    const clock = { now: START }
    const { send } = await buildAt(clock)
    await send([happened(START - DAY_MS), happened(START)])
    // The day before is dropped, so it is known that this one is whole.
    await closeAndDrop(START + 8 * DAY_MS)
    expect(await days()).not.toContain('2026-10-09')
    clock.now = START + 7 * DAY_MS
    await send([happened(START)])
    await database()
      .kysely.updateTable('closed_days')
      .set({ checked_at: new Date(START + 6 * DAY_MS) })
      .execute()
    const later = START + 20 * DAY_MS
    await expect(runJobNow(database(), 'raw-events', { now: later })).rejects.toThrow('got 2026-10-10 open')
    await closeAndDrop(later)
    expect(await days()).not.toContain('2026-10-10')
    const [site] = await database()
      .kysely.selectFrom('site_days')
      .select('count')
      .where('day', '=', '2026-10-10')
      .where('type', '=', 'click')
      .execute()
    expect([site, await counted()]).toEqual([{ count: '2' }, 3])
  })

  test('that come again after their day was dropped are stored once and not counted twice', async () => {
    const clock = { now: START }
    const { send } = await buildAt(clock)
    const event = happened(START)
    await send([event])
    clock.now = START + 12 * DAY_MS
    await closeAndDrop(clock.now)
    expect(await send([event])).toMatchObject({ tracked: 1 })
    expect(await send([event])).toMatchObject({ duplicates: 1 })
    expect(await counted()).toBe(1)
    expect(await outcomes(database())).toEqual({ tracked: 1, 'tracked late': 1, duplicate: 1 })
    const [row] = await database().kysely.selectFrom('events').select(['counted', 'flags', 'event_day']).execute()
    expect(row).toEqual({ counted: false, flags: 32_768, event_day: '1970-01-01' })
  })

  test('that are late on a collector that dropped nothing count', async () => {
    const clock = { now: START }
    const { send } = await buildAt(clock)
    const event = happened(START - 20 * DAY_MS)
    expect(await send([event])).toMatchObject({ tracked: 1 })
    expect(await send([event])).toMatchObject({ duplicates: 1 })
    expect(await counted()).toBe(1)
  })

  test('that come again while their day waits to be closed are duplicates, however old', async () => {
    const clock = { now: START }
    const { send } = await buildAt(clock)
    const event = happened(START)
    await send([event])
    clock.now = START + 25 * DAY_MS
    expect(await send([event])).toMatchObject({ tracked: 0, duplicates: 1 })
    expect(await counted()).toBe(1)
  })

  test('without a usable day go when they are old and closed', async () => {
    const clock = { now: START }
    const { send } = await buildAt(clock)
    const undated = (id: string) => happened(START, { id })
    await send([undated('019cd4f3-8bdc-4abc-8def-0123456789ab')])
    clock.now = START + 5 * DAY_MS
    await send([happened(clock.now, { id: '019cd4f3-8bdc-4abc-8def-0123456789ac' })])
    await closeAndDrop(START + 10 * DAY_MS)
    const left = await database().kysely.selectFrom('events').select('event_id').execute()
    expect(left).toEqual([{ event_id: '019cd4f3-8bdc-4abc-8def-0123456789ac' }])
    expect(await counted()).toBe(2)
  })

  test('killed before any of its transactions, the job ends like one that was not', async () => {
    const clock = { now: START }
    const { send } = await buildAt(clock)
    for (const day of [0, 1, 2]) {
      clock.now = START + day * DAY_MS
      await send([happened(clock.now), happened(clock.now, { id: `019cd4f3-8bdc-4abc-8def-01234567890${day}` })])
    }
    const now = START + 20 * DAY_MS
    await runJobNow(database(), 'close-days', { now })
    let deaths = 0
    for (let dieBefore = 1; ; dieBefore++) {
      const died = await runJobNow(database(), 'raw-events', { now, dieBefore }).then(
        () => false,
        (error: unknown) => error instanceof Died || Promise.reject(error),
      )
      if (!died) break
      deaths++
    }
    expect(deaths).toBeGreaterThan(2)
    expect(await countRows(database(), 'events')).toBe(0)
    expect(await counted()).toBe(6)
    const dropped = await database().kysely.selectFrom('dropped_days').select('day').execute()
    expect(dropped.map(({ day }) => day)).toEqual(expect.arrayContaining(['2026-10-10', '2026-10-11', '2026-10-12']))
  })

  // PGlite has one connection: nobody holds a lock beside it.
  test.each(kind === 'postgres' ? ['a long question'] : [])('ingest goes on while the drop waits for %s', async () => {
    const clock = { now: START }
    const { send } = await buildAt(clock)
    await send([happened(START)])
    clock.now = START + 20 * DAY_MS
    await runJobNow(database(), 'partitions', { now: clock.now })
    await runJobNow(database(), 'close-days', { now: clock.now })
    let longest = 0
    let sent = 0
    let dropping: Promise<void> | undefined
    await database()
      .stats.transaction()
      .execute(async (question) => {
        await sql`select count(*) from events`.execute(question)
        dropping = runJobNow(database(), 'raw-events', { now: clock.now })
        const end = performance.now() + 1_500
        while (performance.now() < end) {
          const startedAt = performance.now()
          expect(await send([happened(clock.now)])).toMatchObject({ tracked: 1 })
          longest = Math.max(longest, performance.now() - startedAt)
          sent++
        }
        expect(await days()).toContain('2026-10-10')
      })
    await dropping
    expect(await days()).not.toContain('2026-10-10')
    expect(sent).toBeGreaterThan(5)
    expect(longest).toBeLessThan(1_000)
  })
})
