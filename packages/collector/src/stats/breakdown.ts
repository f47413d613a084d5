// Where events came from and on what: counts by the values of a dimension, from closed days and the events of open ones.
import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Tables } from '../database/tables'
import { dimensionNames, EVERY_TYPE, tallyBreakdowns, TOP_VALUES, type Dimension } from '../day-tally'
import { assertSiteZone, isSiteZone, ofAudience, type DayPlan } from './day-plan'
import { matching } from './filters'
import type { Breakdown } from './shapes'

/** As it is stored of a closed day. */
interface Part {
  values: Record<string, number>
  other: number
  none: number
}

export interface BreakdownRequest {
  dimensions: readonly Dimension[]
  /** Type of event; all when nothing. */
  type: string | undefined
  contentKey?: string | undefined
  /** Events by the counters. */
  total: number
}

/** @throws Refusal in another zone than the site's, once single events are gone. */
export async function readBreakdowns(
  db: Kysely<Tables>,
  plan: DayPlan,
  { dimensions, type = EVERY_TYPE, contentKey, total }: BreakdownRequest,
): Promise<Record<Dimension, Breakdown>> {
  if (!plan.isAllRaw) assertSiteZone(plan, 'values are kept')
  const parts: Partial<Record<Dimension, Part>>[] = []
  const read = async (from: RawBuilder<unknown>, condition: RawBuilder<unknown>) => {
    const columns = dimensions.map((name) => sql`d.breakdowns -> ${sql.lit(name)} as ${sql.ref(name)}`)
    const { rows } = await sql<Partial<Record<Dimension, Part>>>`
      select ${sql.join(columns)} from ${from} d
      where d.type = ${type} ${ofAudience(plan.audience, 'd.authenticated')} ${condition}`.execute(db)
    parts.push(...rows)
  }
  if (plan.closedDays.length > 0) {
    plan.sources.add('closed_days')
    const days = sql` and d.day = any(${plan.closedDays}::date[])`
    if (contentKey === undefined) await read(sql`site_days`, days)
    else await read(sql`content_day_details`, sql`${days} and d.content_key = ${contentKey}::bigint`)
  }
  for (const span of isSiteZone(plan) ? plan.rawSpans : [plan.whole]) {
    plan.sources.add('events')
    const scope = contentKey === undefined ? 'site' : { contentKey }
    const condition = matching(plan.filters)
    await read(sql`(${tallyBreakdowns(span, scope, { dimensions, mostValues: undefined, condition })})`, sql``)
  }
  const answers = dimensionNames.flatMap((name) =>
    dimensions.includes(name)
      ? [
          [
            name,
            merge(
              parts.flatMap((part) => part[name] ?? []),
              total,
            ),
          ] as const,
        ]
      : [],
  )
  return Object.fromEntries(answers) as Record<Dimension, Breakdown>
}

function merge(parts: readonly Part[], total: number): Breakdown {
  const counts = new Map<string, number>()
  let other = 0
  let none = 0
  for (const part of parts) {
    for (const [value, count] of Object.entries(part.values)) counts.set(value, (counts.get(value) ?? 0) + count)
    other += part.other
    none += part.none
  }
  const items = [...counts]
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count || inByteOrder(a.value, b.value))
  for (const { count } of items.splice(TOP_VALUES)) other += count
  const told = items.reduce((sum, { count }) => sum + count, other + none)
  return { items, other, none, untold: Math.max(0, total - told), total: Math.max(total, told) }
}

const inByteOrder = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
