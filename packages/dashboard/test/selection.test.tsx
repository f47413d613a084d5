import { expect, test } from 'vitest'
import { readSelection, writeSelection } from '../src/selection'

test('shows seven days of everyone by impressions when the URL says nothing', () => {
  expect(readSelection('')).toEqual({ days: 7, audience: 'all', by: 'impressions' })
})

test('reads period, audience and sorting from the URL', () => {
  expect(readSelection('?days=30&audience=anonymous&by=clicks')).toEqual({
    days: 30,
    audience: 'anonymous',
    by: 'clicks',
  })
})

test('falls back to the default for values that it does not know', () => {
  expect(readSelection('?days=31&audience=bots&by=__proto__')).toEqual(readSelection(''))
})

test('writes nothing into the URL for the defaults', () => {
  expect(writeSelection(readSelection(''))).toBe('')
})

test.each(['?days=1', '?days=30&audience=authenticated&by=pageViews', '?by=likes'])(
  'writes back what it read: %s',
  (query) => {
    expect(writeSelection(readSelection(query))).toBe(query)
  },
)
