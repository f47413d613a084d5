// Events of an export on their way into the tables: in groups, under the day of their id, each once, and nobody who was erased.
import { sql } from 'kysely'
import { createPartition, partitionDays } from './database/day-partitions'
import { classifyError, errorCode } from './database/error-class'
import type { Database } from './database/open-database'
import type { ExportedEvent } from './exported-event'
import type { EventRow } from './ingest/enrich'
import { UNDATED } from './ingest/event-id'
import { eventFlags } from './ingest/flags'
import { restoreRow } from './ingest/restore-row'
import { createEventWriter } from './ingest/write-events'
import { readLastDroppedDay } from './find-closed-days'
import { addDays, utcDay, type SiteClock } from './site-clock'

/** What became of the events of one import. */
export interface Imported {
  stored: number
  /** Stored, and in no counter, although they were in one before. */
  uncounted: number
  duplicates: number
  /** Left out, because the person asked to be forgotten after they happened. */
  erased: number
  refused: { line: number; code: string }[]
  /** Days that have ended and got events: what they are closed with is counted anew by the job "close-days". */
  daysToClose: string[]
  /** Days that stay as they were closed, because some of their events were deleted since. */
  daysClosedForGood: string[]
}

interface ImporterDeps {
  db: Pick<Database, 'kysely'>
  clock: SiteClock
  config: { viewDedupeMs: number }
  now: () => number
}

const EVENTS_AT_ONCE = 500
/** A partition a day: more than a year of them makes every question slow. */
const OLDEST_DAY = 400

/** Takes one event after the other. May be stopped anywhere and run again: what is stored already is a duplicate. */
export function createImporter({ db, clock, config, now }: ImporterDeps) {
  const { writeGroup } = createEventWriter(db, now, () => {}, config.viewDedupeMs)
  const imported = { stored: 0, uncounted: 0, duplicates: 0, erased: 0, refused: [] as Imported['refused'] }
  const storedDays = new Set<string>()
  let waiting: { event: ExportedEvent; line: number }[] = []
  let known: { partitions: Set<string>; dropped: ReadonlySet<string> } | undefined

  async function days() {
    if (known) return known
    const dropped = await db.kysely.selectFrom('dropped_days').select('day').execute()
    known = { partitions: new Set(await partitionDays(db)), dropped: new Set(dropped.map(({ day }) => day)) }
    return known
  }

  async function mayHavePartition(): Promise<(day: string) => boolean> {
    const { partitions, dropped } = await days()
    const today = utcDay(now())
    const [first, last] = [addDays(today, -OLDEST_DAY), addDays(today, 1)]
    return (day) => partitions.has(day) || (day >= first && day <= last && !dropped.has(day))
  }

  async function write(group: typeof waiting): Promise<void> {
    const erasedAt = await readErased(group.map(({ event }) => event.viewerKey))
    const hasPartition = await mayHavePartition()
    const rows = new Map<string, { row: EventRow; line: number }>()
    for (const { event, line } of group) {
      if (Date.parse(event.occurredAt) <= (erasedAt.get(event.viewerKey) ?? 0)) imported.erased++
      else if (rows.has(event.id)) imported.duplicates++
      else rows.set(event.id, { row: restoreRow(event, clock, hasPartition), line })
    }
    const { partitions } = await days()
    for (const { row } of rows.values()) {
      if (row.eventDay === UNDATED || partitions.has(row.eventDay)) continue
      await createPartition(db, row.eventDay)
      partitions.add(row.eventDay)
    }
    await store([...rows.values()].toSorted((a, b) => compare(a.row, b.row)))
  }

  // As the committer does: a refused group is halved until each refused row is alone.
  async function store(lines: readonly { row: EventRow; line: number }[]): Promise<void> {
    if (lines.length === 0) return
    const rows = lines.map(({ row }) => row)
    const wereCounted = rows.filter(({ counted }) => counted).length
    try {
      const repeats = await writeGroup({ rows, tallies: [], drops: new Map() })
      imported.duplicates += repeats.size
      imported.stored += rows.length - repeats.size
      const late = rows.filter(({ id, flags }) => !repeats.has(id) && (flags & eventFlags.late) !== 0).length
      imported.uncounted += Math.min(late, wereCounted)
      for (const { id, localDay } of rows) if (!repeats.has(id)) storedDays.add(localDay)
    } catch (error) {
      if (classifyError(error) !== 'data') throw error
      const [first] = lines
      if (lines.length === 1 && first) {
        imported.refused.push({ line: first.line, code: errorCode(error) ?? '' })
        return
      }
      const middle = Math.ceil(lines.length / 2)
      await store(lines.slice(0, middle))
      await store(lines.slice(middle))
    }
  }

  async function readErased(viewerKeys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { rows } = await sql<{ key: string; at: Date }>`
      select viewer_key::text as key, erased_at as at from erased_viewers
      where viewer_key = any(${`{${[...new Set(viewerKeys)].join()}}`}::bigint[])`.execute(db.kysely)
    return new Map(rows.map(({ key, at }) => [key, at.getTime()]))
  }

  /** The writer has left a note for each of these days; the job that closes days goes by the same rule. */
  async function sortEndedDays(): Promise<Pick<Imported, 'daysToClose' | 'daysClosedForGood'>> {
    const ended = [...storedDays].filter((day) => day < clock.day(now())).toSorted()
    const { rows } = await sql<{ day: string; events: number }>`
      select day, events::int as events from closed_days where day = any(${`{${ended.join()}}`}::date[])`.execute(
      db.kysely,
    )
    const closed = new Map(rows.map(({ day, events }) => [day, events]))
    const lastDropped = await readLastDroppedDay(db.kysely)
    const isForGood = (day: string) =>
      (closed.get(day) ?? 0) > 0 && lastDropped !== undefined && utcDay(clock.dayStart(day)) <= lastDropped
    return {
      daysToClose: ended.filter((day) => !isForGood(day)),
      daysClosedForGood: ended.filter((day) => isForGood(day)),
    }
  }

  return {
    async add(event: ExportedEvent, line: number): Promise<void> {
      waiting.push({ event, line })
      if (waiting.length < EVENTS_AT_ONCE) return
      const group = waiting
      waiting = []
      await write(group)
    },
    async finish(): Promise<Imported> {
      if (waiting.length > 0) await write(waiting)
      waiting = []
      return { ...imported, ...(await sortEndedDays()) }
    },
  }
}

const compare = (a: EventRow, b: EventRow) =>
  a.contentKey === b.contentKey ? order(a.id, b.id) : order(a.contentKey, b.contentKey)
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
