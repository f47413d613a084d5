// One day's events become its closed rows, in one transaction: counts, unique viewers, breakdowns, cohorts, variants.
import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/open-database'
import type { Tables } from '../database/tables'
import {
  EVERY_TYPE,
  hasPart,
  tallyBreakdowns,
  tallySums,
  tallyVariants,
  TOP_VALUES,
  typeWord,
  within,
  type Span,
  type WatchRules,
} from '../day-tally'

/** So that no day is too long for one statement. */
const EVENTS_AT_ONCE = 100_000
/** Content keys are hashes of 63 bits, so equal parts of them have about equally many contents. */
const KEYS = 2n ** 63n

/** What a day is closed by. */
export interface CloseRules extends WatchRules {
  /** Keys of metadata whose values are counted. */
  compareKeys: readonly string[]
  /** Events that a statement about contents counts, about. @default 100_000 */
  eventsAtOnce?: number
}

export interface ClosedDay {
  /** `YYYY-MM-DD` in the site's time zone. */
  day: string
  /** Single events of the day, counted or not. */
  events: number
  /** Events by which the live counters were off, over all contents, types and audiences; 0 unless something is wrong. */
  difference: number
}

export interface DayToClose {
  day: string
  span: Span
  /** First instant of each of the day's hours, in milliseconds since 1970: 23, 24 or 25 of them. */
  hourStartsMs: number[]
  /** Whether the live counters of the day are kept, so that they can be compared. */
  hasHours: boolean
}

/** Replaces whatever was there of this day. May be killed anywhere and run twice. */
export async function closeDay(
  { kysely }: Pick<Database, 'kysely'>,
  toClose: DayToClose,
  rules: CloseRules,
  now: number,
): Promise<ClosedDay> {
  const { day, span } = toClose
  // One snapshot for all statements, so that what arrives meanwhile is in all of them or in none.
  return kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (run) => {
      const at = new Date(now).toISOString()
      // Locks the day first: of two collectors that close it at once, the second starts over and changes nothing.
      const { rows } = await sql<{ events: string }>`
        insert into closed_days (day, closed_at, checked_at, events, difference, compare_keys)
        select ${day}::date, ${at}::timestamptz, ${at}::timestamptz, count(*), 0, ${[...rules.compareKeys]}::text[]
        from events e where ${within('e.occurred_at', [span])}
        on conflict (day) do update set closed_at = excluded.closed_at, checked_at = excluded.checked_at,
          events = excluded.events, difference = 0, compare_keys = excluded.compare_keys
        returning events`.execute(run)
      const events = Number(rows[0]?.events)
      await run.deleteFrom('late_days').where('day', '=', day).execute()
      await writeContents(run, toClose, rules, Math.ceil(events / (rules.eventsAtOnce ?? EVENTS_AT_ONCE)))
      await writeSite(run, toClose, rules)
      await writeViewers(run, day, span)
      await writeVariants(run, day, span, rules.compareKeys)
      const difference = toClose.hasHours ? await compareWithHours(run, day, span) : 0
      if (difference > 0) await run.updateTable('closed_days').set({ difference }).where('day', '=', day).execute()
      return { day, events, difference }
    })
}

type Run = Transaction<Tables>

/** @param slices into which contents are cut */
async function writeContents(run: Run, { day, span }: DayToClose, rules: CloseRules, slices: number): Promise<void> {
  await sql`delete from content_days where day = ${day}::date`.execute(run)
  await sql`delete from content_day_details where day = ${day}::date`.execute(run)
  for (let slice = 0n; slice < slices; slice++) {
    const startOf = (at: bigint) => (KEYS * at) / BigInt(slices)
    const scope = { fromKey: String(startOf(slice)), toKey: String(startOf(slice + 1n) - 1n) }
    await sql`insert into content_days (content_key, day, count, duration_ms, duration_n, viewers, skipped, partial,
        completed, authenticated, type)
      select content_key, ${day}::date, count, duration_ms, duration_n, viewers, skipped, partial, completed, authenticated, type
      from (${tallySums(span, scope, rules, sql`false`)}) sums
      order by type, authenticated, content_key`.execute(run)
    await sql`insert into content_day_details (content_key, day, authenticated, type, sketch, breakdowns)
      select content_key, ${day}::date, authenticated, type, sketch, coalesce(breakdowns, '{}')
      from (${tallySums(span, scope, rules, sql`type = ${sql.lit(EVERY_TYPE)}`)}) sums
      left join (${tallyBreakdowns(span, scope)}) broken_down using (content_key, type, authenticated)
      order by content_key`.execute(run)
  }
}

async function writeSite(run: Run, { day, span, hourStartsMs }: DayToClose, rules: CloseRules): Promise<void> {
  await sql`delete from site_days where day = ${day}::date`.execute(run)
  await sql`insert into site_days (day, count, duration_ms, duration_n, viewers, skipped, partial, completed,
      authenticated, type, sketch, breakdowns)
    select ${day}::date, count, duration_ms, duration_n, viewers, skipped, partial, completed, authenticated, type, sketch,
      coalesce(breakdowns, '{}')
    from (${tallySums(span, 'site', rules, sql`true`)}) sums
    left join (${tallyBreakdowns(span, 'site')}) broken_down using (content_key, type, authenticated)`.execute(run)

  await sql`delete from site_hours where ${within('hour', [span])}`.execute(run)
  const starts = hourStartsMs.map((ms) => new Date(ms).toISOString())
  await sql`insert into site_hours (hour, count, duration_ms, duration_n, authenticated, type)
    select (${starts}::timestamptz[])[bucket], count(*) filter (where counted), coalesce(sum(duration_ms), 0),
      count(duration_ms) filter (where counted), authenticated, type
    from (
      select width_bucket(e.occurred_at, ${starts}::timestamptz[]) as bucket, e.counted, e.duration_ms,
        e.user_id is not null as authenticated, ${typeWord} as type
      from events e where ${within('e.occurred_at', [span])} and ${hasPart}
    ) part
    group by bucket, authenticated, type`.execute(run)
}

const ofType = (code: number) => sql`count(*) filter (where e.type = ${sql.lit(code)})`

async function writeViewers(run: Run, day: string, span: Span): Promise<void> {
  await sql`delete from viewer_days where day = ${day}::date`.execute(run)
  // Signed-in viewers side by side, as questions about users read them.
  await sql`insert into viewer_days (viewer_key, day, first_day, impressions, views, watches, clicks, likes, shares,
      page_views, custom, user_id)
    select today.viewer_key, ${day}::date, coalesce(earlier.first_day, ${day}::date), impressions, views, watches, clicks,
      likes, shares, page_views, custom, user_id
    from (
      select e.viewer_key, max(e.user_id) as user_id, ${ofType(1)} as impressions, ${ofType(2)} as views,
        ${ofType(3)} as watches, ${ofType(4)} as clicks, ${ofType(5)} as likes, ${ofType(6)} as shares,
        ${ofType(7)} as page_views, ${ofType(0)} as custom
      from events e where ${within('e.occurred_at', [span])} and e.counted and e.viewer_key <> 0
      group by e.viewer_key
    ) today
    left join (
      select viewer_key, min(first_day) as first_day from viewer_days where day < ${day}::date group by viewer_key
    ) earlier using (viewer_key)
    order by user_id is null, today.viewer_key`.execute(run)
  // A day that is closed after later ones may be some viewers' first.
  await sql`update viewer_days as later set first_day = ${day}::date
    from viewer_days as today
    where today.day = ${day}::date and today.viewer_key = later.viewer_key and later.day > ${day}::date
      and later.first_day > ${day}::date`.execute(run)
  await sql`delete from cohort_days where day >= ${day}::date`.execute(run)
  await sql`insert into cohort_days (first_day, day, authenticated, viewers)
    select first_day, day, user_id is not null, count(*) from viewer_days where day >= ${day}::date
    group by 1, 2, 3`.execute(run)
}

async function writeVariants(run: Run, day: string, span: Span, keys: readonly string[]): Promise<void> {
  await sql`delete from variant_days where day = ${day}::date`.execute(run)
  for (const key of keys) {
    await sql`insert into variant_days (day, name, value, type, authenticated, count)
      select ${day}::date, ${key}::text, value, type, authenticated, count
      from (${tallyVariants([span], key)}) by_value
      where value in (
        select value from (${tallyVariants([span], key)}) most
        group by value order by sum(count) desc, value collate "C" limit ${sql.lit(TOP_VALUES)})`.execute(run)
  }
}

async function compareWithHours(run: Run, day: string, span: Span): Promise<number> {
  const { rows } = await sql<{ difference: string }>`
    select coalesce(sum(abs(coalesce(closed.count, 0) - coalesce(live.count, 0))), 0)::bigint as difference
    from (select content_key, type, authenticated, count from content_days
      where day = ${day}::date and type <> ${sql.lit(EVERY_TYPE)}) closed
    full join (select content_key, type, authenticated, sum(count)::bigint as count from content_hours
      where ${within('hour', [span])} group by content_key, type, authenticated) live
    using (content_key, type, authenticated)`.execute(run)
  return Number(rows[0]?.difference)
}
