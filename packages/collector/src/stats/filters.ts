// Filters of a question become conditions on single events: nothing else knows which country and device met in one event.
import { sql, type RawBuilder } from 'kysely'
import { contentKey } from '../content-key'
import { dimensionNames, dimensionValue } from '../day-tally'
import type { FilterName, Filters } from './shapes'

export const filterNames = [...dimensionNames, 'contentType', 'contentId'] as const satisfies FilterName[]

export const hasFilters = (filters: Filters) => Object.keys(filters).length > 0

/** ` and …` for each filter, about events named `e`. An empty value asks for events that told none. */
export function matching(filters: Filters): RawBuilder<unknown> {
  const { contentType, contentId } = filters
  const conditions = dimensionNames.flatMap((name) => {
    const value = filters[name]
    return value === undefined ? [] : [sql` and coalesce(${dimensionValue[name]}, '') = ${value}::text`]
  })
  if (contentType !== undefined && contentId !== undefined)
    conditions.push(sql` and e.content_key = ${contentKey(contentType, contentId)}::bigint`)
  return conditions.length === 0 ? sql`` : sql.join(conditions, sql``)
}
