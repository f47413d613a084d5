// Says of an answer which days it counts, in which zone, of whom and how fresh.
import type { Provenance } from './shapes'
import type { StatsQuery } from './stats-query'

/** `askedAtMs` must be read before the database is asked: what is committed later may be missing. */
export const provenanceOf = ({ range, audience }: StatsQuery, timezone: string, askedAtMs: number): Provenance => ({
  from: range.from,
  to: range.to,
  timezone,
  audience,
  freshAsOf: new Date(askedAtMs).toISOString(),
})
