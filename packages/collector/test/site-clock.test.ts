// Hours and days of a site are those on its wall, also on the days when the clock changes.
import { describe, expect, test } from 'vitest'
import { addDays, createSiteClock, isTimezone } from '../src/site-clock'

const HOUR_MS = 3_600_000
const at = (iso: string) => Date.parse(iso)
const iso = (ms: number) => new Date(ms).toISOString()

describe('days', () => {
  test.each([
    ['UTC', '2026-03-29', '2026-03-29T00:00:00.000Z', 24],
    ['Europe/Berlin', '2026-03-28', '2026-03-27T23:00:00.000Z', 24],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z', 23],
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z', 25],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z', 25],
    ['Asia/Kathmandu', '2026-05-02', '2026-05-01T18:15:00.000Z', 24],
    ['Pacific/Kiritimati', '2026-05-02', '2026-05-01T10:00:00.000Z', 24],
    ['Pacific/Pago_Pago', '2026-05-02', '2026-05-02T11:00:00.000Z', 24],
    // Midnight does not exist on this day: the clock goes from 23:59 to 01:00.
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00.000Z', 23],
    ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30:00.000Z', 23.5],
  ])('%s %s begins at %s and has %d hours', (zone, day, start, hours) => {
    const clock = createSiteClock(zone)
    expect(iso(clock.dayStart(day))).toBe(start)
    expect((clock.dayStart(clock.addDays(day, 1)) - clock.dayStart(day)) / HOUR_MS).toBe(hours)
    expect(clock.day(clock.dayStart(day))).toBe(day)
    expect(clock.day(clock.dayStart(day) - 1)).toBe(addDays(day, -1))
  })

  test('are counted by the calendar, over months and leap days', () => {
    expect([addDays('2026-12-31', 1), addDays('2028-03-01', -1), addDays('2026-05-05', 0)]).toEqual([
      '2027-01-01',
      '2028-02-29',
      '2026-05-05',
    ])
  })
})

describe('hours', () => {
  test.each([
    ['UTC', '2026-05-01T10:59:59.999Z', '2026-05-01T10:00:00.000Z'],
    ['Asia/Kathmandu', '2026-05-01T18:20:00.000Z', '2026-05-01T18:15:00.000Z'],
    ['Asia/Kolkata', '2026-05-01T18:29:00.000Z', '2026-05-01T17:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25T00:30:00.000Z', '2026-10-25T00:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25T01:30:00.000Z', '2026-10-25T01:00:00.000Z'],
  ])('in %s, %s belongs to the hour of %s', (zone, instant, hour) => {
    expect(iso(createSiteClock(zone).hourStart(at(instant)))).toBe(hour)
  })

  test.each(['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Africa/Cairo', 'America/St_Johns'])(
    'never reach over midnight in %s, so days are sums of hours',
    (zone) => {
      const clock = createSiteClock(zone)
      for (let instant = at('2026-01-01T00:00:00Z'); instant < at('2027-01-01T00:00:00Z'); instant += 37 * 60_000) {
        const hour = clock.hourStart(instant)
        expect(clock.day(hour)).toBe(clock.day(instant))
        expect(instant - hour).toBeLessThan(HOUR_MS)
        expect(clock.hourStart(hour)).toBe(hour)
      }
    },
  )
})

test.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['Etc/GMT+5', true],
  ['+02:00', false],
  ['ABC+99', false],
  ['Mars/Olympus', false],
  ['', false],
])('knows whether %j is a time zone', (name, expected) => {
  expect(isTimezone(name)).toBe(expected)
})

test('refuses a zone it does not know', () => {
  expect(() => createSiteClock('ABC+99')).toThrow(/expected an IANA time zone such as "Europe\/Berlin", got "ABC\+99"/)
})
