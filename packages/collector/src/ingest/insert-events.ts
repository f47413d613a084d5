// The rows themselves: which of them are new, and which were there before.
import { sql } from 'kysely'
import { channelCodes, deviceCodes, endReasonCodes, typeCode, typeCodes } from '../database/codes'
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
} from './array-bytes'
import type { EventRow } from './enrich'
import { findElsewhere } from './find-elsewhere'
import { insertStatement, type Run } from './insert-statement'

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

/** Repeats are there and somebody has to ask which; the group is written again from its first statement on. */
export class RepeatsFound extends Error {
  override readonly name = 'RepeatsFound'
}

/**
 * Returns the ids that were there before, under any day.
 * @param mayRepeat whether to ask for the ids that are new, which costs a tenth more. Otherwise they are only counted.
 * @throws RepeatsFound when not all are new and nobody asked which
 */
export async function insertNew(run: Run, rows: readonly EventRow[], mayRepeat: boolean): Promise<ReadonlySet<string>> {
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
export async function countConflicts(run: Run, repeated: readonly EventRow[]): Promise<number> {
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
