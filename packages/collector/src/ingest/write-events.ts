// One group of rows becomes one transaction: names, events, counters and outcomes, all or nothing, each one statement.
import { randomUUID } from 'node:crypto'
import type { DropCounts } from '@sightline/sdk/wire'
import { CompiledQuery, sql, type Transaction } from 'kysely'
import { NO_CONTENT_KEY } from '../content-key'
import { channelCodes, deviceCodes, endReasonCodes, typeCode, typeCodes } from '../database/codes'
import { errorCode } from '../database/error-class'
import type { Database } from '../database/open-database'
import type { OutcomesTable, Tables } from '../database/tables'
import { utcDay } from '../site-clock'
import {
  arrayBytes,
  Bigints,
  Booleans,
  Dates,
  Instants,
  Integers,
  Jsonbs,
  Smallints,
  Texts,
  Uuids,
  WholeNumbers,
  type ItemsOf,
} from './array-bytes'
import type { EventRow } from './enrich'
import { findElsewhere } from './find-elsewhere'
import { eventFlags, uncountedReason } from './flags'
import { gateViews } from './gate-views'
import { rememberRecent } from './remember-recent'
import { rememberViews } from './remember-views'

const MAX_REMEMBERED_CONTENTS = 50_000
/** No day is closed before an hour after its end; the other half is for clocks that differ. */
const CERTAINLY_OPEN_MS = 1_800_000
/** Retries come together: after an outage, or when a network was away. So many groups after one with repeats ask at once. */
const GROUPS_THAT_ASK = 100
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

/**
 * Whether two rows of one id are two events: a repetition has the same content, type, session and number. Someone made an
 * id twice, or sends with ids of others. The first one stays.
 */
export function isOtherEvent(a: EventRow, b: EventRow): boolean {
  return (
    a.contentKey !== b.contentKey ||
    a.event.type !== b.event.type ||
    a.event.sessionId !== b.event.sessionId ||
    a.event.seq !== b.event.seq
  )
}

/** @param conflicts those of the repeats that are another event; see {@link isOtherEvent} */
export function talliesOfRepeats(repeats: number, conflicts: number): Tally[] {
  return [
    { outcome: 'duplicate', reason: '', count: repeats - conflicts },
    { outcome: 'duplicate', reason: 'id_conflict', count: conflicts },
  ]
}

export interface GroupToWrite {
  /** Sorted by content key and id, without two rows of one id. */
  rows: readonly EventRow[]
  /** Outcomes of events that are not among the rows. */
  tallies: readonly Tally[]
  /** What a browser dropped, by the id of the row that told it; counted only when that row is new. */
  drops: ReadonlyMap<string, DropCounts>
}

interface Column {
  name: string
  /** Type of its items, as SQL writes it. */
  type: string
}

interface ColumnOf<Row> extends Column {
  bytesOf: (rows: readonly Row[]) => Buffer
}

function column<Row, Item>(
  name: string,
  type: ItemsOf<Item>,
  value: (row: Row) => Item | null | undefined,
): ColumnOf<Row> {
  return { name, type: new type(0).sql, bytesOf: (rows) => arrayBytes(rows, type, value) }
}

/** The text is made once: what Kysely makes anew for each group cost more than the arrays of a small one. */
function insertStatement<Row>(
  table: string,
  columns: readonly Column[],
  arraysOf: (rows: readonly Row[]) => Buffer[],
  rest: string,
) {
  const names = columns.map(({ name }) => name).join(', ')
  const arrays = columns.map(({ type }, place) => `$${place + 1}::${type}[]`).join(', ')
  const statement = `insert into ${table} (${names}) select * from unnest(${arrays}) ${rest}`
  return <Answer>(run: Run, rows: readonly Row[]) =>
    run.executeQuery(CompiledQuery.raw(statement, arraysOf(rows)) as CompiledQuery<Answer>)
}

function upsertStatement<Row>(table: string, columns: readonly ColumnOf<Row>[], rest: string) {
  return insertStatement<Row>(table, columns, (rows) => columns.map(({ bytesOf }) => bytesOf(rows)), rest)
}

const PERCENT = 100
const MAX_INT2 = 32_767
const percent = (share: number | undefined) => (share === undefined ? undefined : Math.round(share * PERCENT))

const customType = ({ event }: EventRow) => (typeCode(event.type) === typeCodes.custom ? event.type : undefined)

/** Rows are gone through once, and every line below is compiled for the one type that it meets. */
const openColumns = (length: number) => ({
  content_key: new Bigints(length),
  viewer_key: new Bigints(length),
  event_id: new Uuids(length),
  session_id: new Uuids(length),
  occurred_at: new Instants(length),
  received_at: new Instants(length),
  event_day: new Dates(length),
  seq: new Integers(length),
  duration_ms: new Integers(length),
  total_ms: new Integers(length),
  stall_ms: new Integers(length),
  media_duration_ms: new Integers(length),
  pip_ms: new Integers(length),
  min_duration_ms: new Integers(length),
  flags: new Integers(length),
  position: new Integers(length),
  scroll_depth: new Smallints(length),
  ratio: new Smallints(length),
  threshold: new Smallints(length),
  confirm_lag_ms: new Smallints(length),
  type: new Smallints(length),
  channel: new Smallints(length),
  device: new Smallints(length),
  end_reason: new Smallints(length),
  counted: new Booleans(length),
  custom_type: new Texts(length),
  source: new Texts(length),
  view_type: new Texts(length),
  country: new Texts(length),
  referrer_domain: new Texts(length),
  user_id: new Texts(length),
  metadata: new Jsonbs(length),
})

function eventArrays(rows: readonly EventRow[]): Buffer[] {
  const columns = openColumns(rows.length)
  for (const row of rows) {
    const { event } = row
    columns.content_key.put(row.contentKey)
    columns.viewer_key.put(row.viewerKey)
    columns.event_id.put(row.id)
    columns.session_id.put(event.sessionId)
    columns.occurred_at.put(row.occurredAt)
    columns.received_at.put(row.receivedAt)
    columns.event_day.put(row.eventDay)
    columns.seq.put(event.seq)
    columns.duration_ms.put(event.durationMs)
    columns.total_ms.put(event.totalMs)
    columns.stall_ms.put(event.stallMs)
    columns.media_duration_ms.put(event.mediaDurationMs)
    columns.pip_ms.put(event.pipMs)
    columns.min_duration_ms.put(event.criteria?.minDurationMs)
    columns.flags.put(row.flags)
    columns.position.put(event.position)
    columns.scroll_depth.put(event.scrollDepth === undefined ? undefined : Math.round(event.scrollDepth))
    columns.ratio.put(percent(event.ratio))
    columns.threshold.put(percent(event.criteria?.threshold))
    columns.confirm_lag_ms.put(event.confirmLagMs === undefined ? undefined : Math.min(event.confirmLagMs, MAX_INT2))
    columns.type.put(typeCode(event.type))
    columns.channel.put(channelCodes[row.channel])
    columns.device.put(deviceCodes[row.device])
    columns.end_reason.put(event.endReason && endReasonCodes[event.endReason])
    columns.counted.put(row.counted)
    columns.custom_type.put(customType(row))
    columns.source.put(event.source)
    columns.view_type.put(event.viewType)
    columns.country.put(row.country)
    columns.referrer_domain.put(row.referrerDomain)
    columns.user_id.put(row.userId)
    columns.metadata.put(event.metadata && JSON.stringify(event.metadata))
  }
  return Object.values(columns).map((column) => column.end())
}

const eventColumns = Object.entries(openColumns(0)).map(([name, { sql: type }]) => ({ name, type }))
const insertEvents = insertStatement('events', eventColumns, eventArrays, 'on conflict do nothing')
const insertEventsReturning = insertStatement(
  'events',
  eventColumns,
  eventArrays,
  'on conflict do nothing returning event_id',
)

/** What was written in a transaction of which nobody knows whether it was committed. */
interface Attempt {
  transactionId: string
  known: Known
}

/** Rows of a group that were there before. */
interface Known {
  ids: ReadonlySet<string>
  /** Those of them that are stored as another event. */
  conflicts: number
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
  /** So many groups still ask which of their ids are new. */
  let groupsToAsk = 0
  const unknownAttempts = new WeakMap<GroupToWrite, Attempt>()

  /**
   * Returns the ids that were stored before. Running it again after an unknown outcome changes nothing; given the same
   * object again, it also returns what it would have returned the first time.
   */
  async function writeGroup(group: GroupToWrite): Promise<ReadonlySet<string>> {
    const { rows, tallies, drops } = group
    const startedAt = performance.now()
    const unknown = unknownAttempts.get(group)
    if (unknown && (await wasCommitted(kysely, unknown, rows))) return tell(unknown.known)
    unknownAttempts.delete(group)

    const namesToWrite = namesOf(rows.filter((row) => !named.has(row.contentKey)))
    let attempt: Attempt | undefined
    try {
      const known = await store(groupsToAsk > 0).catch((error: unknown) => {
        if (error instanceof RepeatsFound) return store(true)
        throw error
      })
      if (known.ids.size > 0) groupsToAsk = GROUPS_THAT_ASK
      else if (groupsToAsk > 0) groupsToAsk--
      for (const { key } of namesToWrite) named.add(key)
      return tell(known)
    } catch (error) {
      // Every statement was answered, so it is COMMIT that was not.
      if (attempt) unknownAttempts.set(group, attempt)
      throw error
    }

    function store(mayRepeat: boolean): Promise<Known> {
      return kysely.transaction().execute(async (transaction) => {
        await writeNames(transaction, namesToWrite)
        await gateViews(transaction, rows, viewDedupeMs)
        const repeatedIds = await insertNew(transaction, rows, mayRepeat)
        const newRows = repeatedIds.size === 0 ? rows : rows.filter(({ id }) => !repeatedIds.has(id))
        const conflicts =
          repeatedIds.size === 0
            ? 0
            : await countConflicts(
                transaction,
                rows.filter(({ id }) => repeatedIds.has(id)),
              )
        const known = { ids: repeatedIds, conflicts }
        await addHours(transaction, newRows)
        await addPositions(transaction, newRows)
        await rememberViews(transaction, newRows)
        await noteLateDays(transaction, newRows, now() - CERTAINLY_OPEN_MS)
        // The row of `tracked` is the one that all groups share, so it comes last and is locked for the shortest time.
        const transactionId = await addOutcomes(transaction, outcomesWith(known), utcDay(now()))
        if (transactionId !== undefined) attempt = { transactionId, known }
        return known
      })
    }

    function outcomesWith({ ids: repeats, conflicts }: Known): Tally[] {
      const isNewWithDrops = ({ id }: EventRow) => drops.has(id) && !repeats.has(id)
      const lost =
        drops.size === 0 ? [] : rows.filter(isNewWithDrops).flatMap(({ id }) => talliesOfDrops(drops.get(id)))
      return [...tallies, ...trackedBy(rows, repeats), ...talliesOfRepeats(repeats.size, conflicts), ...lost]
    }

    function tell(known: Known): ReadonlySet<string> {
      const durationMs = performance.now() - startedAt
      onWritten({ rows: rows.length - known.ids.size, durationMs, tallies: outcomesWith(known) })
      return known.ids
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

const insertNames = upsertStatement<ContentName>(
  'content',
  [
    column('content_key', Bigints, ({ key }) => key),
    column('type', Texts, ({ type }) => type),
    column('id', Texts, ({ id }) => id),
  ],
  'on conflict do nothing',
)

async function writeNames(run: Run, names: readonly ContentName[]): Promise<void> {
  if (names.length === 0) return
  await insertNames(run, names)
}

/** Repeats are there and somebody has to ask which; the group is written again from its first statement on. */
class RepeatsFound extends Error {
  override readonly name = 'RepeatsFound'
}

/**
 * Returns the ids that were there before, under any day.
 * @param mayRepeat whether to ask for the ids that are new, which costs a tenth more. Otherwise they are only counted.
 * @throws RepeatsFound when not all are new and nobody asked which
 */
async function insertNew(run: Run, rows: readonly EventRow[], mayRepeat: boolean): Promise<ReadonlySet<string>> {
  const elsewhere = await findElsewhere(run, rows)
  const wanted = elsewhere.size === 0 ? rows : rows.filter(({ id }) => !elsewhere.has(id))
  if (wanted.length === 0) return elsewhere
  if (!mayRepeat) {
    const { numAffectedRows } = await insertEvents(run, wanted)
    if (Number(numAffectedRows) !== wanted.length) throw new RepeatsFound()
    return elsewhere
  }
  const { rows: inserted } = await insertEventsReturning<{ event_id: string }>(run, wanted)
  if (inserted.length === wanted.length) return elsewhere
  const repeats = new Set(rows.map(({ id }) => id))
  for (const { event_id } of inserted) repeats.delete(event_id)
  return repeats
}

// As isOtherEvent, of what is stored: the content is the same, or the row would not have been there before.
async function countConflicts(run: Run, repeated: readonly EventRow[]): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from unnest(
      ${arrayBytes(repeated, Bigints, (row) => row.contentKey)}::bigint[],
      ${arrayBytes(repeated, Uuids, (row) => row.id)}::uuid[],
      ${arrayBytes(repeated, Dates, (row) => row.eventDay)}::date[],
      ${arrayBytes(repeated, Smallints, (row) => typeCode(row.event.type))}::smallint[],
      ${arrayBytes(repeated, Texts, customType)}::text[],
      ${arrayBytes(repeated, Uuids, (row) => row.event.sessionId)}::uuid[],
      ${arrayBytes(repeated, Integers, (row) => row.event.seq)}::integer[]
    ) as came (content_key, event_id, event_day, type, custom_type, session_id, seq)
    join events e using (content_key, event_id, event_day)
    where e.type <> came.type or e.custom_type is distinct from came.custom_type
      or e.session_id is distinct from came.session_id or e.seq is distinct from came.seq`.execute(run)
  return rows[0]?.n ?? 0
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

async function addHours(run: Run, rows: readonly EventRow[]): Promise<void> {
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

/** What comes long after its day is told to those who read the day from its closing, which does not hold it yet. */
async function noteLateDays(run: Run, rows: readonly EventRow[], before: number): Promise<void> {
  const days = new Set<string>()
  for (const { occurredAt, localDay } of rows) if (occurredAt < before) days.add(localDay)
  if (days.size === 0) return
  const noted = randomUUID()
  await run
    .insertInto('late_days')
    .values([...days].map((day) => ({ day, noted })))
    .execute()
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

async function addPositions(run: Run, rows: readonly EventRow[]): Promise<void> {
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

const upsertOutcomes = upsertStatement<Tally & { day: string }>(
  'outcomes',
  [
    column('day', Dates, ({ day }) => day),
    column('outcome', Texts, ({ outcome }) => outcome),
    column('reason', Texts, ({ reason }) => reason),
    column('count', WholeNumbers, ({ count }) => count),
  ],
  `on conflict (day, outcome, reason) do update set count = outcomes.count + excluded.count
    returning pg_current_xact_id()::text as id`,
)

/** Returns the number of the transaction, by which the database can tell later what became of it. */
async function addOutcomes(run: Run, tallies: readonly Tally[], day: string): Promise<string | undefined> {
  const sums = sumBy(
    tallies.filter(({ count }) => count > 0),
    ({ outcome, reason }) => `${outcome} ${reason}`,
    ({ outcome, reason }) => ({ day, outcome, reason, count: 0 }),
    (sum, { count }) => {
      sum.count += count
    },
  )
  if (sums.length === 0) return undefined
  const { rows } = await upsertOutcomes<{ id: string }>(run, sums)
  return rows[0]?.id
}

/**
 * Whether a transaction whose COMMIT was not answered took place. The rows are looked for too: after a failover the number
 * may belong to another transaction, and an event is acknowledged only when it is stored.
 * @throws an error that asks for another try while the transaction is still under way.
 */
async function wasCommitted(kysely: Database['kysely'], attempt: Attempt, rows: readonly EventRow[]): Promise<boolean> {
  const { transactionId, known } = attempt
  const { rows: states } = await sql<{ state: string | null }>`
    select pg_xact_status(${transactionId}::xid8) as state`.execute(kysely)
  const state = states[0]?.state
  if (state === 'in progress') {
    throw Object.assign(new Error('The transaction is still under way.'), { code: LOCK_NOT_AVAILABLE })
  }
  if (state !== 'committed') return false
  const wanted = rows.filter(({ id }) => !known.ids.has(id))
  const { rows: found } = await sql<{ n: number }>`select count(*)::int as n from unnest(
      ${arrayBytes(wanted, Bigints, (row) => row.contentKey)}::bigint[],
      ${arrayBytes(wanted, Uuids, (row) => row.id)}::uuid[],
      ${arrayBytes(wanted, Dates, (row) => row.eventDay)}::date[]) as wanted (content_key, event_id, event_day)
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
