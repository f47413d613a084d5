// Where the numbers of a question are: which of its days are closed, which are open, and what single events are kept for.
import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Tables } from '../database/tables'
import { within, type Span } from '../day-tally'
import { Refusal } from '../errors'
import { readLastDroppedDay } from '../find-closed-days'
import { firstDayOfHours, rollUpsKeptDays } from '../kept-days'
import { addDays, utcDay, type SiteClock } from '../site-clock'
import { hasFilters, matching } from './filters'
import type { Audience, Source } from './shapes'
import type { StatsQuery } from './stats-query'

const DAY_MS = 86_400_000

export interface DayPlan extends StatsQuery {
  site: SiteClock
  /** From the first instant asked for to the last. */
  whole: Span
  /** Closed days of the range that hold all of their events; none when another zone than the site's is asked for. */
  closedDays: string[]
  /** Those of them whose hours by content may be deleted. */
  daysWithoutHours: string[]
  /** What lies in closed days. */
  closedSpans: Span[]
  /** What lies in no closed day. */
  openSpans: Span[]
  /** Of the open spans, what single events are kept for. */
  rawSpans: Span[]
  /** Of the open spans, what they may be gone for. */
  blindSpans: Span[]
  /** Whether single events are kept for the whole range. */
  isAllRaw: boolean
  /** When it was last looked for late events of the closed days; `null` without closed days. */
  lateAsOf: string | null
  /** First day whose numbers are kept. */
  keptFrom: string
  /** First day whose single events are all kept, where nothing else can answer: earlier ones are left out. Else `null`. */
  eventsFrom: string | null
  /** Closed days by the metadata keys that they counted. */
  keysOfDay: Map<string, readonly string[]>
  /** Filled by what reads. */
  sources: Set<Source>
}

export interface PlanSettings {
  site: SiteClock
  rawRetentionDays: number
  rollupRetentionDays: number
  now: number
  /** Whether the question can be answered from single events alone, as it is with filters. */
  needsEvents?: boolean
}

const startOfUtcDay = (day: string) => Date.parse(`${day}T00:00:00Z`)

/** @throws Refusal for days that only single events could answer about, when all of those are gone. */
export async function planDays(db: Kysely<Tables>, query: StatsQuery, settings: PlanSettings): Promise<DayPlan> {
  const { site, rawRetentionDays, now, needsEvents = hasFilters(query.filters) } = settings
  const { range, clock } = query
  const rawFromMs = startOfUtcDay(utcDay(now - rawRetentionDays * DAY_MS))
  if (needsEvents) return planEvents(db, query, settings, rawFromMs)
  const whole = { fromMs: range.dayStartsMs[0]!, toMs: range.endMs }
  const counted = await db
    .selectFrom('closed_days as c')
    .select([
      'c.day',
      'c.checked_at',
      'c.compare_keys',
      sql<boolean>`exists (select 1 from late_days l where l.day = c.day)`.as('hasLate'),
    ])
    .where('c.day', '>=', site.day(whole.fromMs))
    .where('c.day', '<=', site.day(whole.toMs - 1))
    .orderBy('c.day')
    .execute()
  // A day that got events since it was closed is as open as today, if its single events are all kept.
  const closed = counted.filter(({ day, hasLate }) => !hasLate || site.dayStart(day) < rawFromMs)
  const spanOf = (day: string): Span => ({ fromMs: site.dayStart(day), toMs: site.dayStart(site.addDays(day, 1)) })
  const openSpans = subtract(
    whole,
    closed.map(({ day }) => spanOf(day)),
  )
  const isSiteZone = clock.timezone === site.timezone
  const closedDays = isSiteZone ? closed.map(({ day }) => day) : []
  const firstWithHours = firstDayOfHours(site, now)
  return {
    ...query,
    site,
    whole,
    closedDays,
    daysWithoutHours: closed.flatMap(({ day }) => (day < firstWithHours ? [day] : [])),
    closedSpans: subtract(whole, openSpans),
    openSpans,
    rawSpans: cut(openSpans, rawFromMs, Infinity),
    blindSpans: cut(openSpans, -Infinity, rawFromMs),
    isAllRaw: whole.fromMs >= rawFromMs,
    lateAsOf: closed.length === 0 ? null : new Date(Math.min(...closed.map((each) => +each.checked_at))).toISOString(),
    keptFrom: site.addDays(site.day(now), -rollUpsKeptDays(settings)),
    eventsFrom: null,
    keysOfDay: new Map(closed.map(({ day, compare_keys }) => [day, compare_keys])),
    sources: new Set(),
  }
}

/** Every day is read like an open one; those whose single events may be gone are no part of the range. */
async function planEvents(
  db: Kysely<Tables>,
  query: StatsQuery,
  settings: PlanSettings,
  rawFromMs: number,
): Promise<DayPlan> {
  const { range, clock } = query
  const { site, now } = settings
  // The setting may have been shorter once.
  const dropped = await readLastDroppedDay(db)
  const fromMs = Math.max(rawFromMs, dropped === undefined ? 0 : startOfUtcDay(addDays(dropped, 1)))
  const firstDay = clock.day(fromMs)
  const eventsFrom = clock.dayStart(firstDay) === fromMs ? firstDay : clock.addDays(firstDay, 1)
  if (range.to < eventsFrom) {
    throw new Refusal(
      'invalid_query',
      `to must be ${eventsFrom} or later, got ${range.to}: only single events can answer this, and those of earlier days are not kept.`,
    )
  }
  const missing = range.days.filter((day) => day < eventsFrom).length
  const dayStartsMs = range.dayStartsMs.slice(missing)
  const whole = { fromMs: dayStartsMs[0]!, toMs: range.endMs }
  return {
    ...query,
    range: { ...range, days: range.days.slice(missing), dayStartsMs },
    site,
    whole,
    closedDays: [],
    daysWithoutHours: [],
    closedSpans: [],
    openSpans: [whole],
    rawSpans: [whole],
    blindSpans: [],
    isAllRaw: true,
    lateAsOf: null,
    keptFrom: site.addDays(site.day(now), -rollUpsKeptDays(settings)),
    eventsFrom,
    keysOfDay: new Map(),
    sources: new Set(),
  }
}

/** Spans whose counters are read by content and hour; the days that are left are `daysWithoutHours`. */
export function hourSpansOfContent({ whole, site, daysWithoutHours }: DayPlan): Span[] {
  return subtract(
    whole,
    daysWithoutHours.map((day) => ({ fromMs: site.dayStart(day), toMs: site.dayStart(site.addDays(day, 1)) })),
  )
}

export const isSiteZone = ({ clock, site }: Pick<DayPlan, 'clock' | 'site'>) => clock.timezone === site.timezone

/** @throws Refusal when days of another zone are asked for whose hours by content may be gone. */
export function assertHoursByContent(plan: DayPlan): void {
  if (isSiteZone(plan) || plan.daysWithoutHours.length === 0) return
  throw new Refusal(
    'invalid_query',
    `timezone must be ${plan.site.timezone}, the site's, for days as old as ${plan.daysWithoutHours[0]}: their hours are not kept by content.`,
  )
}

/** @throws Refusal when another zone than the site's is asked for, in which this was never counted. */
export function assertSiteZone(plan: DayPlan, what: string): void {
  if (isSiteZone(plan)) return
  throw new Refusal(
    'invalid_query',
    `timezone must be ${plan.site.timezone}, the site's, got ${plan.clock.timezone}: ${what} only by its days.`,
  )
}

export const ofAudience = (audience: Audience, column: string): RawBuilder<unknown> =>
  audience === 'all' ? sql`` : sql` and ${sql.ref(column)} = ${audience === 'authenticated'}`

/** Of single events, those of the audience that match every filter. */
export function ofEvents({ audience, filters }: Pick<DayPlan, 'audience' | 'filters'>): RawBuilder<unknown> {
  const isOfAudience =
    audience === 'all' ? sql`` : sql.raw(` and e.user_id is ${audience === 'authenticated' ? 'not ' : ''}null`)
  return sql`${isOfAudience}${matching(filters)}`
}

/** Whether counters know of events of which neither a closed day nor single events tell more. */
export async function isBlind(db: Kysely<Tables>, { blindSpans }: DayPlan, contentKey?: string): Promise<boolean> {
  if (blindSpans.length === 0) return false
  const ofContent = contentKey === undefined ? sql`` : sql` and h.content_key = ${contentKey}::bigint`
  const { rows } = await sql<{ found: boolean }>`select exists (
    select 1 from content_hours h where ${within('h.hour', blindSpans)} ${ofContent} and h.count > 0) as found`.execute(
    db,
  )
  return rows[0]?.found === true
}

/** What is left of a span without others, which are in order and apart. */
export function subtract(whole: Span, others: readonly Span[]): Span[] {
  const left: Span[] = []
  let { fromMs } = whole
  for (const other of others) {
    if (other.fromMs > fromMs) left.push({ fromMs, toMs: Math.min(other.fromMs, whole.toMs) })
    fromMs = Math.max(fromMs, other.toMs)
  }
  if (fromMs < whole.toMs) left.push({ fromMs, toMs: whole.toMs })
  return left
}

function cut(spans: readonly Span[], leastMs: number, mostMs: number): Span[] {
  return spans
    .map(({ fromMs, toMs }) => ({ fromMs: Math.max(fromMs, leastMs), toMs: Math.min(toMs, mostMs) }))
    .filter(({ fromMs, toMs }) => fromMs < toMs)
}
