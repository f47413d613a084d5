// A retry whose id has just entered or left the window of days looks for its first copy where that was stored.
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../database/tables'
import { arrayText } from './array-text'
import type { EventRow } from './enrich'

const none: ReadonlySet<string> = new Set()

/** Ids of the rows that were stored under their other day. Asks nothing unless a row has one, which is rare. */
export async function findElsewhere(run: Transaction<Tables>, rows: readonly EventRow[]): Promise<ReadonlySet<string>> {
  const doubtful = rows.filter(({ otherDay }) => otherDay !== undefined)
  if (doubtful.length === 0) return none
  const { rows: stored } = await sql<{ id: string }>`
    select e.event_id as id from unnest(
      ${arrayText(doubtful, (row) => row.contentKey, false)}::bigint[],
      ${arrayText(doubtful, (row) => row.id, false)}::uuid[],
      ${arrayText(doubtful, (row) => row.otherDay, false)}::date[]) as asked (content_key, event_id, event_day)
    join events e on e.content_key = asked.content_key and e.event_id = asked.event_id
      and e.event_day = asked.event_day`.execute(run)
  return new Set(stored.map(({ id }) => id))
}
