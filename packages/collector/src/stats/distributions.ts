// How one content's views are spread: how many were how long, and what share of them scrolled how far. From single events alone.
import type { ContentRef } from '@sightline/sdk/wire'
import { sql, type Kysely } from 'kysely'
import { typeCodes } from '../database/codes'
import type { Tables } from '../database/tables'
import { countedFlags, within } from '../day-tally'
import { findContent } from './content-stats'
import { ofEvents, type DayPlan } from './day-plan'
import type { ContentDistributions, Provenance } from './shapes'

/** Where each bucket of view times begins; the last one has no end. */
const BUCKETS_MS = [0, 1_000, 3_000, 10_000, 30_000, 60_000, 180_000]
const STEP_PERCENT = 10
const STEPS = 100 / STEP_PERCENT

/** `null` when neither an event nor the catalogue ever named this content. */
export async function readDistributions(
  db: Kysely<Tables>,
  content: ContentRef,
  plan: DayPlan,
): Promise<Omit<ContentDistributions, keyof Provenance> | null> {
  const known = await findContent(db, content)
  if (known === null) return null
  plan.sources.add('events')
  // A repeat is a stretch of its own here, as its length is a part of the average of its own.
  const { rows } = await sql<{ bucket: number | null; step: number | null; count: string }>`
    select width_bucket(e.duration_ms, ${BUCKETS_MS.slice(1)}::integer[]) as bucket,
      e.scroll_depth / ${sql.lit(STEP_PERCENT)} as step, count(*) as count
    from events e
    where e.content_key = ${known.key}::bigint and ${within('e.occurred_at', plan.rawSpans)}
      and e.type = ${sql.lit(typeCodes.view)} and (e.counted or e.flags & ${sql.lit(countedFlags.repeat)} <> 0)
      ${ofEvents(plan)}
    group by 1, 2`.execute(db)
  const sumOf = (has: (row: (typeof rows)[number]) => boolean) =>
    rows.reduce((sum, row) => (has(row) ? sum + Number(row.count) : sum), 0)
  const scrolled = sumOf(({ step }) => step !== null)
  return {
    content: { type: known.type, id: known.id },
    title: known.title,
    viewTimes: {
      count: sumOf(({ bucket }) => bucket !== null),
      buckets: BUCKETS_MS.map((fromMs, index) => ({
        fromMs,
        toMs: BUCKETS_MS[index + 1] ?? null,
        count: sumOf(({ bucket }) => bucket === index),
      })),
    },
    scrollDepth: {
      count: scrolled,
      reached: Array.from({ length: STEPS }, (_, index) => {
        const count = sumOf(({ step }) => step !== null && step > index)
        return { percent: (index + 1) * STEP_PERCENT, count, share: scrolled === 0 ? null : count / scrolled }
      }),
    },
  }
}
