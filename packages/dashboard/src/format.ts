// Numbers and days in the reader's own locale. Nothing is rounded that was counted.

/** Shown where there is nothing to divide by. */
export const NOTHING = '–'

export type Formats = ReturnType<typeof createFormats>

const atNoon = (day: string) => new Date(`${day}T12:00:00Z`)

/** `locale` is a BCP 47 tag; without it the browser's own is used. */
export function createFormats(locale?: string) {
  const count = new Intl.NumberFormat(locale)
  const share = new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 2, maximumFractionDigits: 2 })
  const seconds = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  // Days carry no zone here: the API has already decided which zone's day it is.
  const shortDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' })
  const longDay = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' })

  return {
    count: (value: number) => count.format(value),
    share: (value: number | null) => (value === null ? NOTHING : share.format(value)),
    /** `850 ms`, `12.4 s`, `3 min 05 s`. */
    duration(milliseconds: number | null) {
      if (milliseconds === null) return NOTHING
      if (milliseconds < 1_000) return `${count.format(Math.round(milliseconds))} ms`
      if (milliseconds < 59_950) return `${seconds.format(milliseconds / 1_000)} s`
      const whole = Math.round(milliseconds / 1_000)
      return `${count.format(Math.floor(whole / 60))} min ${String(whole % 60).padStart(2, '0')} s`
    },
    shortDay: (day: string) => shortDay.format(atNoon(day)),
    longDay: (day: string) => longDay.format(atNoon(day)),
    days: (from: string, to: string) =>
      from === to ? longDay.format(atNoon(from)) : shortDay.formatRange(atNoon(from), atNoon(to)),
    /** Wall clock of an instant in the site's zone. */
    time: (instant: string, timezone: string) =>
      new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', timeZone: timezone }).format(
        new Date(instant),
      ),
  }
}

export const formats = createFormats()
