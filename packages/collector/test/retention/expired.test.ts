// Everything else that has an age goes when it has reached it, in small steps that may be cut anywhere.
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createViewerKeys } from '../../src/identity/viewer-key'
import { onBothDatabases } from '../support/databases'
import { countRows } from '../support/events'
import { runJobNow } from '../support/run-job'

const DAY_MS = 86_400_000
const NOW = Date.parse('2026-11-21T10:00:00Z')
const dayBefore = (days: number) => new Date(NOW - days * DAY_MS).toISOString().slice(0, 10)

onBothDatabases('retention', (database) => {
  const run = (name: string, config = {}) => runJobNow(database(), name, { now: NOW, config })
  const daysOf = async (table: string) => {
    const { rows } = await sql<{
      day: string
    }>`select distinct day::text as day from ${sql.table(table)} order by 1`.execute(database().kysely)
    return rows.map(({ day }) => day)
  }

  test('roll-ups, positions and outcomes go after their days, and closed days stay known', async () => {
    const { kysely } = database()
    const days = [0, 89, 90, 91, 400].map(dayBefore)
    for (const day of days) {
      const sums = {
        day,
        type: 'view',
        authenticated: false,
        count: 1,
        duration_ms: 0,
        duration_n: 0,
        viewers: 1,
        skipped: 0,
        partial: 0,
        completed: 0,
      }
      await kysely
        .insertInto('content_days')
        .values({ ...sums, content_key: '1' })
        .execute()
      await kysely
        .insertInto('site_days')
        .values({ ...sums, sketch: null, breakdowns: '{}' })
        .execute()
      await kysely
        .insertInto('positions')
        .values({ source: 'feed', position: 1, day, impressions: 1, clicks: 0 })
        .execute()
      await kysely.insertInto('outcomes').values({ day, outcome: 'tracked', reason: '', count: 1 }).execute()
      await sql`insert into closed_days values (${day}::date, now(), now(), 1, 0, '{}')`.execute(kysely)
    }
    await run('roll-ups')
    for (const table of ['content_days', 'site_days', 'positions', 'outcomes']) {
      expect([table, await daysOf(table)]).toEqual([table, [90, 89, 0].map(dayBefore)])
    }
    expect(await daysOf('closed_days')).toHaveLength(5)
  })

  const addHours = async (ages: number[]) => {
    for (const age of ages) {
      await database()
        .kysely.insertInto('content_hours')
        .values({
          content_key: '1',
          hour: new Date(NOW - age * DAY_MS),
          type: 'view',
          authenticated: false,
          count: 1,
          duration_ms: 0,
          duration_n: 0,
        })
        .execute()
    }
  }
  const close = (age: number) =>
    sql`insert into closed_days values (${dayBefore(age)}::date, now(), now(), 1, 0, '{}')`.execute(database().kysely)
  const agesOfHours = async () => {
    const left = await database().kysely.selectFrom('content_hours').select('hour').orderBy('hour').execute()
    return left.map(({ hour }) => (NOW - hour.getTime()) / DAY_MS)
  }

  test('hours go after 35 days, if their day is closed', async () => {
    await addHours([34, 36, 37])
    await close(37)
    await run('roll-ups')
    expect(await agesOfHours()).toEqual([36, 34])
  })

  test('hours go with their closed day where that is kept for less', async () => {
    await addHours([29, 30, 31])
    for (const age of [29, 30, 31]) await close(age)
    await run('roll-ups', { rollupRetentionDays: 30 })
    expect(await agesOfHours()).toEqual([30, 29])
  })

  test('closed days are kept as long as their single events', async () => {
    for (const day of [20, 40, 41].map(dayBefore)) {
      await database()
        .kysely.insertInto('positions')
        .values({ source: 'feed', position: 1, day, impressions: 1, clicks: 0 })
        .execute()
    }
    await run('roll-ups', { rollupRetentionDays: 7, rawRetentionDays: 40 })
    expect(await daysOf('positions')).toEqual([40, 20].map(dayBefore))
  })

  test('of each recently-viewed list the newest stay', async () => {
    await sql`insert into recent_views select viewer, content, now() - content * interval '1 minute', null, 1
      from generate_series(1, 450) viewer, generate_series(1, 7) content`.execute(database().kysely)
    await sql`insert into recent_views values (1000, 1, now(), null, 1)`.execute(database().kysely)
    await run('recent-views', { maxRecentViews: 5 })
    const { rows } = await sql<{ viewers: number; most: number }>`
      select count(*)::int as viewers, max(content_key)::int as most from recent_views`.execute(database().kysely)
    expect(rows).toEqual([{ viewers: 450 * 5 + 1, most: 5 }])
  })

  test('no salt lives for 48 hours', async () => {
    const start = Date.parse('2026-11-19T00:00:00Z')
    const visitor = { address: '203.0.113.1', userAgent: 'x' }
    await createViewerKeys(database(), () => start)(visitor)
    const almost = start + 48 * 3_600_000 - 10 * 60_000
    await runJobNow(database(), 'salts', { now: almost })
    expect(await countRows(database(), 'salts')).toBe(0)
    await createViewerKeys(database(), () => almost)(visitor)
    await runJobNow(database(), 'salts', { now: almost })
    expect(await countRows(database(), 'salts')).toBe(1)
  })

  test('who was erased is forgotten when nothing of theirs can be late any more', async () => {
    for (const age of [30, 32]) {
      await database()
        .kysely.insertInto('erased_viewers')
        .values({ viewer_key: String(age), erased_at: new Date(NOW - age * DAY_MS) })
        .execute()
    }
    await run('old-erasures')
    expect(await database().kysely.selectFrom('erased_viewers').select('viewer_key').execute()).toEqual([
      { viewer_key: '30' },
    ])
  })
})
