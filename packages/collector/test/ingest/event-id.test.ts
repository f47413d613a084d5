// The partition of an event is a pure function of its id, so every retry meets the same row.
import { expect, test } from 'vitest'
import { eventDay, mintId } from '../../src/ingest/event-id'

const NOW = Date.parse('2026-11-20T13:00:00Z')
const DAY_MS = 86_400_000
const KEPT_DAYS = 7

test.each([
  ['today', 0, '2026-11-20'],
  ['yesterday', -1, '2026-11-19'],
  ['the oldest day that is kept', -7, '2026-11-13'],
  ['a day that is no longer kept', -8, '1970-01-01'],
  ['tomorrow', 1, '2026-11-21'],
  ['the day after tomorrow', 2, '1970-01-01'],
])('an id of %s', (_name, days, day) => {
  expect(eventDay(mintId(NOW + days * DAY_MS), KEPT_DAYS, NOW)).toBe(day)
})

test('the hour of arrival has no part in it', () => {
  const id = mintId(Date.parse('2026-11-19T23:59:59.999Z'))
  const days = [0, 1, 12, 26].map((hours) =>
    eventDay(id, KEPT_DAYS, Date.parse('2026-11-20T00:00:00Z') + hours * 3_600_000),
  )
  expect(new Set(days)).toEqual(new Set(['2026-11-19']))
})

test('ids without a time all share one day', () => {
  expect(eventDay('019cd4f3-8bdc-4abc-8def-0123456789ab', KEPT_DAYS, NOW)).toBe('1970-01-01')
})

test('a new id is a UUIDv7 of its time', () => {
  const id = mintId(NOW)
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(NOW)
  expect(mintId(NOW)).not.toBe(id)
})
