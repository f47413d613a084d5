// Instants become hours and days of the site's time zone here, and days become instants again. Pure but for its caches.

const QUARTER_HOUR_MS = 900_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const HOURS_A_DAY = 24
/** Widest distance between UTC midnight and a local midnight, rounded up to whole hours: UTC+14 and UTC−12. */
const WIDEST_OFFSET_MS = 15 * HOUR_MS
const MAX_CACHED_QUARTERS = 20_000
const MAX_CACHED_DAYS = 1_000
const dayNames = new Map<number, string>()

export interface SiteClock {
  /** IANA name of the zone. */
  readonly timezone: string
  /** Start of the local clock hour that holds the instant; both in milliseconds since 1970. */
  hourStart(atMs: number): number
  /** Local day of an instant, `YYYY-MM-DD`. */
  day(atMs: number): string
  /** What the hour hand shows, 0–23. */
  hour(atMs: number): number
  /** First instant of a local day, in milliseconds since 1970. The day is 23 or 25 hours long when the clock changes. */
  dayStart(day: string): number
  /** The day that is `days` later, or earlier when negative. Calendar arithmetic, the same in every zone. */
  addDays(day: string, days: number): string
}

/** Whether the name is one of the time zone database. Offsets such as `+02:00` are not: they know no summer time. */
export function isTimezone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0
  } catch {
    return false
  }
}

/** UTC day of an instant, `YYYY-MM-DD`. */
export function utcDay(atMs: number): string {
  const dayNumber = Math.floor(atMs / DAY_MS)
  const known = dayNames.get(dayNumber)
  if (known !== undefined) return known
  if (dayNames.size >= MAX_CACHED_DAYS) dayNames.clear()
  const name = new Date(atMs).toISOString().slice(0, 10)
  dayNames.set(dayNumber, name)
  return name
}

/** The calendar day that is `days` after `day`. */
export function addDays(day: string, days: number): string {
  return utcDay(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS)
}

/**
 * Clock of one site.
 * @throws RangeError when `timezone` is no IANA name.
 */
export function createSiteClock(timezone: string): SiteClock {
  if (!isTimezone(timezone)) {
    throw new RangeError(`createSiteClock(): expected an IANA time zone such as "Europe/Berlin", got "${timezone}".`)
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const offsets = new Map<number, number>()
  const dayStarts = new Map<string, number>()

  function measureOffset(atMs: number): number {
    const part: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(atMs)) part[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000
  }

  // Every zone in use today changes its clock on a quarter of an hour, so one measurement holds for all of it.
  function offsetAt(atMs: number): number {
    const quarter = Math.floor(atMs / QUARTER_HOUR_MS)
    const known = offsets.get(quarter)
    if (known !== undefined) return known
    if (offsets.size >= MAX_CACHED_QUARTERS) offsets.clear()
    const offset = measureOffset(quarter * QUARTER_HOUR_MS)
    offsets.set(quarter, offset)
    return offset
  }

  const day = (atMs: number) => utcDay(atMs + offsetAt(atMs))

  // Searches instead of computing, because a day that begins with a clock change has no midnight.
  function findDayStart(wanted: string): number {
    const utcMidnight = Date.parse(`${wanted}T00:00:00Z`)
    if (Number.isNaN(utcMidnight)) throw new RangeError(`dayStart(): expected a day as YYYY-MM-DD, got "${wanted}".`)
    let before = (utcMidnight - WIDEST_OFFSET_MS) / QUARTER_HOUR_MS
    let reached = (utcMidnight + WIDEST_OFFSET_MS) / QUARTER_HOUR_MS
    while (reached - before > 1) {
      const middle = Math.floor((before + reached) / 2)
      if (day(middle * QUARTER_HOUR_MS) >= wanted) reached = middle
      else before = middle
    }
    return reached * QUARTER_HOUR_MS
  }

  return {
    timezone,
    day,
    hour: (atMs) => Math.floor((atMs + offsetAt(atMs)) / HOUR_MS) % HOURS_A_DAY,
    addDays,
    hourStart(atMs) {
      const offset = offsetAt(atMs)
      return Math.floor((atMs + offset) / HOUR_MS) * HOUR_MS - offset
    },
    dayStart(wanted) {
      const known = dayStarts.get(wanted)
      if (known !== undefined) return known
      if (dayStarts.size >= MAX_CACHED_QUARTERS) dayStarts.clear()
      const start = findDayStart(wanted)
      dayStarts.set(wanted, start)
      return start
    },
  }
}
