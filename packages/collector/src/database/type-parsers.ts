// Column types that pg and PGlite would read differently, or wrongly, are read as the text that PostgreSQL sent.

/** PostgreSQL's numbers of types (pg_type.dat). */
const INT8 = 20
const DATE = 1082
const NUMERIC = 1700

const unchanged = (value: string) => value

/** JavaScript would round int8 and numeric, and shift a date by the zone of the machine. */
export const readAsText: Record<number, (value: string) => string> = {
  [INT8]: unchanged,
  [DATE]: unchanged,
  [NUMERIC]: unchanged,
}
