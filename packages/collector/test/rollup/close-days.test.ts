// A day is closed once it has ended: killed anywhere, run twice, by two at once or after late events, it says the same.
import type { WireEvent } from '@sightline/sdk/wire'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/database/open-database'
import { closeDays } from '../../src/rollup/close-days'
import { findClosedDays } from '../../src/find-closed-days'
import { createSiteClock } from '../../src/site-clock'
import { useCollectors, type TestCollector } from '../support/collectors'
import { onBothDatabases } from '../support/databases'
import { impression } from '../support/events'

const clock = createSiteClock('Europe/Berlin')
const noon = Date.parse('2025-06-10T10:00:00Z')
const YESTERDAY = '2025-06-09'
const HOUR_MS = 3_600_000
const rules = { watchSkipMs: 3_000, watchSkipPercent: 10, watchCompletePercent: 95, compareKeys: ['variant'] }

const everything = [
  'closed_days',
  'content_days',
  'content_day_details',
  'site_days',
  'site_hours',
  'viewer_days',
  'cohort_days',
  'variant_days',
]

const yesterday = (fields: Partial<WireEvent> = {}, hours = 12): WireEvent =>
  impression({ occurredAt: clock.dayStart(YESTERDAY) + hours * HOUR_MS, ...fields })

const viewAfter = (minutes: number, durationMs: number) => yesterday({ type: 'view', durationMs }, 12 + minutes / 60)

/** A connection that is cut with its nth statement. */
function dyingAt({ kysely }: Database, nth: number): Database['kysely'] {
  let statements = 0
  return kysely.withPlugin({
    transformQuery({ node }) {
      if (++statements >= nth) throw new Error('killed')
      return node
    },
    transformResult: async ({ result }) => result,
  })
}

onBothDatabases('closing days', (database) => {
  const build = useCollectors(database)
  let collector: TestCollector
  let now = noon
  beforeEach(async () => {
    now = noon
    collector = await build({ timezone: 'Europe/Berlin', networkEventsPerSecond: 0 }, () => now)
  })

  const close = (at = now, rawRetentionDays = 7) =>
    closeDays({ db: { kysely: database().jobs }, clock, rawRetentionDays, rules, now: at })
  const send = (events: WireEvent[], viewer = 'me') => collector.send(events, { body: { anonymousId: viewer } })

  /** All rows of the closed days, but for when they were made. */
  async function snapshot(db: Database = database()) {
    const rows: Record<string, unknown[]> = {}
    for (const table of everything) {
      const found = await sql<{ row: string }>`
        select (to_jsonb(t) - 'closed_at' - 'checked_at')::text as row from ${sql.table(table)} t order by 1`.execute(
        db.kysely,
      )
      rows[table] = found.rows.map(({ row }) => row)
    }
    return rows
  }
  const dayRow = async () =>
    (await database().kysely.selectFrom('closed_days').selectAll().where('day', '=', YESTERDAY).execute())[0]

  test('waits an hour after midnight of the site for events that come late', async () => {
    await send([yesterday()])
    const midnight = clock.dayStart('2025-06-10')
    expect(await close(midnight + HOUR_MS - 1)).not.toContainEqual(expect.objectContaining({ day: YESTERDAY }))
    expect(await close(midnight + HOUR_MS)).toEqual([{ day: YESTERDAY, events: 1, difference: 0 }])
  })

  test('closes days without events too, so that their partitions may go', async () => {
    await close()
    expect(await findClosedDays(database().kysely, ['2025-06-01', YESTERDAY, '2025-06-10'])).toEqual(
      new Set(['2025-06-01', YESTERDAY]),
    )
    expect(await dayRow()).toMatchObject({ events: '0', difference: '0' })
  })

  test('counts what counts, exact viewers, lengths and classes', async () => {
    await send([
      yesterday({ type: 'watch', durationMs: 2_000, mediaDurationMs: 60_000 }),
      yesterday({ type: 'watch', durationMs: 5_000, mediaDurationMs: 60_000 }),
      yesterday({ type: 'watch', durationMs: 58_000, mediaDurationMs: 60_000 }),
    ])
    await send([yesterday({ type: 'watch', durationMs: 1_000, mediaDurationMs: 60_000, completed: true })], 'you')
    await send([yesterday({ type: 'watch', durationMs: 10_000 }), yesterday({ type: 'watch' })], 'they')
    await close()
    const [row] = await database().kysely.selectFrom('site_days').selectAll().where('type', '=', 'watch').execute()
    expect(row).toMatchObject({ count: '6', viewers: 3, duration_ms: '76000', duration_n: '5' })
    // Less than a tenth of a minute is a skip too, and one of five told nothing to go by.
    expect(row).toMatchObject({ skipped: 2, partial: 1, completed: 2 })
  })

  test('believes the catalogue before the browser when it comes to how long a film is', async () => {
    await collector.register('42', { durationMs: 20_000 })
    await send([yesterday({ type: 'watch', durationMs: 19_500, mediaDurationMs: 60_000 })])
    await close()
    const [row] = await database().kysely.selectFrom('site_days').selectAll().where('type', '=', 'watch').execute()
    expect(row).toMatchObject({ skipped: 0, partial: 0, completed: 1 })
  })

  test('adds the lengths of repeated views without counting them, as the live counters do', async () => {
    await send([viewAfter(0, 1_000), viewAfter(2, 2_000), viewAfter(20, 4_000)])
    const closed = (await close()).find(({ day }) => day === YESTERDAY)
    expect(closed).toEqual({ day: YESTERDAY, events: 3, difference: 0 })
    for (const table of ['content_hours', 'site_hours', 'content_days', 'site_days']) {
      const { rows } = await sql`select sum(count)::int as count, sum(duration_ms)::int as ms, sum(duration_n)::int as n
        from ${sql.table(table)} where type = 'view'`.execute(database().kysely)
      expect(rows).toEqual([{ count: 2, ms: 7_000, n: 2 }])
    }
  })

  test('keeps fifty values by name and adds the others up', async () => {
    const events = Array.from({ length: 53 }, (_, i) =>
      Array.from({ length: i < 3 ? 1 : 2 }, () => yesterday({ source: `s${String(i).padStart(2, '0')}` })),
    ).flat()
    for (let from = 0; from < events.length; from += 50) await send(events.slice(from, from + 50))
    await send([yesterday()])
    await close()
    const [row] = await database().kysely.selectFrom('site_days').selectAll().where('type', '=', '*').execute()
    const { source } = row!.breakdowns as { source: { values: Record<string, number>; other: number; none: number } }
    expect([Object.keys(source.values).length, source.other, source.none]).toEqual([50, 3, 1])
    expect(source.values).not.toHaveProperty('s00')
  })

  test('counts a viewer without a name, and takes them for nobody', async () => {
    await collector.send([yesterday()], { headers: { 'sec-gpc': '1' } })
    await close()
    const [row] = await database().kysely.selectFrom('site_days').selectAll().where('type', '=', '*').execute()
    expect(row).toMatchObject({ count: '1', viewers: 0 })
    expect(await database().kysely.selectFrom('viewer_days').selectAll().execute()).toEqual([])
  })

  test('run again it changes nothing, and finds nothing to do', async () => {
    await send([yesterday(), yesterday({ type: 'click', metadata: { variant: 'b' } })])
    expect((await close()).length).toBeGreaterThan(0)
    const before = await snapshot()
    expect(await close(now + HOUR_MS)).toEqual([])
    expect(await snapshot()).toEqual(before)
    expect((await dayRow())?.checked_at).toEqual(new Date(now + HOUR_MS))
  })

  test('what is left after a kill is nothing or all of it', async () => {
    await send([yesterday(), yesterday({ type: 'like' }, 3)])
    await close()
    const whole = await snapshot()
    await sql`truncate ${sql.raw(everything.join())}`.execute(database().kysely)
    const empty = await snapshot()
    const isHalf = async () => {
      const { rows } = await sql<{ closed: boolean; counted: boolean; viewers: boolean }>`select
        exists (select 1 from closed_days where day = ${YESTERDAY}::date) as closed,
        exists (select 1 from content_days where day = ${YESTERDAY}::date) as counted,
        exists (select 1 from viewer_days where day = ${YESTERDAY}::date) as viewers`.execute(database().kysely)
      return new Set(Object.values(rows[0]!)).size > 1
    }
    // Dies with each statement in turn, until none is left to die with.
    const deaths: string[] = []
    let halves = 0
    for (let before = -1; before < deaths.length;) {
      before = deaths.length
      const kysely = dyingAt(database(), deaths.length + 1)
      await closeDays({ db: { kysely }, clock, rawRetentionDays: 7, rules, now }).catch((error: unknown) => {
        deaths.push(String(error))
      })
      if (await isHalf()) halves++
    }
    expect(new Set(deaths)).toEqual(new Set(['Error: killed']))
    expect([deaths.length > 20, halves]).toEqual([true, 0])
    expect(await snapshot()).toEqual(whole)
    expect(empty).not.toEqual(whole)
  })

  test('says the same in one piece and in many', async () => {
    const events = Array.from({ length: 40 }, (_, i) =>
      yesterday({ content: { type: 'post', id: String(i % 13) }, type: i % 2 ? 'view' : 'click', durationMs: i * 100 }),
    )
    await send(events)
    await close()
    const whole = await snapshot()
    await sql`truncate ${sql.raw(everything.join())}`.execute(database().kysely)
    await closeDays({
      db: { kysely: database().jobs },
      clock,
      rawRetentionDays: 7,
      rules: { ...rules, eventsAtOnce: 5 },
      now,
    })
    expect(await snapshot()).toEqual(whole)
  })

  test('by two at once it is closed once', async () => {
    await send([yesterday(), yesterday({ type: 'like' })])
    await close()
    const before = await snapshot()
    await sql`truncate ${sql.raw(everything.join())}`.execute(database().kysely)
    const results = await Promise.allSettled([close(), close()])
    // Who comes second starts over at its next time.
    if (results.some(({ status }) => status === 'rejected')) await close()
    expect(await snapshot()).toEqual(before)
  })

  test('is closed again when events come late', async () => {
    await send([yesterday()])
    await close()
    await send([yesterday({ type: 'click' })], 'late')
    expect(await close(now + HOUR_MS)).toEqual([{ day: YESTERDAY, events: 2, difference: 0 }])
    const [row] = await database().kysely.selectFrom('site_days').selectAll().where('type', '=', '*').execute()
    expect(row).toMatchObject({ count: '2', viewers: 2 })
  })

  test('facts outlive their recount: a day is counted again only while all of its events are kept', async () => {
    await send([yesterday(), yesterday({ type: 'like' })])
    await close()
    const before = await snapshot()
    // Ten days later the partition of that day is gone, and something comes for it.
    await sql`delete from events`.execute(database().kysely)
    await sql`insert into dropped_days values (${YESTERDAY}, now())`.execute(database().kysely)
    now = noon + 10 * 24 * HOUR_MS
    await send([
      yesterday({ id: impression({}).id }),
      yesterday({ id: impression({}).id }),
      yesterday({ id: impression({}).id }),
    ])
    const again = (await close()).map(({ day }) => day)
    expect(again).not.toContain(YESTERDAY)
    const after = await snapshot()
    expect(after['site_days']!.filter((row) => String(row).includes(YESTERDAY))).toEqual(before['site_days'])
  })

  test('knows the first day of a viewer, also when that day is closed last', async () => {
    const dayBefore = yesterday({}, -12)
    await send([yesterday()])
    await close()
    await send([dayBefore])
    await close(now + HOUR_MS)
    const rows = await database().kysely.selectFrom('viewer_days').select(['day', 'first_day']).orderBy('day').execute()
    expect(rows).toEqual([
      { day: '2025-06-08', first_day: '2025-06-08' },
      { day: YESTERDAY, first_day: '2025-06-08' },
    ])
    const cohorts = await database().kysely.selectFrom('cohort_days').selectAll().orderBy('day').execute()
    expect(cohorts.map(({ first_day, day, viewers }) => [first_day, day, viewers])).toEqual([
      ['2025-06-08', '2025-06-08', 1],
      ['2025-06-08', YESTERDAY, 1],
    ])
  })

  test('tells by how much the live counters were off', async () => {
    await send([yesterday(), yesterday({ type: 'like' })])
    await database().kysely.updateTable('content_hours').set({ count: 4 }).where('type', '=', 'like').execute()
    expect(await close()).toContainEqual({ day: YESTERDAY, events: 2, difference: 3 })
    expect(await dayRow()).toMatchObject({ difference: '3' })
  })
})
