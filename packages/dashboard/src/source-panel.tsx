// Click-through by source: which lists lead on.
import type { SiteBreakdown } from '@sightline/collector/stats'
import { LEAST_IMPRESSIONS, measuredColumns, measuredOn, showInterval } from './click-through'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats } from './format'
import { Panel } from './panel'
import { RateChart } from './rate-chart'
import { wilson } from './wilson'

interface SourceRate {
  source: string
  impressions: number
  clicks: number
  rate: number | null
  interval: { low: number; high: number } | null
}

/** Click-through of every source, by the same rules as the API's for positions. */
export function ratesBySource(impressions: SiteBreakdown, clicks: SiteBreakdown): SourceRate[] {
  return impressions.items.map(({ value: source, count }) => {
    const clicked = clicks.items.find(({ value }) => value === source)?.count ?? 0
    const isTold = count >= LEAST_IMPRESSIONS
    return {
      source,
      impressions: count,
      clicks: clicked,
      rate: isTold ? clicked / count : null,
      interval: isTold ? wilson(clicked, count) : null,
    }
  })
}

const sourceColumns: [Column<SourceRate>, ...Column<SourceRate>[]] = [
  { label: 'Source', value: ({ source }) => source },
  ...measuredColumns,
  { label: 'Click-through', isNumber: true, show: (row) => formats.share(row.rate), value: (row) => row.rate },
  {
    label: '95 % interval',
    isNumber: true,
    show: (row) => showInterval(row.interval),
    value: (row) => row.interval && `${row.interval.low} ${row.interval.high}`,
  },
]

export function SourcePanel({ rates, days }: { rates: SourceRate[]; days: string }) {
  return (
    <Panel
      id="sources"
      title="Click-through by source"
      class="list"
      note="Hidden below 100 impressions"
      tools={<CsvButton name="Click-through by source" rows={rates} columns={sourceColumns} fileDays={days} />}
    >
      <RateChart
        name="Click-through by source"
        rates={rates.slice(0, 6).map((row) => ({
          label: row.source,
          rate: row.rate,
          interval: row.interval,
          note: measuredOn(row.clicks, row.impressions),
        }))}
      />
      <DataTable
        name="Click-through by source"
        rows={rates}
        columns={sourceColumns}
        keyOf={({ source }) => source}
        linkOf={({ source }) => ({ source })}
        empty="No impression told a source in this period."
      />
    </Panel>
  )
}
