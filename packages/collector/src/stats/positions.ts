// How often what stood at a place of a list was clicked, with the interval that so few or so many impressions allow.
import type { ContentRef } from '@sightline/sdk/wire'
import { sql, type Kysely } from 'kysely'
import { typeCodes } from '../database/codes'
import type { Tables } from '../database/tables'
import { within } from '../day-tally'
import { findContent } from './content-stats'
import { ofEvents, type DayPlan } from './day-plan'
import { rateOf } from './intervals'
import type { ContentPositions, Positions, Provenance } from './shapes'

interface Row {
  source: string
  position: number
  impressions: string
  clicks: string
}

function toItem({ source, position, ...counts }: Row): Positions['items'][number] {
  const impressions = Number(counts.impressions)
  const clicks = Number(counts.clicks)
  const { rate, interval } = rateOf(clicks, impressions)
  return { source, position, impressions, clicks, clickThroughRate: rate, interval }
}

export async function readPositions(
  db: Kysely<Tables>,
  { range, sources, source, limit }: DayPlan & { source?: string | undefined; limit: number },
): Promise<Positions['items']> {
  sources.add('counters')
  const { rows } = await sql<Row>`
    select source, position, sum(impressions)::bigint as impressions, sum(clicks)::bigint as clicks from positions
    where day >= ${range.from}::date and day <= ${range.to}::date
      ${source === undefined ? sql`` : sql` and source = ${source}`}
    group by source, position order by source collate "C", position limit ${limit}`.execute(db)
  return rows.map(toItem)
}

/** The same of one content, from single events alone: counters of places are not kept by content. `null` when nothing ever named it. */
export async function readContentPositions(
  db: Kysely<Tables>,
  content: ContentRef,
  plan: DayPlan & { limit: number },
): Promise<Omit<ContentPositions, keyof Provenance> | null> {
  const known = await findContent(db, content)
  if (known === null) return null
  plan.sources.add('events')
  const [impression, click] = [sql.lit(typeCodes.impression), sql.lit(typeCodes.click)]
  const { rows } = await sql<Row>`
    select e.source, e.position, count(*) filter (where e.type = ${impression}) as impressions,
      count(*) filter (where e.type = ${click}) as clicks
    from events e
    where e.content_key = ${known.key}::bigint and ${within('e.occurred_at', plan.rawSpans)}
      and e.type in (${impression}, ${click}) and e.counted and e.source is not null and e.position is not null
      ${ofEvents(plan)}
    group by e.source, e.position order by e.source collate "C", e.position limit ${plan.limit}`.execute(db)
  return { content: { type: known.type, id: known.id }, title: known.title, items: rows.map(toItem) }
}
