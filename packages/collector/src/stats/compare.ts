// Which variant of a test did better: events by the value of one key of their metadata, with intervals.
import { sql, type Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import { tallyVariants, TOP_VALUES } from '../day-tally'
import { Refusal } from '../errors'
import { assertSiteZone, isSiteZone, ofAudience, type DayPlan } from './day-plan'
import { LEAST_TRIALS, newcombe, rateOf } from './intervals'
import type { Comparison, Provenance } from './shapes'

/** @throws Refusal for a key that is not counted. */
export async function readComparison(
  db: Kysely<Tables>,
  plan: DayPlan & { key: string; event: string; per: string },
  compareKeys: readonly string[],
): Promise<Omit<Comparison, keyof Provenance>> {
  const { key, event, per, closedDays, keysOfDay, audience, sources } = plan
  if (!compareKeys.includes(key)) {
    const counted =
      compareKeys.length === 0 ? 'no key is' : `${compareKeys.join(', ')} ${compareKeys.length === 1 ? 'is' : 'are'}`
    throw new Refusal('invalid_query', `key "${key}" is not counted; ${counted}. Add it to COMPARE_KEYS.`)
  }
  if (!plan.isAllRaw) assertSiteZone(plan, 'variants are kept')
  if (closedDays.length > 0) sources.add('closed_days')
  const spans = isSiteZone(plan) ? plan.rawSpans : [plan.whole]
  if (spans.length > 0) sources.add('events')
  const { rows } = await sql<{ value: string; type: string; count: string }>`
    select value, type, sum(count)::bigint as count from (
      select value, type, authenticated, count from variant_days
      where name = ${key} and day = any(${closedDays}::date[])
      union all
      select value, type, authenticated, count from (${tallyVariants(spans, key)}) open_days
    ) v where type in (${event}, ${per}) ${ofAudience(audience, 'v.authenticated')}
    group by value, type`.execute(db)
  const byValue = new Map<string, { events: number; per: number }>()
  for (const { value, type, count } of rows) {
    const sums = byValue.get(value) ?? { events: 0, per: 0 }
    if (type === event) sums.events = Number(count)
    if (type === per) sums.per = Number(count)
    byValue.set(value, sums)
  }
  const sorted = [...byValue]
    .toSorted(([a, x], [b, y]) => y.per - x.per || Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .slice(0, TOP_VALUES)
  const first = sorted[0]?.[1]
  return {
    key,
    event,
    per,
    daysWithout: closedDays.filter((day) => !keysOfDay.get(day)?.includes(key)),
    items: sorted.map(([value, sums], index) => ({
      value,
      ...sums,
      ...rateOf(sums.events, sums.per),
      difference: index === 0 || first === undefined ? null : differenceOf(sums, first),
    })),
  }
}

type Sums = { events: number; per: number }

function differenceOf(sums: Sums, first: Sums) {
  if (sums.per < LEAST_TRIALS || first.per < LEAST_TRIALS) return null
  const interval = newcombe(
    { successes: sums.events, trials: sums.per },
    { successes: first.events, trials: first.per },
  )
  return interval && { value: sums.events / sums.per - first.events / first.per, ...interval }
}
