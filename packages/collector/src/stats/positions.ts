// How often what stood at a place of a list was clicked, with the interval that so few or so many impressions allow.
import { sql, type Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import type { DayPlan } from './day-plan'
import { rateOf } from './intervals'
import type { Positions } from './shapes'

export async function readPositions(
  db: Kysely<Tables>,
  { range, sources, source, limit }: DayPlan & { source?: string | undefined; limit: number },
): Promise<Positions['items']> {
  sources.add('counters')
  const { rows } = await sql<{ source: string; position: number; impressions: string; clicks: string }>`
    select source, position, sum(impressions)::bigint as impressions, sum(clicks)::bigint as clicks from positions
    where day >= ${range.from}::date and day <= ${range.to}::date
      ${source === undefined ? sql`` : sql` and source = ${source}`}
    group by source, position order by source collate "C", position limit ${limit}`.execute(db)
  return rows.map((row) => {
    const impressions = Number(row.impressions)
    const clicks = Number(row.clicks)
    const { rate, interval } = rateOf(clicks, impressions)
    return { source: row.source, position: row.position, impressions, clicks, clickThroughRate: rate, interval }
  })
}
