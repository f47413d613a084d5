// Which signed-in users did what, and how many of them did more than look.
import { sql, type Kysely } from 'kysely'
import { typeCodes } from '../database/codes'
import type { Tables } from '../database/tables'
import { within } from '../day-tally'
import type { DayPlan } from './day-plan'
import { wilson } from './intervals'
import type { Engagement, Provenance } from './shapes'

const columns = {
  impressions: typeCodes.impression,
  views: typeCodes.view,
  watches: typeCodes.watch,
  clicks: typeCodes.click,
  likes: typeCodes.like,
  shares: typeCodes.share,
  page_views: typeCodes.page_view,
  custom: typeCodes.custom,
} as const
type Column = keyof typeof columns
const names = Object.keys(columns) as Column[]

export async function readEngagement(
  db: Kysely<Tables>,
  plan: DayPlan & { limit: number },
): Promise<Omit<Engagement, keyof Provenance>> {
  const { closedDays, rawSpans, sources, limit } = plan
  if (closedDays.length > 0) sources.add('closed_days')
  if (rawSpans.length > 0) sources.add('events')
  const acts = sql`views + watches + clicks + likes + shares + custom`
  const engaged = sql`clicks + likes + shares + custom`
  // First who, by two sums and a number for a name, which is several times quicker than everything of everybody.
  const { rows: summary } = await sql<{ users: string; engaged: string; first: string[] | null }>`
    select count(*) as users, count(*) filter (where engaged > 0) as engaged,
      array_agg(viewer_key::text) filter (where place <= ${limit}) as first
    from (
      select viewer_key, sum(engaged) as engaged, rank() over (order by sum(acts) desc) as place from (
        select viewer_key, ${acts} as acts, ${engaged} as engaged from viewer_days
        where day = any(${closedDays}::date[]) and user_id is not null
        union all
        select e.viewer_key, (count(*) filter (where e.type not in (${typeCodes.impression}, ${typeCodes.page_view})))::integer,
          (count(*) filter (where e.type in (${typeCodes.click}, ${typeCodes.like}, ${typeCodes.share}, ${typeCodes.custom})))::integer
        from events e
        where ${within('e.occurred_at', rawSpans)} and e.counted and e.user_id is not null group by e.viewer_key
      ) parts group by viewer_key
    ) ranked`.execute(db)
  const users = Number(summary[0]?.users ?? 0)
  const engagedUsers = Number(summary[0]?.engaged ?? 0)
  const keys = summary[0]?.first ?? []
  return {
    users,
    engagedUsers,
    engagementRate: users === 0 ? null : engagedUsers / users,
    interval: wilson(engagedUsers, users),
    items: await readUsers(db, plan, keys),
  }
}

/** What these users did, most first; equal ones in the order of their ids. */
async function readUsers(
  db: Kysely<Tables>,
  { closedDays, rawSpans, limit }: DayPlan & { limit: number },
  keys: readonly string[],
): Promise<Engagement['items']> {
  if (keys.length === 0) return []
  const list = sql.join(names.map((name) => sql.ref(name)))
  const counts = sql.join(
    names.map((name) => sql`count(*) filter (where e.type = ${sql.lit(columns[name])})::integer as ${sql.ref(name)}`),
  )
  const totals = sql.join(names.map((name) => sql`sum(${sql.ref(name)})::integer as ${sql.ref(name)}`))
  const { rows } = await sql<Record<Column, number> & { user_id: string }>`
    select * from (
      select max(user_id) as user_id, ${totals} from (
        select viewer_key, user_id, ${list} from viewer_days
        where viewer_key = any(${[...keys]}::bigint[]) and day = any(${closedDays}::date[])
        union all
        select e.viewer_key, max(e.user_id) as user_id, ${counts} from events e
        where e.viewer_key = any(${[...keys]}::bigint[]) and ${within('e.occurred_at', rawSpans)} and e.counted
        group by e.viewer_key
      ) parts group by viewer_key
    ) per_user
    order by views + watches + clicks + likes + shares + custom desc, user_id collate "C" limit ${limit}`.execute(db)
  return rows.map((row) => ({
    userId: row.user_id,
    impressions: row.impressions,
    views: row.views,
    watches: row.watches,
    clicks: row.clicks,
    likes: row.likes,
    shares: row.shares,
    pageViews: row.page_views,
    custom: row.custom,
  }))
}
