// How many different viewers: one by one where that is quick, else from the registers of closed days and open ones.
import { sql, type Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import { EVERY_TYPE, registerOf, restOf, sketchBytes, within, type Span } from '../day-tally'
import { addRows, createSketch, SKETCH_ERROR } from '../sketch'
import { isBlind, isSiteZone, ofAudience, ofEvents, type DayPlan } from './day-plan'
import type { Viewers } from './shapes'

/** So many events are counted one by one in some hundredths of a second. */
export const MAX_EXACT_EVENTS = 100_000

const exact = (value: number): Viewers => ({ value, method: 'exact', error: 0 })
const estimated = (value: number): Viewers => ({ value: Math.round(value), method: 'hll', error: SKETCH_ERROR })

const ofContent = (contentKey: string | undefined, column: string) =>
  contentKey === undefined ? sql`` : sql` and ${sql.ref(column)} = ${contentKey}::bigint`

/**
 * Viewers of any event in the range.
 * @param counted events in the range by the counters
 */
export async function readViewers(
  db: Kysely<Tables>,
  plan: DayPlan,
  counted: number,
  contentKey?: string,
): Promise<Viewers | null> {
  const { closedDays, rawSpans, audience, range, sources } = plan
  if (counted === 0) return exact(0)
  if (closedDays.length === 1 && range.days.length === 1) {
    sources.add('closed_days')
    return exact((await viewersOfDays(db, plan, contentKey)).get(range.from) ?? 0)
  }
  const isOneOpenDay = range.days.length === 1 && plan.openSpans.length === 1
  if (plan.isAllRaw && (counted <= MAX_EXACT_EVENTS || isOneOpenDay)) {
    const raw = await countRaw(db, plan, [plan.whole], contentKey)
    // As many single events as the counters know of: all of them are kept.
    if (raw.events >= counted) {
      sources.add('events')
      return exact(raw.viewers)
    }
  }
  if (!isSiteZone(plan)) return null
  if (await isBlind(db, plan, contentKey)) return null

  const sketch = createSketch()
  if (closedDays.length > 0) {
    sources.add('closed_days')
    const table = contentKey === undefined ? sql`site_days` : sql`content_day_details`
    const { rows } = await sql<{ sketch: Uint8Array | null }>`select d.sketch from ${table} d
      where d.day = any(${closedDays}::date[]) and d.type = ${sql.lit(EVERY_TYPE)}
        ${ofAudience(audience, 'd.authenticated')} ${ofContent(contentKey, 'd.content_key')}`.execute(db)
    await addRows(sketch, rows)
  }
  if (rawSpans.length > 0) {
    sources.add('events')
    const { rows } = await sql<{ sketch: Uint8Array | null }>`select ${sketchBytes} as sketch from (
        select ${registerOf} as register, min(${restOf}) as rest from events e
        where ${within('e.occurred_at', rawSpans)} and e.counted and e.viewer_key <> 0
          ${ofEvents(plan)} ${ofContent(contentKey, 'e.content_key')}
        group by 1
      ) per_register`.execute(db)
    await addRows(sketch, rows)
  }
  return estimated(sketch.estimate())
}

async function countRaw(
  db: Kysely<Tables>,
  plan: DayPlan,
  spans: readonly Span[],
  contentKey: string | undefined,
): Promise<{ events: number; viewers: number }> {
  const { rows } = await sql<{ events: string; viewers: string }>`
    select coalesce(sum(n), 0)::bigint as events, count(*) filter (where viewer_key <> 0) as viewers from (
      select e.viewer_key, count(*) as n from events e
      where ${within('e.occurred_at', spans)} and e.counted ${ofEvents(plan)} ${ofContent(contentKey, 'e.content_key')}
      group by e.viewer_key
    ) each`.execute(db)
  return { events: Number(rows[0]?.events), viewers: Number(rows[0]?.viewers) }
}

async function viewersOfDays(db: Kysely<Tables>, plan: DayPlan, contentKey?: string): Promise<Map<string, number>> {
  const table = contentKey === undefined ? sql`site_days` : sql`content_days`
  const { rows } = await sql<{ day: string; viewers: string }>`
    select d.day, sum(d.viewers)::bigint as viewers from ${table} d
    where d.day = any(${plan.closedDays}::date[]) and d.type = ${sql.lit(EVERY_TYPE)}
      ${ofAudience(plan.audience, 'd.authenticated')} ${ofContent(contentKey, 'd.content_key')}
    group by d.day`.execute(db)
  return new Map(rows.map(({ day, viewers }) => [day, Number(viewers)]))
}

/**
 * Exact viewers of each day of the range; `null` for a day that neither a closed day nor single events tell of.
 * @param counted events in the range by the counters
 */
export async function readViewersByDay(
  db: Kysely<Tables>,
  plan: DayPlan,
  counted: number,
  contentKey?: string,
): Promise<(number | null)[]> {
  const { range, closedDays, sources } = plan
  // Days of another zone are nowhere but in single events.
  if (!isSiteZone(plan) && (!plan.isAllRaw || counted > MAX_EXACT_EVENTS)) return range.days.map(() => null)
  const closed = closedDays.length === 0 ? new Map<string, number>() : await viewersOfDays(db, plan, contentKey)
  if (closedDays.length > 0) sources.add('closed_days')
  const spans = isSiteZone(plan) ? plan.rawSpans : [plan.whole]
  const open = new Map<string, number>()
  if (spans.length > 0) {
    sources.add('events')
    const starts = range.dayStartsMs.map((ms) => new Date(ms).toISOString())
    const { rows } = await sql<{ bucket: number; viewers: string }>`
      select bucket, count(*) as viewers from (
        select width_bucket(e.occurred_at, ${starts}::timestamptz[]) as bucket, e.viewer_key from events e
        where ${within('e.occurred_at', spans)} and e.counted and e.viewer_key <> 0
          ${ofEvents(plan)} ${ofContent(contentKey, 'e.content_key')}
        group by 1, 2
      ) each group by bucket`.execute(db)
    for (const { bucket, viewers } of rows) open.set(range.days[bucket - 1] ?? '', Number(viewers))
  }
  const isClosed = new Set(closedDays)
  const blind = (await isBlind(db, plan, contentKey)) ? plan.blindSpans : []
  return range.days.map((day, index) => {
    if (isClosed.has(day)) return closed.get(day) ?? 0
    const startMs = range.dayStartsMs[index]!
    if (blind.some(({ fromMs, toMs }) => startMs >= fromMs && startMs < toMs)) return null
    return open.get(day) ?? 0
  })
}
