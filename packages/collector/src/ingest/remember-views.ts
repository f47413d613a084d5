// What signed-in viewers just saw goes to the top of their "recently viewed" list, in the transaction that stores it.
import { sql, type Transaction } from 'kysely'
import { NO_CONTENT_KEY } from '../content-key'
import type { Tables } from '../database/tables'
import type { EventRow } from './enrich'

interface Seen {
  row: EventRow
  /** When it was seen last, in milliseconds since 1970. */
  at: number
  /** Length of the latest view that told one, and its time. */
  durationMs: number | undefined
  toldAt: number
  views: number
}

/** Takes rows that are stored by this transaction. Asks nothing when none of them is a signed-in viewer's view or watch. */
export async function rememberViews(run: Transaction<Tables>, rows: readonly EventRow[]): Promise<void> {
  const seen = new Map<string, Seen>()
  for (const row of rows) {
    const { type, durationMs } = row.event
    if (row.userId === undefined || (type !== 'view' && type !== 'watch') || row.contentKey === NO_CONTENT_KEY) continue
    const key = `${row.viewerKey} ${row.contentKey}`
    let one = seen.get(key)
    if (one === undefined) {
      one = { row, at: row.occurredAt, durationMs: undefined, toldAt: -Infinity, views: 0 }
      seen.set(key, one)
    }
    one.at = Math.max(one.at, row.occurredAt)
    if (durationMs !== undefined && row.occurredAt >= one.toldAt) {
      one.durationMs = durationMs
      one.toldAt = row.occurredAt
    }
    if (row.counted && type === 'view') one.views++
  }
  if (seen.size === 0) return
  // In the order of the keys, so that two groups cannot deadlock.
  const list = [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
  await sql`insert into recent_views as known (viewer_key, content_key, viewed_at, duration_ms, views)
    select * from unnest(${arrayOf(list, ({ row }) => row.viewerKey)}::bigint[],
      ${arrayOf(list, ({ row }) => row.contentKey)}::bigint[],
      ${arrayOf(list, ({ at }) => new Date(at).toISOString())}::timestamptz[],
      ${arrayOf(list, ({ durationMs }) => durationMs ?? 'NULL')}::integer[],
      ${arrayOf(list, ({ views }) => views)}::integer[])
    on conflict (viewer_key, content_key) do update set
      viewed_at = greatest(known.viewed_at, excluded.viewed_at),
      duration_ms = case when excluded.viewed_at >= known.viewed_at
        then coalesce(excluded.duration_ms, known.duration_ms)
        else coalesce(known.duration_ms, excluded.duration_ms) end,
      views = known.views + excluded.views`.execute(run)
}

/** PostgreSQL's text of an array whose items need no quotes. */
const arrayOf = (list: readonly Seen[], value: (one: Seen) => string | number) => `{${list.map(value).join()}}`
