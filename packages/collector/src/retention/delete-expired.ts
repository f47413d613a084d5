// What has an age limit of its own is deleted here, a little at a time; raw events go with their partitions.
import { sql, type Kysely } from 'kysely'
import type { Database } from '../database/open-database'
import type { Tables } from '../database/tables'
import type { Fenced } from '../job-lease'
import { firstDayOfHours } from '../kept-days'
import { addDays, utcDay, type SiteClock } from '../site-clock'
import type { FindClosed } from './drop-partitions'

const DAY_MS = 86_400_000
/** Long enough for a repair after a weekend, short enough for what may hold anything. */
export const DEAD_LETTER_DAYS = 7
/** Older events count as if they had happened on arrival (`ingest/decide.ts`), so none of before an erasure can come. */
const ERASED_VIEWER_DAYS = 31
/** So long a link that has ended is listed, and says why it opens nothing. */
const ENDED_SHARE_DAYS = 30

/** On the embedded database nothing else happens meanwhile, so each time is short. */
const ROWS_AT_ONCE = 2_000
const VIEWERS_AT_ONCE = 200

/** Deletes dead letters that nobody replayed in time. May be killed anywhere and run twice. */
export async function deleteOldDeadLetters(db: Pick<Database, 'kysely'>, now: number): Promise<void> {
  await db.kysely
    .deleteFrom('dead_letters')
    .where('received_at', '<', new Date(now - DEAD_LETTER_DAYS * DAY_MS))
    .execute()
}

interface RollUpRetention {
  /** In days of the site. */
  rollupRetentionDays: number
  clock: SiteClock
  findClosed: FindClosed
  now: number
}

/** Deletes closed days, positions and outcomes of long ago, and the hours of days that are closed. */
export async function deleteOldRollUps(
  { jobs: kysely }: Pick<Database, 'jobs'>,
  fenced: Fenced,
  { rollupRetentionDays, clock, findClosed, now }: RollUpRetention,
): Promise<void> {
  const firstDay = clock.addDays(clock.day(now), -rollupRetentionDays)
  const isOld = sql`day < ${firstDay}::date`
  for (const table of tablesOfDays) await deleteAll(fenced, table, isOld)
  await deleteAll(fenced, 'site_hours', sql`hour < ${new Date(clock.dayStart(firstDay))}`)
  await deleteAll(fenced, 'outcomes', sql`day < ${addDays(utcDay(now), -rollupRetentionDays)}::date`)

  // An open day is still compared with its hours.
  const firstWithHours = [firstDay, firstDayOfHours(clock, now)].toSorted()[1]!
  for (const day of await closedBefore(kysely, firstWithHours, clock, findClosed)) {
    const [from, to] = [day, clock.addDays(day, 1)].map((one) => new Date(clock.dayStart(one)))
    await deleteAll(fenced, 'content_hours', sql`hour >= ${from} and hour < ${to}`)
  }
}

/** Site days before a day that still have hours and are closed. */
async function closedBefore(
  kysely: Kysely<Tables>,
  day: string,
  clock: SiteClock,
  findClosed: FindClosed,
): Promise<string[]> {
  const { rows } = await sql<{ hour: Date }>`
    select distinct hour from content_hours where hour < ${new Date(clock.dayStart(day))}`.execute(kysely)
  const days = [...new Set(rows.map(({ hour }) => clock.day(hour.getTime())))]
  if (days.length === 0) return []
  const closed = await findClosed(kysely, days)
  return days.filter((one) => closed.has(one))
}

/** Keeps the newest views of every viewer. */
export async function forgetOldRecentViews(
  { jobs: kysely }: Pick<Database, 'jobs'>,
  fenced: Fenced,
  maxRecentViews: number,
): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ key: string }>`
      select viewer_key::text as key from recent_views group by viewer_key having count(*) > ${maxRecentViews}
      limit ${VIEWERS_AT_ONCE}`.execute(kysely)
    if (rows.length === 0) return
    await fenced((run) =>
      sql`delete from recent_views as old using (
          select viewer_key, content_key,
            row_number() over (partition by viewer_key order by viewed_at desc, content_key desc) as place
          from recent_views where viewer_key = any(${`{${rows.map(({ key }) => key).join()}}`}::bigint[])
        ) as ranked
        where ranked.place > ${maxRecentViews}
          and old.viewer_key = ranked.viewer_key and old.content_key = ranked.content_key`.execute(run),
    )
  }
}

/** Forgets whose late events are refused, when none can be late any more. */
export async function forgetOldErasures(fenced: Fenced, now: number): Promise<void> {
  await fenced((run) =>
    run
      .deleteFrom('erased_viewers')
      .where('erased_at', '<', new Date(now - ERASED_VIEWER_DAYS * DAY_MS))
      .execute(),
  )
}

/** Forgets links that have ended, when nobody asks any more why they open nothing. */
export async function forgetOldShares(fenced: Fenced, now: number): Promise<void> {
  const before = new Date(now - ENDED_SHARE_DAYS * DAY_MS)
  await fenced((run) =>
    run
      .deleteFrom('share_links')
      .where((is) => is.or([is('revoked_at', '<', before), is('expires_at', '<', before)]))
      .execute(),
  )
}

// `closed_days` stays for ever: a row a day, and without it a day would be closed again from nothing.
const keys = {
  content_days: 'content_key, day, type, authenticated',
  content_day_details: 'content_key, day, type, authenticated',
  site_days: 'day, type, authenticated',
  viewer_days: 'viewer_key, day',
  cohort_days: 'first_day, day, authenticated',
  variant_days: 'day, name, value, type, authenticated',
  positions: 'source, position, day',
  site_hours: 'hour, type, authenticated',
  outcomes: 'day, outcome, reason',
  content_hours: 'content_key, hour, type, authenticated',
} as const
type Expiring = keyof typeof keys

const tablesOfDays = [
  'content_days',
  'content_day_details',
  'site_days',
  'viewer_days',
  'cohort_days',
  'variant_days',
  'positions',
] as const satisfies Expiring[]

async function deleteAll(fenced: Fenced, table: Expiring, condition: ReturnType<typeof sql>): Promise<void> {
  const [name, key] = [sql.table(table), sql.raw(keys[table])]
  let deleted: bigint | undefined
  while (deleted !== 0n) {
    deleted = await fenced(async (run) => {
      const { numAffectedRows } = await sql`
        delete from ${name} where (${key}) in (select ${key} from ${name} where ${condition} limit ${ROWS_AT_ONCE})`.execute(
        run,
      )
      return numAffectedRows
    })
  }
}
