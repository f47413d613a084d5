// What became of events, counted by day and reason: stored, repeated, dropped, refused, lost.
import type { DropCounts } from '@sightline/sdk/wire'
import type { OutcomesTable } from '../database/tables'
import { Dates, Texts, WholeNumbers } from './array-bytes'
import type { EventRow } from './enrich'
import { uncountedReason } from './flags'
import { column, upsertStatement, type Run } from './insert-statement'
import { sumBy } from './sum-by'

/** So many events met this outcome, beside those in `events`. */
export interface Tally {
  outcome: OutcomesTable['outcome']
  reason: string
  count: number
}

/** What a browser dropped before it was sent. */
export function talliesOfDrops(drops: DropCounts = {}): Tally[] {
  return Object.entries(drops).map(([reason, count]) => ({ outcome: 'lost', reason, count }))
}

/** @param conflicts those of the repeats that are another event; as `isOtherEvent` tells */
export function talliesOfRepeats(repeats: number, conflicts: number): Tally[] {
  return [
    { outcome: 'duplicate', reason: '', count: repeats - conflicts },
    { outcome: 'duplicate', reason: 'id_conflict', count: conflicts },
  ]
}

/** New rows by why they do not count; those that do have no reason. */
export function trackedBy(rows: readonly EventRow[], repeats: ReadonlySet<string>): Tally[] {
  let counted = 0
  const others = new Map<string, number>()
  for (const row of rows) {
    if (repeats.size > 0 && repeats.has(row.id)) continue
    if (row.counted) counted++
    else {
      const reason = uncountedReason(row.counted, row.flags)
      others.set(reason, (others.get(reason) ?? 0) + 1)
    }
  }
  const tallies: Tally[] = [{ outcome: 'tracked', reason: '', count: counted }]
  for (const [reason, count] of others) tallies.push({ outcome: 'tracked', reason, count })
  return tallies
}

const upsertOutcomes = upsertStatement<Tally & { day: string }>(
  'outcomes',
  [
    column('day', Dates, ({ day }) => day),
    column('outcome', Texts, ({ outcome }) => outcome),
    column('reason', Texts, ({ reason }) => reason),
    column('count', WholeNumbers, ({ count }) => count),
  ],
  `on conflict (day, outcome, reason) do update set count = outcomes.count + excluded.count
    returning pg_current_xact_id()::text as id`,
)

/** Returns the number of the transaction, by which the database can tell later what became of it. */
export async function addOutcomes(run: Run, tallies: readonly Tally[], day: string): Promise<string | undefined> {
  const sums = sumBy(
    tallies.filter(({ count }) => count > 0),
    ({ outcome, reason }) => `${outcome} ${reason}`,
    ({ outcome, reason }) => ({ day, outcome, reason, count: 0 }),
    (sum, { count }) => {
      sum.count += count
    },
  )
  if (sums.length === 0) return undefined
  const { rows } = await upsertOutcomes<{ id: string }>(run, sums)
  return rows[0]?.id
}
