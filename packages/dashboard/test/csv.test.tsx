import { expect, test } from 'vitest'
import { toCsv } from '../src/csv'

test('writes the names of the columns, then one line a row', () => {
  expect(
    toCsv(
      ['Content', 'Views'],
      [
        ['post:1', 12],
        ['post:2', null],
      ],
    ),
  ).toBe('Content,Views\r\npost:1,12\r\npost:2,\r\n')
})

test('keeps commas, quotes and line breaks inside their cell', () => {
  expect(toCsv(['a'], [['one, "two"\nthree']])).toBe('a\r\n"one, ""two""\nthree"\r\n')
})

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])('gives a spreadsheet no formula: %j', (text) => {
  const [, cell] = toCsv(['a'], [[text]]).split('\r\n')
  expect(cell?.replace(/^"/, '')[0]).toBe("'")
})

test('leaves numbers below zero as numbers', () => {
  expect(toCsv(['a'], [[-0.25]])).toBe('a\r\n-0.25\r\n')
})
