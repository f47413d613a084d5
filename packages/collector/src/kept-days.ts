// How long numbers are kept by the hour: what deletes them and what reads them must agree.
import type { SiteClock } from './site-clock'

/** Days of `content_hours`; longer ranges are answered from closed days. */
export const HOURS_KEPT_DAYS = 35

/** First day of the site whose hours are all kept. Hours of earlier days may be deleted once their day is closed. */
export function firstDayOfHours(clock: SiteClock, now: number): string {
  return clock.addDays(clock.day(now), -HOURS_KEPT_DAYS)
}
