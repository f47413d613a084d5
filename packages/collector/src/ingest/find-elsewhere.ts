// A retry whose id has just entered or left the window of days looks for its first copy where that was stored.
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../database/tables'
import { arrayBytes, Bigints, Dates, Uuids } from './array-bytes'
import type { EventRow } from './enrich'
import { UNDATED } from './event-id'
import { eventFlags } from './flags'

const none: ReadonlySet<string> = new Set()

/**
 * Ids of the rows that were stored under their other day. Asks nothing unless a row has one, which is rare. A row whose
 * other day is deleted may be a repetition or new; nobody can tell, so it is stored and does not count.
 */
export async function findElsewhere(run: Transaction<Tables>, rows: readonly EventRow[]): Promise<ReadonlySet<string>> {
  const doubtful = rows.filter(({ otherDay }) => otherDay !== undefined)
  if (doubtful.length === 0) return none
  const { rows: stored } = await sql<{ id: string }>`
    select e.event_id as id from unnest(
      ${arrayBytes(doubtful, Bigints, (row) => row.contentKey)}::bigint[],
      ${arrayBytes(doubtful, Uuids, (row) => row.id)}::uuid[],
      ${arrayBytes(doubtful, Dates, (row) => row.otherDay)}::date[]) as asked (content_key, event_id, event_day)
    join events e on e.content_key = asked.content_key and e.event_id = asked.event_id
      and e.event_day = asked.event_day`.execute(run)
  const elsewhere = new Set(stored.map(({ id }) => id))
  await markLate(
    run,
    doubtful.filter(({ id, otherDay }) => otherDay !== UNDATED && !elsewhere.has(id)),
  )
  return elsewhere
}

// A second statement sees what was committed before it, and the first one keeps `events` from losing a partition until the
// end of the transaction: a copy was found by the first, or its day is known to the second.
async function markLate(run: Transaction<Tables>, rows: readonly EventRow[]): Promise<void> {
  if (rows.length === 0) return
  const { rows: last } = await sql<{ day: string | null }>`select max(day) as day from dropped_days`.execute(run)
  const lastDropped = last[0]?.day
  if (!lastDropped) return
  for (const row of rows) {
    if (row.otherDay === undefined || row.otherDay > lastDropped) continue
    row.counted = false
    row.flags |= eventFlags.late
  }
}
