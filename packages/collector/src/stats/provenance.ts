// Says of an answer which days it counts, in which zone, of whom, how fresh, and what it was added up from.
import type { DayPlan } from './day-plan'
import { hasFilters } from './filters'
import type { Provenance } from './shapes'

/** Called when everything is read. `askedAtMs` must be read before the database is asked: what is committed later may be missing. */
export const provenanceOf = (
  { range, audience, clock, lateAsOf, keptFrom, eventsFrom, filters, sources }: DayPlan,
  askedAtMs: number,
): Provenance => ({
  from: range.from,
  to: range.to,
  timezone: clock.timezone,
  audience,
  freshAsOf: new Date(askedAtMs).toISOString(),
  lateAsOf,
  keptFrom,
  ...(eventsFrom !== null && { eventsFrom }),
  ...(hasFilters(filters) && { filters }),
  madeFrom: [...sources].toSorted(),
})
