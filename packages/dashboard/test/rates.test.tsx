import { describe, expect, test } from 'vitest'
import { wilson as wilsonOfTheCollector } from '../../collector/src/stats/intervals'
import { heatOf } from '../src/heat-map'
import { outcomeRows } from '../src/outcome-panel'
import { ratesBySource } from '../src/source-panel'
import { wilson } from '../src/wilson'
import { breakdown } from './support/fake-collector'

describe('intervals', () => {
  test.each([
    [0, 100],
    [1, 100],
    [37, 412],
    [100, 100],
    [5, 4],
    [0, 0],
  ])('are the collector’s own for %s of %s', (successes, trials) => {
    const [ours, theirs] = [wilson(successes, trials), wilsonOfTheCollector(successes, trials)]
    expect(ours === null).toBe(theirs === null)
    if (ours === null || theirs === null) return
    expect(ours.low).toBeCloseTo(theirs.low, 12)
    expect(ours.high).toBeCloseTo(theirs.high, 12)
  })
})

test('click-through by source is hidden below 100 impressions', () => {
  const seen = breakdown('source', [
    { value: 'feed', count: 200 },
    { value: 'search', count: 99 },
  ])
  const clicked = breakdown('source', [
    { value: 'search', count: 50 },
    { value: 'feed', count: 10 },
  ])
  expect(ratesBySource(seen, clicked).map(({ source, clicks, rate }) => [source, clicks, rate])).toEqual([
    ['feed', 10, 0.05],
    ['search', 50, null],
  ])
})

test('an hour of the week is told as an average of those in the range', () => {
  const cell = { weekday: 1, hour: 8, hours: 4, seen: 100, engaged: 10 }
  expect([heatOf(cell, 'seen'), heatOf(cell, 'engaged'), heatOf(cell, 'rate')]).toEqual([25, 2.5, 0.1])
  expect(heatOf({ ...cell, hours: 0, seen: 0 }, 'seen')).toBeNull()
  expect(heatOf({ ...cell, seen: 0 }, 'rate')).toBeNull()
})

test('what became of events is one row for each outcome and reason, what is stored first', () => {
  const rows = outcomeRows(
    [
      { day: '2025-03-02', outcome: 'refused', reason: 'too_large', count: 1 },
      { day: '2025-03-02', outcome: 'tracked', reason: '', count: 5 },
      { day: '2025-03-01', outcome: 'tracked', reason: '', count: 7 },
      { day: '2025-03-01', outcome: 'duplicate', reason: '', count: 2 },
    ],
    ['2025-03-02'],
  )
  expect(rows.map(({ outcome, count, byDay }) => [outcome, count, byDay])).toEqual([
    ['tracked', 12, [5]],
    ['duplicate', 2, [0]],
    ['refused', 1, [1]],
  ])
})
