// What an import brings into days that have ended is in everything that they are closed with.
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Database } from '../../src/database/open-database'
import { createImporter } from '../../src/import-events'
import { mintId } from '../../src/ingest/event-id'
import { closeDays } from '../../src/rollup/close-days'
import { createSiteClock } from '../../src/site-clock'
import { exportEvents } from '../../src/transfer/export-events'
import { readExport } from '../../src/transfer/read-export'
import { about, useCollectors } from '../support/collectors'
import { emptyTables, onBothDatabases } from '../support/databases'
import { runJobNow } from '../support/run-job'

const DAY_MS = 86_400_000
const today = Date.parse('2026-03-20T12:00:00Z')
/** One within the time in which a browser may deliver, two before it. */
const AGES = [2, 40, 41]
const clock = createSiteClock('UTC')
const dayOf = (age: number) => clock.day(today - age * DAY_MS)
const rules = { watchSkipMs: 3_000, watchSkipPercent: 10, watchCompletePercent: 95, compareKeys: ['variant'] }

const closedTables = [
  'closed_days',
  'content_days',
  'content_day_details',
  'site_days',
  'site_hours',
  'viewer_days',
  'cohort_days',
  'variant_days',
]

onBothDatabases('import into days that have ended', (database) => {
  const build = useCollectors(database)

  const close = (now = today) => closeDays({ db: { kysely: database().jobs }, clock, rawRetentionDays: 7, rules, now })

  /** Each age has its own collector, so that its events arrive on their day. */
  async function fill(): Promise<void> {
    for (const [index, age] of AGES.entries()) {
      const at = today - age * DAY_MS
      const { send, app } = await build({ networkEventsPerSecond: 0 }, () => at + 1_000)
      const events = Array.from({ length: 12 }, (_, i) =>
        about(String(i % 5), {
          id: mintId(at + i),
          occurredAt: at + i,
          type: ['impression', 'view', 'watch', 'like'][i % 4] ?? '',
          source: 'feed',
          position: i,
          durationMs: i % 4 === 2 ? 1_000 * i : undefined,
          metadata: { variant: i % 2 ? 'a' : 'b' },
        }),
      )
      await send(events.slice(0, 8), { body: { anonymousId: 'always' } })
      await send(events.slice(8), { body: { anonymousId: `since ${index}` } })
      await app.close()
    }
  }

  async function download(): Promise<string[]> {
    let text = ''
    for await (const piece of exportEvents(database(), { format: 'ndjson' })) text += piece
    return text.trimEnd().split('\n')
  }

  async function importLines(lines: readonly string[], db: Database = database()) {
    const importer = createImporter({ db, clock, config: { viewDedupeMs: 300_000 }, now: () => today })
    const pieces = async function* () {
      yield lines.join('\n')
    }
    for await (const read of readExport(pieces())) {
      if ('problem' in read) throw new Error(read.problem)
      await importer.add(read.event, read.line)
    }
    return importer.finish()
  }

  /** All rows of the closed days that have events, but for when they were made. */
  async function closedRows(): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {}
    for (const table of closedTables) {
      const { rows } = await sql<{ row: string }>`
        select (to_jsonb(t) - 'closed_at' - 'checked_at' - 'difference')::text as row from ${sql.table(table)} t
        ${table === 'closed_days' ? sql`where events > 0` : sql``} order by 1`.execute(database().kysely)
      found[table] = rows.map(({ row }) => row)
    }
    return found
  }

  const endedDays = AGES.map(dayOf).toSorted()

  async function closeEachDayInItsTime(): Promise<void> {
    for (const age of AGES.toSorted((a, b) => b - a)) await close(today - (age - 1) * DAY_MS)
    await close()
  }

  test('an empty database comes to the numbers of the one that was exported, also in two parts', async () => {
    await fill()
    await closeEachDayInItsTime()
    const [lines, before] = [await download(), await closedRows()]
    expect(before.site_days?.length).toBeGreaterThan(AGES.length)
    await emptyTables(database())
    expect(await importLines(lines.filter((_line, index) => index % 3 === 0))).toMatchObject({
      stored: 12,
      daysToClose: endedDays,
      daysClosedForGood: [],
    })
    await close()
    expect((await closedRows()).closed_days).toHaveLength(AGES.length)
    expect(await closedRows()).not.toEqual(before)
    // Days that are closed already are closed again with all of their events.
    expect(await importLines(lines)).toMatchObject({ stored: 24, duplicates: 12, daysToClose: endedDays })
    expect((await close()).map(({ day }) => day)).toEqual(endedDays)
    expect(await closedRows()).toEqual(before)
    expect(await close()).toEqual([])
    // More than a hundred days are closed, each in a transaction of its own.
  }, 240_000)

  test('days whose events were partly deleted keep what they were closed with, and the import says so', async () => {
    await fill()
    await closeEachDayInItsTime()
    const lines = await download()
    await runJobNow(database(), 'raw-events', { now: today, config: { rawRetentionDays: 10 } })
    const before = await closedRows()
    const old = JSON.parse(lines.find((line) => line.includes(dayOf(41))) ?? '') as { id: string }
    // Made by a caller with ids that tell no time, so nobody can know whether it was there.
    const undated = { ...old, id: '0b8f1c52-6f0e-4b61-9d6e-7a1f1f1f1f1f' }
    expect(await importLines([JSON.stringify(undated)])).toMatchObject({
      stored: 1,
      daysToClose: [],
      daysClosedForGood: [dayOf(41)],
    })
    await close()
    expect(await closedRows()).toEqual(before)
  })
})
