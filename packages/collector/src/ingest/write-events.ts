// One group of rows becomes one transaction: names, events, counters and outcomes, all or nothing, each one statement.
import type { DropCounts } from '@sightline/sdk/wire'
import { sql, type Transaction } from 'kysely'
import { NO_CONTENT_KEY } from '../content-key'
import { errorCode } from '../database/error-class'
import type { Database } from '../database/open-database'
import type { OutcomesTable, Tables } from '../database/tables'
import { utcDay } from '../site-clock'
import { arrayText, type Cell } from './array-text'
import type { EventRow } from './enrich'
import { rememberRecent } from './remember-recent'

const MAX_REMEMBERED_CONTENTS = 50_000

/** So many events met this outcome, beside those in `events`. */
export interface Tally {
  outcome: OutcomesTable['outcome']
  reason: string
  count: number
}

/** What a browser dropped before it was sent. */
export function talliesOfDrops(drops: DropCounts = {}): Tally[] {
  return Object.entries(drops).map(([reason, count]) => ({ outcome: 'lost', reason, count }))
}

export interface GroupToWrite {
  /** Sorted by content key and id, without two rows of one id. */
  rows: readonly EventRow[]
  /** Outcomes of events that are not among the rows. */
  tallies: readonly Tally[]
  /** What a browser dropped, by the id of the row that told it; counted only when that row is new. */
  drops: ReadonlyMap<string, DropCounts>
}

type Column = [name: string, type: string, value: (row: EventRow) => Cell]

const PERCENT = 100
const MAX_INT2 = 32_767
const percent = (share: number | undefined) => (share === undefined ? undefined : Math.round(share * PERCENT))
const time = (ms: number) => new Date(ms).toISOString()

const columns: Column[] = [
  ['content_key', 'bigint', (row) => row.contentKey],
  ['viewer_key', 'bigint', (row) => row.viewerKey],
  ['event_id', 'uuid', (row) => row.id],
  ['session_id', 'uuid', (row) => row.event.sessionId],
  ['occurred_at', 'timestamptz', (row) => time(row.occurredAt)],
  ['received_at', 'timestamptz', (row) => time(row.receivedAt)],
  ['event_day', 'date', (row) => row.eventDay],
  ['seq', 'integer', (row) => row.event.seq],
  ['duration_ms', 'integer', (row) => row.event.durationMs],
  ['total_ms', 'integer', (row) => row.event.totalMs],
  ['stall_ms', 'integer', (row) => row.event.stallMs],
  ['media_duration_ms', 'integer', (row) => row.event.mediaDurationMs],
  ['min_duration_ms', 'integer', (row) => row.event.criteria?.minDurationMs],
  ['flags', 'integer', (row) => row.flags],
  ['position', 'integer', (row) => row.event.position],
  [
    'scroll_depth',
    'smallint',
    (row) => (row.event.scrollDepth === undefined ? undefined : Math.round(row.event.scrollDepth)),
  ],
  ['ratio', 'smallint', (row) => percent(row.event.ratio)],
  ['threshold', 'smallint', (row) => percent(row.event.criteria?.threshold)],
  [
    'confirm_lag_ms',
    'smallint',
    ({ event }) => (event.confirmLagMs === undefined ? undefined : Math.min(event.confirmLagMs, MAX_INT2)),
  ],
  ['counted', 'boolean', (row) => row.counted],
  ['type', 'text', (row) => row.event.type],
  ['source', 'text', (row) => row.event.source],
  ['view_type', 'text', (row) => row.event.viewType],
  ['channel', 'text', (row) => row.channel],
  ['device', 'text', (row) => row.device],
  ['referrer_domain', 'text', (row) => row.referrerDomain],
  ['user_id', 'text', (row) => row.userId],
  ['end_reason', 'text', (row) => row.event.endReason],
  ['metadata', 'jsonb', (row) => row.event.metadata && JSON.stringify(row.event.metadata)],
]

const columnNames = sql.raw(columns.map(([name]) => name).join(', '))
const typesOfAnyText = new Set(['text', 'jsonb'])

/** Writes groups of rows. What it remembers (which contents have a name already) is only a short cut. */
export function createEventWriter({ kysely }: Pick<Database, 'kysely'>, now: () => number) {
  const named = rememberRecent(MAX_REMEMBERED_CONTENTS)

  /** Returns the ids that were not stored before. Running it again after an unknown outcome changes nothing. */
  async function writeGroup({ rows, tallies, drops }: GroupToWrite): Promise<Set<string>> {
    const namesToWrite = namesOf(rows.filter((row) => !named.has(row.contentKey)))
    const stored = await kysely.transaction().execute(async (transaction) => {
      await writeNames(transaction, namesToWrite)
      const storedIds = await insertEvents(transaction, rows)
      const storedRows = rows.filter((row) => storedIds.has(row.id))
      const countedRows = storedRows.filter((row) => row.counted)
      await addHours(transaction, countedRows)
      await addPositions(transaction, countedRows)
      const outcomes = tallyRows(rows, storedIds, drops)
      // The row of `tracked` is the one that all groups share, so it comes last and is locked for the shortest time.
      await addOutcomes(transaction, [...tallies, ...outcomes], utcDay(now()))
      return storedIds
    })
    for (const { key } of namesToWrite) named.add(key)
    return stored
  }

  /** Keeps one row that the database refuses, for a replay. */
  async function buryRow(row: EventRow, error: unknown): Promise<void> {
    const { contentType: _type, contentId: _id, viewerKey, userId, id, receivedAt, event } = row
    await kysely.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('dead_letters')
        .values({
          event_id: id,
          received_at: new Date(receivedAt),
          viewer_key: viewerKey,
          user_id: userId ?? null,
          code: errorCode(error) ?? '',
          // The detail of a database error quotes values; its first line names only the rule.
          message: error instanceof Error ? (error.message.split('\n')[0] ?? '') : '',
          event: JSON.stringify(event),
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      await addOutcomes(transaction, [{ outcome: 'refused', reason: 'unstorable', count: 1 }], utcDay(now()))
    })
  }

  return { writeGroup, buryRow }
}

type Run = Transaction<Tables>

interface ContentName {
  key: string
  type: string
  id: string
}

function namesOf(rows: readonly EventRow[]): ContentName[] {
  const names = new Map<string, ContentName>()
  for (const { contentKey: key, contentType: type, contentId: id } of rows) {
    if (key !== NO_CONTENT_KEY && type !== undefined && id !== undefined) names.set(key, { key, type, id })
  }
  return [...names.values()]
}

async function writeNames(run: Run, names: readonly ContentName[]): Promise<void> {
  if (names.length === 0) return
  await sql`insert into content (content_key, type, id)
    select * from unnest(${names.map(({ key }) => key)}::bigint[], ${names.map(({ type }) => type)}::text[],
      ${names.map(({ id }) => id)}::text[])
    on conflict do nothing`.execute(run)
}

async function insertEvents(run: Run, rows: readonly EventRow[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const arrays = columns.map(
    ([, type, value]) => sql`${arrayText(rows, value, typesOfAnyText.has(type))}::${sql.raw(type)}[]`,
  )
  const { rows: inserted } = await sql<{ event_id: string }>`insert into events (${columnNames})
    select * from unnest(${sql.join(arrays)}) on conflict do nothing returning event_id`.execute(run)
  return new Set(inserted.map((row) => row.event_id))
}

async function addHours(run: Run, rows: readonly EventRow[]): Promise<void> {
  const sums = sumBy(
    rows,
    (row) => `${row.contentKey} ${row.hour} ${row.event.type} ${row.userId !== undefined}`,
    (row) => ({ row, count: 0, durationMs: 0, durationN: 0 }),
    (sum, { event }) => {
      sum.count++
      if (event.durationMs === undefined) return
      sum.durationMs += event.durationMs
      sum.durationN++
    },
  )
  if (sums.length === 0) return
  await sql`insert into content_hours (content_key, hour, type, authenticated, count, duration_ms, duration_n)
    select * from unnest(
      ${sums.map(({ row }) => row.contentKey)}::bigint[],
      ${sums.map(({ row }) => time(row.hour))}::timestamptz[],
      ${sums.map(({ row }) => row.event.type)}::text[],
      ${sums.map(({ row }) => row.userId !== undefined)}::boolean[],
      ${sums.map(({ count }) => count)}::bigint[],
      ${sums.map(({ durationMs }) => durationMs)}::bigint[],
      ${sums.map(({ durationN }) => durationN)}::bigint[])
    on conflict (content_key, hour, type, authenticated) do update set
      count = content_hours.count + excluded.count,
      duration_ms = content_hours.duration_ms + excluded.duration_ms,
      duration_n = content_hours.duration_n + excluded.duration_n`.execute(run)
}

async function addPositions(run: Run, rows: readonly EventRow[]): Promise<void> {
  const placed = rows.filter(
    ({ event: { type, source, position } }) =>
      source !== undefined && position !== undefined && (type === 'impression' || type === 'click'),
  )
  const sums = sumBy(
    placed,
    ({ event, localDay }) => `${localDay} ${event.position} ${event.source}`,
    ({ event, localDay }) => ({ event, localDay, impressions: 0, clicks: 0 }),
    (sum, { event }) => {
      if (event.type === 'click') sum.clicks++
      else sum.impressions++
    },
  )
  if (sums.length === 0) return
  await sql`insert into positions (source, position, day, impressions, clicks)
    select * from unnest(
      ${sums.map(({ event }) => event.source)}::text[],
      ${sums.map(({ event }) => event.position)}::integer[],
      ${sums.map(({ localDay }) => localDay)}::date[],
      ${sums.map(({ impressions }) => impressions)}::bigint[],
      ${sums.map(({ clicks }) => clicks)}::bigint[])
    on conflict (source, position, day) do update set
      impressions = positions.impressions + excluded.impressions,
      clicks = positions.clicks + excluded.clicks`.execute(run)
}

function tallyRows(
  rows: readonly EventRow[],
  stored: ReadonlySet<string>,
  drops: ReadonlyMap<string, DropCounts>,
): Tally[] {
  const lost = [...drops].flatMap(([id, counts]) => (stored.has(id) ? talliesOfDrops(counts) : []))
  return [
    { outcome: 'tracked', reason: '', count: stored.size },
    { outcome: 'duplicate', reason: '', count: rows.length - stored.size },
    ...lost,
  ]
}

async function addOutcomes(run: Run, tallies: readonly Tally[], day: string): Promise<void> {
  const sums = sumBy(
    tallies.filter(({ count }) => count > 0),
    ({ outcome, reason }) => `${outcome} ${reason}`,
    ({ outcome, reason }) => ({ outcome, reason, count: 0 }),
    (sum, { count }) => {
      sum.count += count
    },
  )
  if (sums.length === 0) return
  await sql`insert into outcomes (day, outcome, reason, count)
    select ${day}::date, * from unnest(${sums.map(({ outcome }) => outcome)}::text[],
      ${sums.map(({ reason }) => reason)}::text[], ${sums.map(({ count }) => count)}::bigint[])
    on conflict (day, outcome, reason) do update set count = outcomes.count + excluded.count`.execute(run)
}

/** Sums in the order of their keys: two groups that lock the same rows in the same order cannot deadlock. */
function sumBy<Item, Sum>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  begin: (item: Item) => Sum,
  add: (sum: Sum, item: Item) => void,
): Sum[] {
  const sums = new Map<string, Sum>()
  for (const item of items) {
    const key = keyOf(item)
    let sum = sums.get(key)
    if (sum === undefined) {
      sum = begin(item)
      sums.set(key, sum)
    }
    add(sum, item)
  }
  return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}
