// Day by day: the chart, its legend that reads the day under the cursor, and the same numbers as a table.
import type { DayCounts, SiteSeries } from '@sightline/collector/stats'
import { useState } from 'preact/hooks'
import { DayChart, type ChartMetric } from './day-chart'
import { formats } from './format'

const lines: { metric: ChartMetric; label: string }[] = [
  { metric: 'impressions', label: 'Impressions' },
  { metric: 'views', label: 'Views' },
  { metric: 'clicks', label: 'Clicks' },
]

const sum = (series: DayCounts[], metric: ChartMetric) => series.reduce((total, day) => total + day[metric], 0)

interface SeriesPanelProps {
  series: SiteSeries
  /** Whether more days are shown than the period has. */
  isContext: boolean
}

export function SeriesPanel({ series: answer, isContext }: SeriesPanelProps) {
  const { series, from, to, timezone } = answer
  const [hidden, setHidden] = useState<ChartMetric[]>([])
  const [pointed, setPointed] = useState<number | null>(null)
  const day = pointed === null ? undefined : series[pointed]
  const shown = lines.map((line) => line.metric).filter((metric) => !hidden.includes(metric))

  const toggle = (metric: ChartMetric) =>
    setHidden((now) => (now.includes(metric) ? now.filter((other) => other !== metric) : [...now, metric]))

  return (
    <section class="panel" aria-labelledby="series-title">
      <div class="panel-head">
        <h2 id="series-title">Day by day</h2>
        <p class="quiet">
          {day ? formats.longDay(day.day) : formats.days(from, to)}
          {!day && (isContext ? ', for comparison' : ', today so far')} · {timezone}
        </p>
        <div class="legend">
          {lines.map(({ metric, label }) => (
            <button
              key={metric}
              type="button"
              class={`legend-entry ${metric}`}
              aria-pressed={!hidden.includes(metric)}
              onClick={() => toggle(metric)}
            >
              <i /> {label} <b>{formats.count(day ? day[metric] : sum(series, metric))}</b>
            </button>
          ))}
        </div>
      </div>
      <DayChart series={series} shown={shown} onPoint={setPointed} />
      <details>
        <summary>The same numbers as a table</summary>
        <div class="scroller" tabIndex={0} role="region" aria-label="Numbers day by day">
          <table>
            <thead>
              <tr>
                <th scope="col">Day</th>
                {lines.map((line) => (
                  <th key={line.metric} scope="col" class="number">
                    {line.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {series.map((row) => (
                <tr key={row.day}>
                  <th scope="row">{formats.longDay(row.day)}</th>
                  {lines.map((line) => (
                    <td key={line.metric} class="number">
                      {formats.count(row[line.metric])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  )
}
