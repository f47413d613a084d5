// What happened day by day. Days without events are there, with zeros.
import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables'
import { countEvents, type TypeSum } from './event-counts'
import type { DayCounts } from './shapes'
import type { StatsQuery } from './stats-query'
import { sumByDay } from './sum-hours'

/** `days` has one list for each day of the query's range. */
export const seriesOf = ({ range }: StatsQuery, days: TypeSum[][]): DayCounts[] =>
  range.days.map((day, index) => ({ day, ...countEvents(days[index] ?? []) }))

/** Of all content. */
export const readSiteSeries = async (db: Kysely<Tables>, query: StatsQuery): Promise<DayCounts[]> =>
  seriesOf(query, await sumByDay(db, query))
