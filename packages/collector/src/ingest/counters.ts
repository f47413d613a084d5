// Counters are added up from what was stored only: by content and hour, and by source and position.
import { randomUUID } from 'node:crypto'
import { Bigints, Booleans, Dates, Instants, Integers, Texts, WholeNumbers } from './array-bytes'
import type { EventRow } from './enrich'
import { eventFlags } from './flags'
import { column, upsertStatement, type Run } from './insert-statement'
import { sumBy } from './sum-by'

/** The duration of a view that repeats another one is added to that one's; everything else counts or does not. */
const hasPartInHours = (row: EventRow) =>
  row.counted || ((row.flags & eventFlags.repeat) !== 0 && row.event.durationMs !== undefined)

interface HourSum {
  row: EventRow
  count: number
  durationMs: number
  durationN: number
}

const upsertHours = upsertStatement<HourSum>(
  'content_hours',
  [
    column('content_key', Bigints, ({ row }) => row.contentKey),
    column('hour', Instants, ({ row }) => row.hour),
    column('type', Texts, ({ row }) => row.event.type),
    column('authenticated', Booleans, ({ row }) => row.userId !== undefined),
    column('count', WholeNumbers, ({ count }) => count),
    column('duration_ms', WholeNumbers, ({ durationMs }) => durationMs),
    column('duration_n', WholeNumbers, ({ durationN }) => durationN),
  ],
  `on conflict (content_key, hour, type, authenticated) do update set
    count = content_hours.count + excluded.count,
    duration_ms = content_hours.duration_ms + excluded.duration_ms,
    duration_n = content_hours.duration_n + excluded.duration_n`,
)

export async function addHours(run: Run, rows: readonly EventRow[]): Promise<void> {
  const sums = sumBy(
    rows.filter(hasPartInHours),
    (row) => `${row.contentKey} ${row.hour} ${row.event.type} ${row.userId !== undefined}`,
    (row): HourSum => ({ row, count: 0, durationMs: 0, durationN: 0 }),
    (sum, { event, counted }) => {
      if (counted) sum.count++
      if (event.durationMs === undefined) return
      sum.durationMs += event.durationMs
      if (counted) sum.durationN++
    },
  )
  if (sums.length > 0) await upsertHours(run, sums)
}

interface PlaceSum {
  row: EventRow
  impressions: number
  clicks: number
}

const upsertPositions = upsertStatement<PlaceSum>(
  'positions',
  [
    column('source', Texts, ({ row }) => row.event.source),
    column('position', Integers, ({ row }) => row.event.position),
    column('day', Dates, ({ row }) => row.localDay),
    column('impressions', WholeNumbers, ({ impressions }) => impressions),
    column('clicks', WholeNumbers, ({ clicks }) => clicks),
  ],
  `on conflict (source, position, day) do update set
    impressions = positions.impressions + excluded.impressions,
    clicks = positions.clicks + excluded.clicks`,
)

export async function addPositions(run: Run, rows: readonly EventRow[]): Promise<void> {
  const placed = rows.filter(
    ({ counted, event: { type, source, position } }) =>
      counted && source !== undefined && position !== undefined && (type === 'impression' || type === 'click'),
  )
  const sums = sumBy(
    placed,
    ({ event, localDay }) => `${localDay} ${event.position} ${event.source}`,
    (row): PlaceSum => ({ row, impressions: 0, clicks: 0 }),
    (sum, { event }) => {
      if (event.type === 'click') sum.clicks++
      else sum.impressions++
    },
  )
  if (sums.length > 0) await upsertPositions(run, sums)
}

/** What comes long after its day is told to those who read the day from its closing, which does not hold it yet. */
export async function noteLateDays(run: Run, rows: readonly EventRow[], before: number): Promise<void> {
  const days = new Set<string>()
  for (const { occurredAt, localDay } of rows) if (occurredAt < before) days.add(localDay)
  if (days.size === 0) return
  const noted = randomUUID()
  await run
    .insertInto('late_days')
    .values([...days].map((day) => ({ day, noted })))
    .execute()
}
