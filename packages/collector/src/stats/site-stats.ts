// What happened on the whole site: totals of the days asked for.
import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import { totalEvents } from './event-counts'
import type { Totals } from './shapes'
import type { StatsQuery } from './stats-query'
import { sumByType } from './sum-hours'

export const readSiteTotals = async (db: Kysely<Tables>, query: StatsQuery): Promise<Totals> =>
  totalEvents(await sumByType(db, query))
