// One group of rows becomes one transaction: names, events, counters and outcomes, all or nothing, each one statement.
import type { DropCounts } from '@sightline/sdk/wire'
import { sql, type Transaction } from 'kysely'
import { NO_CONTENT_KEY } from '../content-key'
import { channelCodes, deviceCodes, endReasonCodes, typeCode, typeCodes } from '../database/codes'
import { errorCode } from '../database/error-class'
import type { Database } from '../database/open-database'
import type { OutcomesTable, Tables } from '../database/tables'
import { utcDay } from '../site-clock'
import { arrayText, instantText, type Cell } from './array-text'
import type { EventRow } from './enrich'
import { findElsewhere } from './find-elsewhere'
import { eventFlags, uncountedReason } from './flags'
import { gateViews } from './gate-views'
import { rememberRecent } from './remember-recent'

const MAX_REMEMBERED_CONTENTS = 50_000
/** SQLSTATE of a row that someone else holds for now. */
const LOCK_NOT_AVAILABLE = '55P03'

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

const columns: Column[] = [
  ['content_key', 'bigint', (row) => row.contentKey],
  ['viewer_key', 'bigint', (row) => row.viewerKey],
  ['event_id', 'uuid', (row) => row.id],
  ['session_id', 'uuid', (row) => row.event.sessionId],
  ['occurred_at', 'timestamptz', (row) => instantText(row.occurredAt)],
  ['received_at', 'timestamptz', (row) => instantText(row.receivedAt)],
  ['event_day', 'date', (row) => row.eventDay],
  ['seq', 'integer', (row) => row.event.seq],
  ['duration_ms', 'integer', (row) => row.event.durationMs],
  ['total_ms', 'integer', (row) => row.event.totalMs],
  ['stall_ms', 'integer', (row) => row.event.stallMs],
  ['media_duration_ms', 'integer', (row) => row.event.mediaDurationMs],
  ['pip_ms', 'integer', (row) => row.event.pipMs],
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
  ['type', 'smallint', (row) => typeCode(row.event.type)],
  ['channel', 'smallint', (row) => channelCodes[row.channel]],
  ['device', 'smallint', (row) => deviceCodes[row.device]],
  ['end_reason', 'smallint', ({ event }) => event.endReason && endReasonCodes[event.endReason]],
  ['counted', 'boolean', (row) => row.counted],
  ['custom_type', 'text', ({ event }) => (typeCode(event.type) === typeCodes.custom ? event.type : undefined)],
  ['source', 'text', (row) => row.event.source],
  ['view_type', 'text', (row) => row.event.viewType],
  ['country', 'text', (row) => row.country],
  ['referrer_domain', 'text', (row) => row.referrerDomain],
  ['user_id', 'text', (row) => row.userId],
  ['metadata', 'jsonb', (row) => row.event.metadata && JSON.stringify(row.event.metadata)],
]

const columnNames = sql.raw(columns.map(([name]) => name).join(', '))
const typesOfAnyText = new Set(['text', 'jsonb'])

/** What was written in a transaction of which nobody knows whether it was committed. */
interface Attempt {
  transactionId: string
  repeats: ReadonlySet<string>
}

/** What the writer tells about a group that is committed. */
export interface Written {
  rows: number
  durationMs: number
  tallies: readonly Tally[]
}

/** Writes groups of rows. What it remembers (which contents have a name already) is only a short cut. */
export function createEventWriter(
  { kysely }: Pick<Database, 'kysely'>,
  now: () => number,
  onWritten: (written: Written) => void,
  viewDedupeMs: number,
) {
  const named = rememberRecent(MAX_REMEMBERED_CONTENTS)
  const unknownAttempts = new WeakMap<GroupToWrite, Attempt>()

  /**
   * Returns the ids that were stored before. Running it again after an unknown outcome changes nothing; given the same
   * object again, it also returns what it would have returned the first time.
   */
  async function writeGroup(group: GroupToWrite): Promise<ReadonlySet<string>> {
    const { rows, tallies, drops } = group
    const startedAt = performance.now()
    const unknown = unknownAttempts.get(group)
    if (unknown && (await wasCommitted(kysely, unknown, rows))) return tell(unknown.repeats)
    unknownAttempts.delete(group)

    const namesToWrite = namesOf(rows.filter((row) => !named.has(row.contentKey)))
    let attempt: Attempt | undefined
    try {
      const repeats = await kysely.transaction().execute(async (transaction) => {
        await writeNames(transaction, namesToWrite)
        await gateViews(transaction, rows, viewDedupeMs)
        const repeatedIds = await insertNew(transaction, rows)
        const newRows = repeatedIds.size === 0 ? rows : rows.filter(({ id }) => !repeatedIds.has(id))
        await addHours(transaction, newRows)
        await addPositions(transaction, newRows)
        // The row of `tracked` is the one that all groups share, so it comes last and is locked for the shortest time.
        const transactionId = await addOutcomes(transaction, outcomesWith(repeatedIds), utcDay(now()))
        if (transactionId !== undefined) attempt = { transactionId, repeats: repeatedIds }
        return repeatedIds
      })
      for (const { key } of namesToWrite) named.add(key)
      return tell(repeats)
    } catch (error) {
      // Every statement was answered, so it is COMMIT that was not.
      if (attempt) unknownAttempts.set(group, attempt)
      throw error
    }

    function outcomesWith(repeats: ReadonlySet<string>): Tally[] {
      const isNewWithDrops = ({ id }: EventRow) => drops.has(id) && !repeats.has(id)
      const lost =
        drops.size === 0 ? [] : rows.filter(isNewWithDrops).flatMap(({ id }) => talliesOfDrops(drops.get(id)))
      return [
        ...tallies,
        ...trackedBy(rows, repeats),
        { outcome: 'duplicate', reason: '', count: repeats.size },
        ...lost,
      ]
    }

    function tell(repeats: ReadonlySet<string>): ReadonlySet<string> {
      const durationMs = performance.now() - startedAt
      onWritten({ rows: rows.length - repeats.size, durationMs, tallies: outcomesWith(repeats) })
      return repeats
    }
  }

  /** Keeps one row that the database refuses, for a replay. */
  async function buryRow(row: EventRow, error: unknown): Promise<void> {
    const { event, ...storedAs } = row
    const refused: Tally = { outcome: 'refused', reason: 'unstorable', count: 1 }
    await kysely.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('dead_letters')
        .values({
          event_id: row.id,
          received_at: new Date(row.receivedAt),
          viewer_key: row.viewerKey,
          user_id: row.userId ?? null,
          code: errorCode(error) ?? '',
          // The detail of a database error quotes values; its first line names only the rule.
          message: error instanceof Error ? (error.message.split('\n')[0] ?? '') : '',
          event: JSON.stringify(event),
          stored_as: JSON.stringify(storedAs),
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      await addOutcomes(transaction, [refused], utcDay(now()))
    })
    onWritten({ rows: 0, durationMs: 0, tallies: [refused] })
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

/** Returns the ids that were there before, under any day. */
async function insertNew(run: Run, rows: readonly EventRow[]): Promise<ReadonlySet<string>> {
  const elsewhere = await findElsewhere(run, rows)
  if (elsewhere.size === 0) return insertEvents(run, rows)
  const repeats = await insertEvents(
    run,
    rows.filter(({ id }) => !elsewhere.has(id)),
  )
  return new Set([...repeats, ...elsewhere])
}

/** Returns the ids that were there before. */
async function insertEvents(run: Run, rows: readonly EventRow[]): Promise<ReadonlySet<string>> {
  const repeats = new Set<string>()
  if (rows.length === 0) return repeats
  const arrays = columns.map(
    ([, type, value]) => sql`${arrayText(rows, value, typesOfAnyText.has(type))}::${sql.raw(type)}[]`,
  )
  const { rows: inserted } = await sql<{ event_id: string }>`insert into events (${columnNames})
    select * from unnest(${sql.join(arrays)}) on conflict do nothing returning event_id`.execute(run)
  if (inserted.length === rows.length) return repeats
  for (const { id } of rows) repeats.add(id)
  for (const { event_id } of inserted) repeats.delete(event_id)
  return repeats
}

/** New rows by why they do not count; those that do have no reason. */
function trackedBy(rows: readonly EventRow[], repeats: ReadonlySet<string>): Tally[] {
  let counted = 0
  const others = new Map<string, number>()
  for (const row of rows) {
    if (repeats.size > 0 && repeats.has(row.id)) continue
    if (row.counted) counted++
    else {
      const reason = uncountedReason(row.counted, row.flags)
      others.set(reason, (others.get(reason) ?? 0) + 1)
    }
  }
  const tallies: Tally[] = [{ outcome: 'tracked', reason: '', count: counted }]
  for (const [reason, count] of others) tallies.push({ outcome: 'tracked', reason, count })
  return tallies
}

/** The duration of a view that repeats another one is added to that one's; everything else counts or does not. */
const hasPartInHours = (row: EventRow) =>
  row.counted || ((row.flags & eventFlags.repeat) !== 0 && row.event.durationMs !== undefined)

async function addHours(run: Run, rows: readonly EventRow[]): Promise<void> {
  const sums = sumBy(
    rows.filter(hasPartInHours),
    (row) => `${row.contentKey} ${row.hour} ${row.event.type} ${row.userId !== undefined}`,
    (row) => ({ row, count: 0, durationMs: 0, durationN: 0 }),
    (sum, { event, counted }) => {
      if (counted) sum.count++
      if (event.durationMs === undefined) return
      sum.durationMs += event.durationMs
      if (counted) sum.durationN++
    },
  )
  if (sums.length === 0) return
  await sql`insert into content_hours (content_key, hour, type, authenticated, count, duration_ms, duration_n)
    select * from unnest(
      ${sums.map(({ row }) => row.contentKey)}::bigint[],
      ${sums.map(({ row }) => instantText(row.hour))}::timestamptz[],
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
    ({ counted, event: { type, source, position } }) =>
      counted && source !== undefined && position !== undefined && (type === 'impression' || type === 'click'),
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

/** Returns the number of the transaction, by which the database can tell later what became of it. */
async function addOutcomes(run: Run, tallies: readonly Tally[], day: string): Promise<string | undefined> {
  const sums = sumBy(
    tallies.filter(({ count }) => count > 0),
    ({ outcome, reason }) => `${outcome} ${reason}`,
    ({ outcome, reason }) => ({ outcome, reason, count: 0 }),
    (sum, { count }) => {
      sum.count += count
    },
  )
  if (sums.length === 0) return undefined
  const { rows } = await sql<{ id: string }>`insert into outcomes (day, outcome, reason, count)
    select ${day}::date, * from unnest(${sums.map(({ outcome }) => outcome)}::text[],
      ${sums.map(({ reason }) => reason)}::text[], ${sums.map(({ count }) => count)}::bigint[])
    on conflict (day, outcome, reason) do update set count = outcomes.count + excluded.count
    returning pg_current_xact_id()::text as id`.execute(run)
  return rows[0]?.id
}

/**
 * Whether a transaction whose COMMIT was not answered took place. The rows are looked for too: after a failover the number
 * may belong to another transaction, and an event is acknowledged only when it is stored.
 * @throws an error that asks for another try while the transaction is still under way.
 */
async function wasCommitted(kysely: Database['kysely'], attempt: Attempt, rows: readonly EventRow[]): Promise<boolean> {
  const { transactionId, repeats } = attempt
  const { rows: states } = await sql<{ state: string | null }>`
    select pg_xact_status(${transactionId}::xid8) as state`.execute(kysely)
  const state = states[0]?.state
  if (state === 'in progress') {
    throw Object.assign(new Error('The transaction is still under way.'), { code: LOCK_NOT_AVAILABLE })
  }
  if (state !== 'committed') return false
  const wanted = rows.filter(({ id }) => !repeats.has(id))
  const { rows: found } = await sql<{ n: number }>`select count(*)::int as n from unnest(
      ${arrayText(wanted, (row) => row.contentKey, false)}::bigint[],
      ${arrayText(wanted, (row) => row.id, false)}::uuid[],
      ${arrayText(wanted, (row) => row.eventDay, false)}::date[]) as wanted (content_key, event_id, event_day)
    join events using (content_key, event_id, event_day)`.execute(kysely)
  return found[0]?.n === wanted.length
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
