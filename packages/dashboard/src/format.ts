// Numbers, days and names in the reader's own locale. Nothing is rounded that was counted.

/** Shown where there is nothing to divide by. */
export const NOTHING = '–'

export type Formats = ReturnType<typeof createFormats>

const atNoon = (day: string) => new Date(`${day}T12:00:00Z`)

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']

/** `locale` is a BCP 47 tag; without it the browser's own is used. */
export function createFormats(locale?: string) {
  const count = new Intl.NumberFormat(locale)
  const percent = (digits: number, sign = false) =>
    new Intl.NumberFormat(locale, {
      style: 'percent',
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      ...(sign && { signDisplay: 'exceptZero' as const }),
    })
  const [share, wholeShare, wholePercent, difference] = [percent(2), percent(1), percent(0), percent(2, true)]
  const [change, smallChange] = [percent(0, true), percent(1, true)]
  const seconds = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const score = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  // Days carry no zone here: the API has already decided which zone's day it is.
  const shortDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' })
  const longDay = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' })
  const weekdays = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' })
  const countries = new Intl.DisplayNames(locale, { type: 'region', fallback: 'code' })

  return {
    count: (value: number) => count.format(value),
    score: (value: number) => score.format(value),
    share: (value: number | null) => (value === null ? NOTHING : share.format(value)),
    /** Of a whole number of percent. */
    percent: (value: number) => wholePercent.format(value / 100),
    /** With one digit, for bars. */
    part: (value: number) => wholeShare.format(value),
    /** Growth from one number to another, `+12 %`; nothing to compare with gives `null`. */
    change(value: number, before: number) {
      if (before === 0) return null
      const growth = (value - before) / before
      return (Math.abs(growth) < 0.1 ? smallChange : change).format(growth)
    },
    difference: (value: number | null) => (value === null ? NOTHING : difference.format(value)),
    /** `850 ms`, `12.4 s`, `3 min 05 s`. */
    duration(milliseconds: number | null) {
      if (milliseconds === null) return NOTHING
      if (milliseconds < 1_000) return `${count.format(Math.round(milliseconds))} ms`
      if (milliseconds < 59_950) return `${seconds.format(milliseconds / 1_000)} s`
      const whole = Math.round(milliseconds / 1_000)
      return `${count.format(Math.floor(whole / 60))} min ${String(whole % 60).padStart(2, '0')} s`
    },
    /** Time that has passed, in its largest unit. */
    span(seconds: number | null) {
      if (seconds === null) return NOTHING
      const [unit, size] =
        seconds >= 86_400 ? ['d', 86_400] : seconds >= 3_600 ? ['h', 3_600] : seconds >= 60 ? ['min', 60] : ['s', 1]
      return `${count.format(Math.floor(seconds / Number(size)))} ${unit}`
    },
    bytes(value: number) {
      const power = value < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(value) / 3))
      return new Intl.NumberFormat(locale, {
        style: 'unit',
        unit: BYTE_UNITS[power] ?? 'byte',
        maximumFractionDigits: power === 0 ? 0 : 1,
      }).format(value / 1_000 ** power)
    },
    shortDay: (day: string) => shortDay.format(atNoon(day)),
    longDay: (day: string) => longDay.format(atNoon(day)),
    days: (from: string, to: string) =>
      from === to ? longDay.format(atNoon(from)) : shortDay.formatRange(atNoon(from), atNoon(to)),
    /** 1 is Monday. The first of January 2024 was one. */
    weekday: (weekday: number) => weekdays.format(new Date(Date.UTC(2024, 0, weekday))),
    /** Wall clock of an instant in the site's zone. */
    time: (instant: string, timezone: string) =>
      new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', timeZone: timezone }).format(
        new Date(instant),
      ),
    /** Day and wall clock of an instant where the reader is. */
    moment: (instant: string) =>
      new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant)),
    /** Name of a country by its two letters; other texts stay as they are. */
    country: (code: string) => (/^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? code) : code),
  }
}

export const formats = createFormats()
