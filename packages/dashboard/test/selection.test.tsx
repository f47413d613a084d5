import { expect, test } from 'vitest'
import { changeSelection, daysIn, readSelection, shiftRange, toggleFilters, writeSelection } from '../src/selection'

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
  '?contentType=post',
  '?contentId=42&contentType=',
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
  '?page=content&type=post&id=42&source=search',
  '?source=&country=DE',
  '?by=clicks&contentType=page&contentId=%2Fa%3Fb&device=mobile',
])('writes back what it read: %s', (query) => {
  expect(writeSelection(readSelection(query))).toBe(query)
})

test('reads filters for the overview alone, and takes the source of the feed for none', () => {
  expect(readSelection('?source=feed&country=')).toMatchObject({
    source: null,
    filters: { source: 'feed', country: '' },
  })
  expect(readSelection('?page=feed&source=feed&country=DE')).toMatchObject({ source: 'feed', filters: {} })
})

test('adds a filter, replaces another value of it, and takes it away when it is there', () => {
  const first = toggleFilters({ device: 'mobile' }, { country: 'DE' })
  expect(first).toEqual({ device: 'mobile', country: 'DE' })
  expect(toggleFilters(first, { country: '' })).toEqual({ device: 'mobile', country: '' })
  expect(toggleFilters(first, { country: 'DE' })).toEqual({ device: 'mobile' })
  const content = { contentType: 'post', contentId: '1' }
  expect(toggleFilters(content, { contentType: 'post', contentId: '2' })).toEqual({
    contentType: 'post',
    contentId: '2',
  })
  expect(toggleFilters(content, content)).toEqual({})
})

test('has no filters on another page', () => {
  const filtered = readSelection('?country=DE')
  expect(changeSelection(filtered, { page: 'feed' }).filters).toEqual({})
  expect(changeSelection(filtered, { by: 'clicks' }).filters).toEqual({ country: 'DE' })
})

test('forgets the list whose positions were looked at where another content is', () => {
  const feed = readSelection('?page=feed&source=search')
  const one = { page: 'content', content: { type: 'post', id: '1' } } as const
  expect(changeSelection(feed, { audience: 'anonymous' }).source).toBe('search')
  expect(changeSelection(feed, one).source).toBeNull()
  const placed = { ...changeSelection(feed, one), source: 'search' }
  expect(changeSelection(placed, { content: { type: 'post', id: '1' }, by: 'clicks' }).source).toBe('search')
  expect(changeSelection(placed, { content: { type: 'post', id: '2' } }).source).toBeNull()
  expect(changeSelection(placed, { page: 'feed', source: 'feed', content: null }).source).toBe('feed')
})

test('steps by as many days as the range has, over the end of a month and a change of the clock', () => {
  const march = { from: '2025-03-24', to: '2025-03-30' }
  expect(daysIn(march)).toBe(7)
  expect(shiftRange(march, 1)).toEqual({ from: '2025-03-31', to: '2025-04-06' })
  expect(shiftRange(march, -4)).toEqual({ from: '2025-02-24', to: '2025-03-02' })
})
