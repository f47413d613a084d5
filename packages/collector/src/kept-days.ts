// How long numbers are kept by the hour and by the day: what deletes them and what reads them must agree.
import type { SiteClock } from './site-clock'

/** Days of `content_hours`; longer ranges are answered from closed days. */
export const HOURS_KEPT_DAYS = 35

/** First day of the site whose hours are all kept. Hours of earlier days may be deleted once their day is closed. */
export function firstDayOfHours(clock: SiteClock, now: number): string {
  return clock.addDays(clock.day(now), -HOURS_KEPT_DAYS)
}

/** Days for which closed days are kept: of a day that is closed they hold the numbers, also while its single events are there. */
export const rollUpsKeptDays = (config: { rawRetentionDays: number; rollupRetentionDays: number }) =>
  Math.max(config.rawRetentionDays, config.rollupRetentionDays)
