import { expect, test } from 'vitest'
import { daysIn, readSelection, shiftRange, writeSelection } from '../src/selection'

test('shows seven days of everyone by impressions when the URL says nothing', () => {
  expect(readSelection('')).toMatchObject({ page: 'overview', period: { days: 7 }, audience: 'all', by: 'impressions' })
})

test('reads page, period, audience and sorting from the URL', () => {
  expect(readSelection('?page=feed&days=30&audience=anonymous&by=clicks')).toMatchObject({
    page: 'feed',
    period: { days: 30 },
    audience: 'anonymous',
    by: 'clicks',
  })
})

test.each([
  '?days=31&audience=bots&by=__proto__&page=admin',
  '?from=2025-02-30&to=2025-03-01',
  '?from=2025-03-02&to=2025-03-01',
  '?type=post',
])('falls back to the default for what it does not know: %s', (query) => {
  expect(readSelection(query)).toEqual(readSelection(''))
})

test('writes nothing into the URL for the defaults', () => {
  expect(writeSelection(readSelection(''))).toBe('')
})

test.each([
  '?days=1',
  '?days=30&audience=authenticated&by=pageViews',
  '?from=2025-03-01&to=2025-03-31&compare=off',
  '?page=content&type=page&id=%2Fa%3Fb%3Dc',
  '?page=feed&source=%3Cb%3E&key=design',
])('writes back what it read: %s', (query) => {
  expect(writeSelection(readSelection(query))).toBe(query)
})

test('steps by as many days as the range has, over the end of a month and a change of the clock', () => {
  const march = { from: '2025-03-24', to: '2025-03-30' }
  expect(daysIn(march)).toBe(7)
  expect(shiftRange(march, 1)).toEqual({ from: '2025-03-31', to: '2025-04-06' })
  expect(shiftRange(march, -4)).toEqual({ from: '2025-02-24', to: '2025-03-02' })
})
