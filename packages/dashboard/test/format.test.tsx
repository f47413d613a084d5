import { expect, test } from 'vitest'
import { createFormats } from '../src/format'

const english = createFormats('en-GB')

test.each([
  [null, '–'],
  [0, '0 ms'],
  [850, '850 ms'],
  [1_000, '1.0 s'],
  [12_430, '12.4 s'],
  [59_949, '59.9 s'],
  [59_950, '1 min 00 s'],
  [185_000, '3 min 05 s'],
])('shows %s ms as %s', (milliseconds, text) => {
  expect(english.duration(milliseconds)).toBe(text)
})

test('shows shares as percent with two digits, and nothing where nothing can be divided', () => {
  expect(english.share(543 / 12_345)).toBe('4.40%')
  expect(english.share(0.01234)).toBe('1.23%')
  expect(english.share(null)).toBe('–')
})

test('writes numbers the way the reader does', () => {
  expect(english.count(1_234_567)).toBe('1,234,567')
  expect(createFormats('de').count(1_234_567)).toBe('1.234.567')
})

test('names the day that the API named, wherever the reader is', () => {
  // Commas and thin spaces differ between versions of the locale data.
  expect(english.longDay('2025-03-09')).toMatch(/^Sun,? 9 Mar$/)
  expect(english.days('2025-03-03', '2025-03-09')).toMatch(/^3\s?–\s?9 Mar$/)
  expect(english.days('2025-03-09', '2025-03-09')).toBe(english.longDay('2025-03-09'))
})

test('tells the time of the site, not of the reader', () => {
  expect(english.time('2025-03-09T13:03:00.000Z', 'Asia/Kathmandu')).toBe('18:48')
})

test('tells growth in whole percent, small growth more exactly, and nothing where there was nothing before', () => {
  expect(english.change(1_004, 1_000)).toBe('+0.4%')
  expect(english.change(150, 100)).toBe('+50%')
  expect(english.change(75, 100)).toBe('-25%')
  expect(english.change(1, 0)).toBeNull()
})

test.each([
  [0, '0 byte'],
  [999, '999 byte'],
  [456_400, '456.4 kB'],
  [33_000_000, '33 MB'],
])('shows %s bytes as %s', (bytes, text) => {
  expect(english.bytes(bytes)).toBe(text)
})

test('names countries, and leaves what is none as it is', () => {
  expect(english.country('DE')).toBe('Germany')
  expect(english.country('<b>')).toBe('<b>')
})
