// What one signed-in viewer looked at lately: one row per content, newest first, a page at a time.
import { sql } from 'kysely'
import type { Database } from '../database/open-database'

/** One content of the list. */
export interface RecentView {
  content: { type: string; id: string }
  /** From the catalogue; null when it holds none. */
  title: string | null
  /** When it was seen last, ISO 8601. */
  viewedAt: string
  /** Length of the latest view or watch that told one, in milliseconds. */
  durationMs: number | null
  /** Views that counted. */
  views: number
}

/** `GET /v1/me/recently-viewed` */
export interface RecentViewsPage {
  items: Partial<RecentView>[]
  /** Contents in the whole list. */
  total: number
  perPage: number
  /** 1-based; null when the page was asked for by cursor. */
  page: number | null
  pages: number
  /** Ask for the next page with it; null on the last. */
  nextCursor: string | null
}

/** Place in the list behind which a page begins. */
export interface Cursor {
  viewedAt: string
  contentKey: string
}

export interface RecentViewsQuery {
  viewerKey: string
  userId: string
  /** Length of the list. */
  maxRecentViews: number
  perPage: number
  /** Contents to leave out first, or where to begin. */
  from: { skip: number } | Cursor
  /** Only contents of this type. */
  type: string | undefined
}

interface Row {
  contentKey: string
  type: string
  id: string
  title: string | null
  viewedAt: Date
  durationMs: number | null
  views: number
  total: number
}

/** The rows of one page, the length of the list, and where the next page begins. */
export async function readRecentViews(
  { stats: kysely }: Pick<Database, 'stats'>,
  { viewerKey, userId, maxRecentViews, perPage, from, type }: RecentViewsQuery,
): Promise<{ items: RecentView[]; total: number; next: Cursor | undefined }> {
  // What was private all along is not there; what has become private since is not shown either.
  const list = sql`
    select r.content_key::text as "contentKey", c.type, c.id, c.title, r.viewed_at as "viewedAt",
      r.duration_ms as "durationMs", r.views
    from (select * from recent_views where viewer_key = ${viewerKey}::bigint
          order by viewed_at desc, content_key desc limit ${maxRecentViews}) as r
    join content c using (content_key)
    where (c.visibility = 'public' or c.owner_id = ${userId})
      ${type === undefined ? sql`` : sql`and c.type = ${type}`}`
  const place =
    'skip' in from
      ? sql`offset ${from.skip}`
      : sql`where ("viewedAt", "contentKey"::bigint) < (${from.viewedAt}::timestamptz, ${from.contentKey}::bigint)`
  const order = sql`order by "viewedAt" desc, "contentKey"::bigint desc limit ${perPage + 1}`
  const { rows } = await sql<Row>`
    with list as (${list}) select list.*, (select count(*)::int from list) as total from list
    ${'skip' in from ? sql`${order} ${place}` : sql`${place} ${order}`}`.execute(kysely)
  const shown = rows.slice(0, perPage)
  const last = shown.at(-1)
  return {
    items: shown.map(toItem),
    total: rows[0]?.total ?? (await countRecentViews({ stats: kysely }, list)),
    next:
      rows.length > perPage && last
        ? { viewedAt: last.viewedAt.toISOString(), contentKey: last.contentKey }
        : undefined,
  }
}

// A page behind the end has no row that could tell.
async function countRecentViews(
  { stats: kysely }: Pick<Database, 'stats'>,
  list: ReturnType<typeof sql>,
): Promise<number> {
  const { rows } = await sql<{ total: number }>`select count(*)::int as total from (${list}) as list`.execute(kysely)
  return rows[0]?.total ?? 0
}

const toItem = ({ type, id, title, viewedAt, durationMs, views }: Row): RecentView => ({
  content: { type, id },
  title,
  viewedAt: viewedAt.toISOString(),
  durationMs,
  views,
})

/** Takes one content, or all, off a viewer's list. */
export async function deleteRecentViews(
  { kysely }: Pick<Database, 'kysely'>,
  viewerKey: string,
  contentKey?: string,
): Promise<void> {
  const mine = kysely.deleteFrom('recent_views').where('viewer_key', '=', viewerKey)
  await (contentKey === undefined ? mine : mine.where('content_key', '=', contentKey)).execute()
}
