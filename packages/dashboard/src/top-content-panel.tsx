// The content with the most of one metric, with a bar each in proportion to the first.
import type { TopContent, TopMetric, Totals } from '@sightline/collector/stats'
import { formats } from './format'
import { topMetrics } from './selection'

interface TopContentPanelProps {
  top: TopContent
  by: TopMetric
  onBy(metric: TopMetric): void
}

interface Column {
  label: string
  metric?: TopMetric
  read(totals: Totals): string
}

const columns: Column[] = [
  { label: 'Impressions', metric: 'impressions', read: (totals) => formats.count(totals.impressions) },
  { label: 'Views', metric: 'views', read: (totals) => formats.count(totals.views) },
  { label: 'Clicks', metric: 'clicks', read: (totals) => formats.count(totals.clicks) },
  { label: 'Click-through', read: (totals) => formats.share(totals.clickThroughRate) },
  { label: 'Average view', read: (totals) => formats.duration(totals.averageViewDurationMs) },
]

const labelOf = (metric: TopMetric) => topMetrics.find((choice) => choice.value === metric)?.label ?? metric

export function TopContentPanel({ top, by, onBy }: TopContentPanelProps) {
  const most = top.items[0]?.totals[top.by] ?? 0
  const others = top.by === 'pageViews' ? [] : columns.filter((column) => column.metric !== top.by)

  return (
    <section class="panel" aria-labelledby="top-title">
      <div class="panel-head">
        <h2 id="top-title">{top.by === 'pageViews' ? 'Top pages' : 'Top content'}</h2>
        <p class="quiet">{formats.days(top.from, top.to)}</p>
        <label class="picker">
          <span>Sort by</span>
          <select value={by} onChange={(event) => onBy(event.currentTarget.value as TopMetric)}>
            {topMetrics.map((choice) => (
              <option key={choice.value} value={choice.value}>
                {choice.label}
              </option>
            ))}
          </select>
        </label>
      </div>
      {top.items.length === 0 ? (
        <p class="quiet nothing">No {labelOf(top.by).toLowerCase()} in this period.</p>
      ) : (
        <div class="scroller" tabIndex={0} role="region" aria-labelledby="top-title">
          <table class="top-content">
            <thead>
              <tr>
                <th scope="col">{top.by === 'pageViews' ? 'Page' : 'Content'}</th>
                <th scope="col" class="number" aria-sort="descending">
                  {labelOf(top.by)}
                </th>
                {others.map((column) => (
                  <th key={column.label} scope="col" class="number secondary">
                    {column.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {top.items.map(({ content, title, totals }) => (
                <tr key={`${content.type} ${content.id}`}>
                  <th scope="row">
                    <span class="bar" style={{ width: `${most === 0 ? 0 : (100 * totals[top.by]) / most}%` }} />
                    <span class="name" title={`${content.type}:${content.id}`}>
                      {content.type !== 'page' && <small>{content.type}</small>} {title ?? content.id}
                    </span>
                  </th>
                  <td class="number">{formats.count(totals[top.by])}</td>
                  {others.map((column) => (
                    <td key={column.label} class="number secondary">
                      {column.read(totals)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
