// Which content had the most of one thing. Pages are ranked by their page views and never among other content.
import { sql, type Kysely, type RawBuilder } from 'kysely'
import { NO_CONTENT_KEY } from '../content-key'
import type { Tables } from '../database/tables'
import { EVERY_TYPE, registerOf, restOf, sketchBytes, within } from '../day-tally'
import { Refusal } from '../errors'
import { addRows, createSketch, SKETCH_ERROR } from '../sketch'
import {
  assertHoursByContent,
  assertSiteZone,
  hourSpansOfContent,
  isBlind,
  isSiteZone,
  ofAudience,
  ofEvents,
  type DayPlan,
} from './day-plan'
import { fieldOfType, totalEvents } from './event-counts'
import { LEAST_TRIALS } from './intervals'
import type { Audience, TopContent, TopMetric, Viewers } from './shapes'
import { partsOfEvents, toTypeSum } from './sum-hours'

const PAGE = 'page'
/** First rows of each list to begin with; four times as many, and so on, while that is not enough. */
const FIRST_ROWS = 100
const MOST_ROWS = 6_400
const SKETCHES_AT_ONCE = 40
const FIRST_NAMES = 1_000
/** Views that told a length; an average of fewer says little. */
export const LEAST_VIEWS = 10

const typeOfField = Object.fromEntries(Object.entries(fieldOfType).map(([type, field]) => [field, type]))

/** How content is ranked by a metric that is made of counters. */
interface Ranking {
  types: string[]
  value: RawBuilder<number>
  having: RawBuilder<boolean>
  /** Type whose count must reach `least` over the range; without it the value itself is the sum of counts. */
  floor?: { type: string; least: number }
}

const countOfType = (type: string) => sql`coalesce(sum(h.count) filter (where h.type = ${sql.lit(type)}), 0)`

function rankingOf(by: Exclude<TopMetric, 'viewers'>): Ranking {
  if (by === 'clickThroughRate') {
    const seen = countOfType('impression')
    return {
      types: ['impression', 'click'],
      value: sql`${countOfType('click')}::float8 / nullif(${seen}, 0)::float8`,
      having: sql`${seen} >= ${sql.lit(LEAST_TRIALS)}`,
      floor: { type: 'impression', least: LEAST_TRIALS },
    }
  }
  if (by === 'averageViewDurationMs') {
    return {
      types: ['view'],
      value: sql`sum(h.duration_ms)::float8 / nullif(sum(h.duration_n), 0)::float8`,
      having: sql`sum(h.duration_n) >= ${sql.lit(LEAST_VIEWS)}`,
      floor: { type: 'view', least: LEAST_VIEWS },
    }
  }
  const types = by === 'engagement' ? ['view', 'click', 'like', 'share'] : [typeOfField[by]!]
  return { types, value: sql`sum(h.count)::float8`, having: sql`sum(h.count) > 0` }
}

/** Rows of counters by content: of closed days by the day, of all others by the hour. */
function countersOf(plan: DayPlan, types: readonly string[] | null, keys?: readonly string[]): RawBuilder<unknown> {
  const { audience, closedDays, openSpans, sources } = plan
  const columns = sql`h.content_key, h.type, h.count, h.duration_ms, h.duration_n`
  const isAsked = sql`${types === null ? sql` and h.type <> ${sql.lit(EVERY_TYPE)}` : sql` and h.type = any(${[...types]}::text[])`}
    ${keys === undefined ? sql`` : sql` and h.content_key = any(${[...keys]}::bigint[])`}`
  if (plan.eventsFrom !== null) return sql`select ${columns} from (${partsOfEvents(plan)}) h where true ${isAsked}`
  const conditions = sql`${isAsked} ${ofAudience(audience, 'h.authenticated')}`
  const spans = isSiteZone(plan) ? openSpans : hourSpansOfContent(plan)
  if (!isSiteZone(plan)) assertHoursByContent(plan)
  if (spans.length > 0) sources.add('counters')
  if (closedDays.length > 0) sources.add('closed_days')
  return sql`select ${columns} from content_hours h where ${within('h.hour', spans)} ${conditions}
    union all
    select ${columns} from content_days h where h.day = any(${closedDays}::date[]) ${conditions}`
}

interface Leader {
  content_key: string
  type: string
  id: string
  title: string | null
  value: number
}

// Byte order, because the database's own collation differs from one installation to the next.
const byName = sql`c.type collate "C", c.id collate "C"`

/** Keys of content, and how much content that is not among them may have at most. */
interface Candidates {
  keys: string[]
  others: number
}

const listsOf = (audience: Audience) => (audience === 'all' ? [true, false] : [audience === 'authenticated'])

/** Rows of `content_key, type, value` of the open days; of viewers, as many as there are or, of several days, more. */
function openValues(plan: DayPlan, types: readonly string[], column: 'count' | 'viewers') {
  const { openSpans, rawSpans, audience, range } = plan
  // Nobody comes more often than there are events, and those are counted already.
  if (column === 'viewers' && range.days.length > 1 && plan.eventsFrom === null)
    return sql`select h.content_key, ${EVERY_TYPE} as type, sum(h.count)::bigint as value from content_hours h
      where ${within('h.hour', openSpans)} ${ofAudience(audience, 'h.authenticated')} group by h.content_key`
  if (column === 'viewers')
    return sql`select each.content_key, ${EVERY_TYPE} as type, count(*) as value from (
      select distinct e.content_key, e.viewer_key from events e
      where ${within('e.occurred_at', rawSpans)} and e.counted and e.viewer_key <> 0 ${ofEvents(plan)}
    ) each group by each.content_key`
  return sql`select h.content_key, h.type, sum(h.count)::bigint as value from content_hours h
    where ${within('h.hour', openSpans)} and h.type = any(${[...types]}::text[]) ${ofAudience(audience, 'h.authenticated')}
    group by h.content_key, h.type`
}

/**
 * Rows of `content_key, value, place`: the first of each list. What is among the first of a sum of lists is among the first
 * of one of them, or has at most the sum of what stands last in each (Fagin, Lotem and Naor 2001). There is a list for each
 * closed day, audience and type, and one for open days.
 */
function firstOfLists(
  plan: DayPlan,
  types: readonly string[],
  column: 'count' | 'viewers',
  rows: number,
  openDays: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const value = sql.ref(`d.${column}`)
  // Says again what the type is, so that the index of viewers, which holds only that type, can be used.
  const onlyEvery = column === 'viewers' ? sql` and d.type = ${sql.lit(EVERY_TYPE)}` : sql``
  return sql`select listed.content_key, listed.value, listed.place
    from unnest(${plan.closedDays}::date[]) as asked (day)
    cross join unnest(${[...types]}::text[]) as of_type (type)
    cross join unnest(${listsOf(plan.audience)}::boolean[]) as list (authenticated)
    cross join lateral (
      select d.content_key, ${value} as value, row_number() over (order by ${value} desc) as place from content_days d
      where d.day = asked.day and d.type = of_type.type and d.authenticated = list.authenticated ${onlyEvery}
      order by ${value} desc limit ${rows}
    ) listed
    union all
    select content_key, value, place from (
      select content_key, value, row_number() over (partition by type order by value desc) as place from ${openDays}
    ) ranked where place <= ${rows}`
}

async function findCandidates(
  db: Kysely<Tables>,
  plan: DayPlan,
  types: readonly string[],
  rows: number,
): Promise<Candidates> {
  const openDays = sql`(${openValues(plan, types, 'count')}) open_days`
  const { rows: found } = await sql<{ content_key: string; value: string; place: string }>`
    ${firstOfLists(plan, types, 'count', rows, openDays)}`.execute(db)
  const keys = new Set<string>()
  let others = 0
  for (const row of found) {
    if (row.content_key !== NO_CONTENT_KEY) keys.add(row.content_key)
    if (Number(row.place) === rows) others += Number(row.value)
  }
  return { keys: [...keys], others }
}

/** Content with at least `least` events of a type has its share of them in one of the lists; nothing where all may have it. */
async function reachingFloor(
  db: Kysely<Tables>,
  plan: DayPlan,
  { type, least }: { type: string; least: number },
): Promise<string[] | undefined> {
  const lists = listsOf(plan.audience)
  const share = Math.ceil(least / (plan.closedDays.length * lists.length + 1))
  // Then every content has it, and naming them all would only cost.
  if (share === 1) return undefined
  const { rows } = await sql<{ content_key: string }>`
    select d.content_key from unnest(${plan.closedDays}::date[]) as asked (day)
    cross join unnest(${lists}::boolean[]) as list (authenticated)
    join content_days d on d.day = asked.day and d.type = ${type} and d.authenticated = list.authenticated
      and d.count >= ${share}
    union
    select content_key from (${openValues(plan, [type], 'count')}) open_days where value >= ${share}`.execute(db)
  return rows.map(({ content_key }) => content_key)
}

/** Ranks the given content, or all. */
async function rank(
  db: Kysely<Tables>,
  plan: DayPlan,
  by: Exclude<TopMetric, 'viewers'>,
  limit: number,
  keys: readonly string[] | undefined,
): Promise<Leader[]> {
  const { types, value, having } = rankingOf(by)
  // Names are looked up for the first alone, unless so many of those are pages that too few are left.
  const search = async (most: number | undefined) => {
    const { rows } = await sql<Leader>`
      select c.content_key, c.type, c.id, c.title, ranked.value from (
        select h.content_key, ${value} as value from (${countersOf(plan, types, keys)}) h
        where h.content_key <> 0 group by h.content_key having ${having}
        ${most === undefined ? sql`` : sql`order by 2 desc fetch first ${sql.lit(most)} rows with ties`}
      ) ranked join content c on c.content_key = ranked.content_key
      where c.type ${sql.raw(by === 'pageViews' ? '=' : '<>')} ${PAGE}
      order by ranked.value desc, ${byName} limit ${limit}`.execute(db)
    return rows
  }
  const leaders = await search(FIRST_NAMES)
  return leaders.length === limit ? leaders : search(undefined)
}

async function findLeaders(
  db: Kysely<Tables>,
  plan: DayPlan,
  by: Exclude<TopMetric, 'viewers'>,
  limit: number,
): Promise<Leader[]> {
  const { types, floor } = rankingOf(by)
  if (plan.closedDays.length === 0) return rank(db, plan, by, limit, undefined)
  if (floor !== undefined) return rank(db, plan, by, limit, await reachingFloor(db, plan, floor))
  for (let rows = FIRST_ROWS; rows <= MOST_ROWS; rows *= 4) {
    const { keys, others } = await findCandidates(db, plan, types, rows)
    const leaders = await rank(db, plan, by, limit, keys)
    if (others === 0 || (leaders.length === limit && leaders.at(-1)!.value > others)) return leaders
  }
  return rank(db, plan, by, limit, undefined)
}

type WithViewers = Leader & { viewers: Viewers }

/** A day's viewers may be those of the day before, so the sum over days is only the most that they can be. */
async function findMostViewed(db: Kysely<Tables>, plan: DayPlan, limit: number): Promise<WithViewers[]> {
  const { closedDays, rawSpans, range, sources } = plan
  assertSiteZone(plan, 'viewers of content are kept')
  if (await isBlind(db, plan)) {
    throw new Refusal(
      'invalid_query',
      'by=viewers cannot be answered yet: some days of the range are older than single events are kept and not closed. The next hour closes them.',
    )
  }
  if (closedDays.length > 0) sources.add('closed_days')
  if (rawSpans.length > 0) sources.add('events')
  for (let rows = FIRST_ROWS; ; rows *= 4) {
    const { bounds, others } = await boundViewers(db, plan, rows > MOST_ROWS ? 2 ** 31 - 1 : rows)
    if (range.days.length === 1) {
      const exact = bounds.map((row): WithViewers => ({
        ...row,
        viewers: { value: row.value, method: 'exact', error: 0 },
      }))
      if (others === 0 || (exact[limit - 1]?.value ?? 0) > others) return exact.slice(0, limit)
      continue
    }
    const found: WithViewers[] = []
    for (let at = 0; at < bounds.length; at += SKETCHES_AT_ONCE) {
      found.push(...(await estimateViewers(db, plan, bounds.slice(at, at + SKETCHES_AT_ONCE))))
      found.sort((a, b) => b.value - a.value || compareNames(a, b))
      const next = bounds[at + SKETCHES_AT_ONCE]?.value ?? 0
      if ((found[limit - 1]?.value ?? 0) > next) break
    }
    if (others === 0 || (found[limit - 1]?.value ?? 0) > others) return found.slice(0, limit)
  }
}

/**
 * Sums of daily viewers, or more, of what is among the first `rows` of a list, most first, and how much content that is in
 * none may have at most. Open days are a scan over all that they have, so everything is read from one.
 */
async function boundViewers(
  db: Kysely<Tables>,
  plan: DayPlan,
  rows: number,
): Promise<{ bounds: Leader[]; others: number }> {
  const { rows: found } = await sql<{ [Field in keyof Leader]: Leader[Field] | null } & { others: number }>`
    with open_days as materialized (${openValues(plan, [], 'viewers')}),
    listed as materialized (${firstOfLists(plan, [EVERY_TYPE], 'viewers', rows, sql`open_days`)}),
    sums as (
      select d.content_key, sum(d.value)::float8 as value from (
        select d.content_key, d.viewers as value from content_days d
        where d.content_key in (select content_key from listed) and d.day = any(${plan.closedDays}::date[])
          and d.type = ${sql.lit(EVERY_TYPE)} ${ofAudience(plan.audience, 'd.authenticated')}
        union all
        select o.content_key, o.value from open_days o where o.content_key in (select content_key from listed)
      ) d group by d.content_key
    )
    select c.*, last.others from (
      select coalesce(sum(value), 0)::float8 as others from listed where place = ${rows}
    ) last left join (
      select c.content_key, c.type, c.id, c.title, sums.value from sums
      join content c on c.content_key = sums.content_key where c.type <> ${PAGE} and sums.value > 0
    ) c on true
    order by c.value desc, ${byName}`.execute(db)
  const bounds = found.flatMap(({ others: _others, ...row }) => (row.content_key === null ? [] : [row as Leader]))
  return { bounds, others: found[0]?.others ?? 0 }
}

async function estimateViewers(db: Kysely<Tables>, plan: DayPlan, leaders: readonly Leader[]): Promise<WithViewers[]> {
  const { closedDays, rawSpans, audience } = plan
  const keys = leaders.map((leader) => leader.content_key)
  const { rows: closed } = await sql<{ content_key: string; sketch: Uint8Array | null }>`
    select d.content_key, d.sketch from content_day_details d
    where d.content_key = any(${keys}::bigint[]) and d.day = any(${closedDays}::date[])
      and d.type = ${sql.lit(EVERY_TYPE)} ${ofAudience(audience, 'd.authenticated')}`.execute(db)
  // Registers are joined by the database: one by one they would be more rows than a process should read at once.
  const { rows: open } = await sql<{ content_key: string; sketch: Uint8Array | null }>`
    select content_key, ${sketchBytes} as sketch from (
      select e.content_key, ${registerOf} as register, min(${restOf}) as rest from events e
      where e.content_key = any(${keys}::bigint[]) and ${within('e.occurred_at', rawSpans)} and e.counted
        and e.viewer_key <> 0 ${ofEvents(plan)} group by 1, 2
    ) per_register group by content_key`.execute(db)
  const sketchesOf = groupBy([...closed, ...open])
  const found: WithViewers[] = []
  for (const leader of leaders) {
    const sketch = createSketch()
    await addRows(sketch, sketchesOf.get(leader.content_key) ?? [])
    const value = Math.round(sketch.estimate())
    if (value > 0) found.push({ ...leader, value, viewers: { value, method: 'hll', error: SKETCH_ERROR } })
  }
  return found
}

function groupBy<Row extends { content_key: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.content_key)
    if (group) group.push(row)
    else groups.set(row.content_key, [row])
  }
  return groups
}

const compareNames = (a: Leader, b: Leader) =>
  Buffer.compare(Buffer.from(a.type), Buffer.from(b.type)) || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))

/** Most first; equal values in the order of type and id. */
export async function readTopContent(
  db: Kysely<Tables>,
  plan: DayPlan,
  by: TopMetric,
  limit: number,
): Promise<TopContent['items']> {
  const leaders: (Leader & { viewers?: Viewers })[] =
    by === 'viewers' ? await findMostViewed(db, plan, limit) : await findLeaders(db, plan, by, limit)
  if (leaders.length === 0) return []
  const keys = leaders.map((leader) => leader.content_key)
  const { rows } = await sql<{
    content_key: string
    type: string
    count: string
    duration_ms: string
    duration_n: string
  }>`select h.content_key, h.type, sum(h.count)::bigint as count, sum(h.duration_ms)::bigint as duration_ms,
      sum(h.duration_n)::bigint as duration_n
    from (${countersOf(plan, null, keys)}) h group by h.content_key, h.type order by h.type collate "C"`.execute(db)
  return leaders.map(({ content_key, type, id, title, value, viewers }) => ({
    content: { type, id },
    title,
    value,
    totals: totalEvents(rows.filter((row) => row.content_key === content_key).map(toTypeSum)),
    ...(viewers && { viewers }),
  }))
}
