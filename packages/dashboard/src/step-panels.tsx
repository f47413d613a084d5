// Steps of a content as bars: from seen to shared, and how its watches ended.
import type { Totals, WatchClasses } from '@sightline/collector/stats'
import { CsvButton } from './data-table'
import { formats, NOTHING } from './format'
import { Panel } from './panel'

interface Step {
  label: string
  count: number
  class?: string
}

interface BarListProps {
  steps: Step[]
  /** What the bars are drawn to. */
  most: number
  /** What the shares are of. */
  whole: number
}

/** Steps as bars, each with its share of the whole. */
const BarList = ({ steps, most, whole }: BarListProps) => (
  <ol class="funnel">
    {steps.map(({ label, count, class: name = '' }) => (
      <li key={label}>
        <span class="funnel-label">{label}</span>
        <span class="funnel-track">
          <span class={`bar ${name}`} style={{ width: `${(100 * count) / Math.max(1, most)}%` }} />
        </span>
        <b>{formats.count(count)}</b>
        <small>{whole === 0 ? NOTHING : formats.share(count / whole)}</small>
      </li>
    ))}
  </ol>
)

const stepsCsv = (name: string, steps: Step[], whole: number, fileDays: string) => (
  <CsvButton
    name={name}
    rows={steps}
    columns={[
      { label: 'Step', value: ({ label }) => label },
      { label: 'Events', value: ({ count }) => count },
      { label: 'Share', value: ({ count }) => (whole === 0 ? null : count / whole) },
    ]}
    fileDays={fileDays}
  />
)

export function FunnelPanel({ totals, fileDays }: { totals: Totals; fileDays: string }) {
  const { impressions, views, clicks, likes, shares } = totals
  const steps: Step[] = [
    { label: 'Seen', count: impressions },
    { label: 'Viewed', count: views },
    { label: 'Clicked', count: clicks },
    { label: 'Liked', count: likes },
    { label: 'Shared', count: shares },
  ]
  const title = 'From seen to shared'
  return (
    <Panel
      id="funnel"
      title={title}
      class="list"
      note="Shares of the impressions"
      tools={stepsCsv(title, steps, impressions, fileDays)}
    >
      <BarList steps={steps} most={Math.max(...steps.map(({ count }) => count))} whole={impressions} />
    </Panel>
  )
}

export function WatchPanel({ watches, fileDays }: { watches: WatchClasses; fileDays: string }) {
  const { skipped, partial, completed, completionRate, interval } = watches
  const total = skipped + partial + completed
  const steps: Step[] = [
    { label: 'Skipped', count: skipped, class: 'skipped' },
    { label: 'Partly', count: partial, class: 'partial' },
    { label: 'Completed', count: completed, class: 'completed' },
  ]
  const sure = interval === null ? '' : ` (95 %: ${formats.part(interval.low)} to ${formats.part(interval.high)})`
  return (
    <Panel
      id="watches"
      title="Watches"
      class="list"
      note={`Completed: ${formats.share(completionRate)}${sure}`}
      tools={stepsCsv('Watches', steps, total, fileDays)}
    >
      {total === 0 ? (
        <p class="quiet nothing">Nothing was watched in this period.</p>
      ) : (
        <BarList steps={steps} most={total} whole={total} />
      )}
    </Panel>
  )
}
