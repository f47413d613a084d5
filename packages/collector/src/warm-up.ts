// An embedded database is cold after every start: its code is compiled and its plans are made by the first questions. Those of
// the dashboard's first page are asked here, so that they are quick when somebody opens it. Their answers are thrown away.
import type { Config } from './config'
import type { Database } from './database/open-database'
import { createSiteClock } from './site-clock'
import { planDays, type DayPlan } from './stats/day-plan'
import { readSiteSeries } from './stats/series'
import { readSiteBreakdown, readSiteTotals } from './stats/site-stats'
import { readQuery } from './stats/stats-query'
import { readTopContent } from './stats/top-content'

/** Rows of a list on the first page. */
const TOP_LIMIT = 10

export interface WarmUpOptions {
  db: Pick<Database, 'stats'>
  config: Pick<Config, 'timezone' | 'rawRetentionDays' | 'rollupRetentionDays'>
  /** Ends it after the question at hand. */
  signal: AbortSignal
  /** Milliseconds since 1970. */
  now: () => number
}

/** One question after the other, so that what visitors send waits for one of them at most. Resolves whatever happens. */
export async function warmUp({ db: { stats }, config, signal, now }: WarmUpOptions): Promise<void> {
  const site = createSiteClock(config.timezone)
  const query = readQuery('breakdown', { type: 'impression' }, site, now())
  const { rawRetentionDays, rollupRetentionDays } = config
  const questions: ((plan: DayPlan) => Promise<unknown>)[] = [
    (plan) => readSiteTotals(stats, plan),
    (plan) => readSiteSeries(stats, plan),
    (plan) => readTopContent(stats, plan, 'impressions', TOP_LIMIT),
    (plan) => readSiteBreakdown(stats, plan, 'source'),
    (plan) => readSiteBreakdown(stats, plan, 'device'),
  ]
  try {
    const plan = await planDays(stats, query, { site, rawRetentionDays, rollupRetentionDays, now: now() })
    for (const ask of questions) {
      if (signal.aborted) return
      await ask(plan)
    }
  } catch {
    // The database is away, or empty of tables: whoever asks next is told.
  }
}
