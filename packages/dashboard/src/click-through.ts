// Clicks per impression with their intervals: when they are told, how they are written, what they were made of.
import type { Column } from './data-table'
import { formats, NOTHING } from './format'

/** Shares of fewer impressions are noise that looks like a number; the API hides those of positions itself. */
export const LEAST_IMPRESSIONS = 100

export const showInterval = (interval: { low: number; high: number } | null) =>
  interval === null ? NOTHING : `${formats.part(interval.low)} – ${formats.part(interval.high)}`

export const measuredOn = (clicks: number, impressions: number) =>
  `${formats.count(clicks)} clicks of ${formats.count(impressions)} impressions`

/** What a click-through rate was made of. */
export const measuredColumns: Column<{ impressions: number; clicks: number }>[] = [
  {
    label: 'Impressions',
    isNumber: true,
    isSecondary: true,
    show: (row) => formats.count(row.impressions),
    value: (row) => row.impressions,
  },
  {
    label: 'Clicks',
    isNumber: true,
    isSecondary: true,
    show: (row) => formats.count(row.clicks),
    value: (row) => row.clicks,
  },
]
