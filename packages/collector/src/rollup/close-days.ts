// Which days are due: every day that has ended is counted once from its events, and again when late ones have come.
import { sql } from 'kysely'
import { errorCode } from '../database/error-class'
import type { Database } from '../database/open-database'
import { within, type Span } from '../day-tally'
import { readLastDroppedDay } from '../find-closed-days'
import { firstDayOfHours } from '../kept-days'
import { utcDay, type SiteClock } from '../site-clock'
import { closeDay, type CloseRules, type ClosedDay, type DayToClose } from './close-day'

const HOUR_MS = 3_600_000
/** Browsers that come back deliver late; most do within the hour. */
const GRACE_MS = HOUR_MS
/** Events older than this get the time of their arrival (`ingest/decide.ts`), so no earlier day can get new ones. */
const OLDEST_EVENT_DAYS = 31
const MAX_ATTEMPTS = 5
/** SQLSTATE of a snapshot that somebody else has changed, and of a deadlock. */
const DISTURBED = new Set(['40001', '40P01'])

export interface CloseDaysOptions {
  db: Pick<Database, 'kysely'>
  clock: SiteClock
  /** Days for which single events are kept for certain. */
  rawRetentionDays: number
  rules: CloseRules
  /** Milliseconds since 1970. */
  now: number
  /** Told after the commit of each day. */
  onClosed?: (closed: ClosedDay) => void
}

/**
 * Closes every day that has ended and is not closed, oldest first, and closes again the days that got late events while
 * all of their events are kept. May be killed anywhere and run twice, also by several collectors at once.
 * @returns the days that were closed by this call.
 */
export async function closeDays(options: CloseDaysOptions): Promise<ClosedDay[]> {
  const { db, clock, rules, now, onClosed } = options
  const closed: ClosedDay[] = []
  for (const day of await findDueDays(options)) {
    const result = await againIfDisturbed(() => closeDay(db, toClose(day, clock, now), rules, now))
    closed.push(result)
    onClosed?.(result)
  }
  return closed
}

/** Of two that close one day at once, the database stops the second, which then finds the work of the first. */
async function againIfDisturbed<Result>(close: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await close()
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !DISTURBED.has(errorCode(error) ?? '')) throw error
    }
  }
}

async function findDueDays({ db: { kysely }, clock, rawRetentionDays, now }: CloseDaysOptions): Promise<string[]> {
  const lastEnded = clock.addDays(clock.day(now - GRACE_MS), -1)
  const earliest = clock.addDays(clock.day(now), -Math.max(OLDEST_EVENT_DAYS, rawRetentionDays + 1))
  const known = await kysely.selectFrom('closed_days').select(['day', 'events']).orderBy('day').execute()
  const eventsOf = new Map(known.map(({ day, events }) => [day, Number(events)]))
  // If nobody closed days for long, the first that is missing comes after the last that is there.
  const lastClosed = known.at(-1)?.day
  const from = lastClosed === undefined || lastClosed >= earliest ? earliest : clock.addDays(lastClosed, 1)
  const days: string[] = []
  for (let day = from; day <= lastEnded; day = clock.addDays(day, 1)) days.push(day)
  const counts = days.length === 0 ? [] : await countEvents({ kysely }, clock, days)
  // What an import brings may be older than anything that a browser sends.
  const imported = await findNotedDays({ kysely }, from)
  for (const day of imported) counts.push(...(await countEvents({ kysely }, clock, [day])))
  days.push(...imported)

  const lastDropped = await readLastDroppedDay(kysely)
  const unchanged: string[] = []
  const due = days.filter((day, index) => {
    const before = eventsOf.get(day)
    if (before === undefined) return true
    // Facts outlive their recount: where single events may be gone, only a day that had none can be counted again.
    const firstUtcDay = utcDay(clock.dayStart(day))
    const isKept = before === 0 || lastDropped === undefined || firstUtcDay > lastDropped
    const isDue = isKept && counts[index]! > before
    if (!isDue && isKept) unchanged.push(day)
    return isDue
  })
  if (unchanged.length > 0) {
    await kysely
      .updateTable('closed_days')
      .set({ checked_at: new Date(now) })
      .where('day', 'in', unchanged)
      .where('checked_at', '<', new Date(now))
      .execute()
  }
  return due.toSorted()
}

/** Days before the given one that got events since they were closed, if they ever were. */
async function findNotedDays({ kysely }: Pick<Database, 'kysely'>, before: string): Promise<string[]> {
  const rows = await kysely
    .selectFrom('late_days')
    .select('day')
    .distinct()
    .where('day', '<', before)
    .orderBy('day')
    .execute()
  return rows.map(({ day }) => day)
}

/** Single events of each day, which must follow each other. */
async function countEvents(
  { kysely }: Pick<Database, 'kysely'>,
  clock: SiteClock,
  days: readonly string[],
): Promise<number[]> {
  const starts = days.map((day) => new Date(clock.dayStart(day)).toISOString())
  const { rows } = await sql<{ bucket: number; n: string }>`
    select width_bucket(e.occurred_at, ${starts}::timestamptz[]) as bucket, count(*) as n from events e
    where ${within('e.occurred_at', [{ fromMs: clock.dayStart(days[0]!), toMs: endOf(days.at(-1)!, clock) }])}
    group by 1`.execute(kysely)
  const counts = days.map(() => 0)
  for (const { bucket, n } of rows) counts[bucket - 1] = Number(n)
  return counts
}

const endOf = (day: string, clock: SiteClock) => clock.dayStart(clock.addDays(day, 1))

function toClose(day: string, clock: SiteClock, now: number): DayToClose {
  const span: Span = { fromMs: clock.dayStart(day), toMs: endOf(day, clock) }
  const hourStartsMs: number[] = []
  for (let at = span.fromMs; at < span.toMs; at += HOUR_MS / 4) {
    // Hours of the clock, which a change of half an hour cuts short.
    const start = Math.max(clock.hourStart(at), span.fromMs)
    if (hourStartsMs.at(-1) !== start) hourStartsMs.push(start)
  }
  return { day, span, hourStartsMs, hasHours: day >= firstDayOfHours(clock, now) }
}
