// Intervals say what tables of statistics say.
import { expect, test } from 'vitest'
import { newcombe, rateOf, wilson } from '../../src/stats/intervals'

const rounded = (interval: { low: number; high: number } | null) =>
  interval && [Number(interval.low.toFixed(4)), Number(interval.high.toFixed(4))]

test.each([
  // Newcombe, Statistics in Medicine 17 (1998) 857–872, table I, method 3.
  [81, 263, [0.2553, 0.3662]],
  [15, 148, [0.0624, 0.1605]],
  [0, 20, [0, 0.1611]],
  [1, 29, [0.0061, 0.1718]],
])('Wilson: %i of %i', (successes, trials, expected) => {
  expect(rounded(wilson(successes, trials))).toEqual(expected)
})

test.each([
  // Newcombe, Statistics in Medicine 17 (1998) 873–890, table II, method 10.
  [56, 70, 48, 80, [0.0524, 0.3339]],
  [9, 10, 3, 10, [0.1705, 0.809]],
  [6, 7, 2, 7, [0.0582, 0.8062]],
  [5, 56, 0, 29, [-0.0381, 0.1926]],
])('Newcombe: %i of %i against %i of %i', (a, m, b, n, expected) => {
  expect(rounded(newcombe({ successes: a, trials: m }, { successes: b, trials: n }))).toEqual(expected)
})

test('everybody and nobody reach the ends', () => {
  expect([wilson(30, 30)?.high, wilson(0, 30)?.low]).toEqual([1, 0])
})

test('without trials, or with more successes than trials, there is no share', () => {
  expect([wilson(0, 0), wilson(3, 2), newcombe({ successes: 1, trials: 0 }, { successes: 1, trials: 2 })]).toEqual([
    null,
    null,
    null,
  ])
})

test('a rate is hidden below a hundred, and has no interval where it is no share', () => {
  expect(rateOf(50, 99)).toEqual({ rate: null, interval: null })
  expect(rateOf(50, 100).rate).toBe(0.5)
  expect(rateOf(150, 100)).toEqual({ rate: 1.5, interval: null })
})
