// Which content had the most of one thing. Pages are ranked by their page views and never among other content.
import { sql, type Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import { fieldOfType, totalEvents } from './event-counts'
import type { TopContent, TopMetric } from './shapes'
import type { TopQuery } from './stats-query'
import { selectHours, sums, toTypeSum } from './sum-hours'

const PAGE = 'page'

const typeOfMetric = Object.fromEntries(Object.entries(fieldOfType).map(([type, field]) => [field, type])) as Record<
  TopMetric,
  string
>

// Byte order, because the database's own collation differs from one installation to the next.
const inByteOrder = (column: 'c.type' | 'c.id') => sql`${sql.ref(column)} collate "C"`

const findLeaders = (db: Kysely<Tables>, query: TopQuery) =>
  selectHours(db, query)
    .innerJoin('content as c', 'c.content_key', 'h.content_key')
    .where('h.type', '=', typeOfMetric[query.by])
    .where('c.type', query.by === 'pageViews' ? '=' : '<>', PAGE)
    .select(['c.content_key', 'c.type', 'c.id', 'c.title'])
    .groupBy(['c.content_key', 'c.type', 'c.id', 'c.title'])
    .having(sql`sum(h.count)`, '>', 0)
    .orderBy(sql`sum(h.count)`, 'desc')
    .orderBy(inByteOrder('c.type'))
    .orderBy(inByteOrder('c.id'))
    .limit(query.limit)
    .execute()

/** Most first; equal values in the order of type and id. */
export async function readTopContent(db: Kysely<Tables>, query: TopQuery): Promise<TopContent['items']> {
  const leaders = await findLeaders(db, query)
  if (leaders.length === 0) return []
  const keys = leaders.map((leader) => leader.content_key)
  const rows = await selectHours(db, query)
    .where('h.content_key', 'in', keys)
    .select(['h.content_key', 'h.type', ...sums])
    .groupBy(['h.content_key', 'h.type'])
    .orderBy('h.type')
    .execute()
  return leaders.map(({ content_key, type, id, title }) => ({
    content: { type, id },
    title,
    totals: totalEvents(rows.filter((row) => row.content_key === content_key).map(toTypeSum)),
  }))
}
