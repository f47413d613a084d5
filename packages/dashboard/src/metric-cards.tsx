// The sums of the period, one card a number, each with its change. Choosing a card makes everything count it.
import type { Totals, Viewers } from '@sightline/collector/stats'
import { formats, NOTHING } from './format'
import { metricNotes, type Metric } from './metrics'

export interface Sums {
  totals: Totals
  viewers: Viewers | null
}

interface MetricCardsProps {
  shown: Metric[]
  now: Sums
  /** Of the period before; `null` where it is not known. */
  before: Sums | null
  chosen: Metric
  onChoose(metric: Metric): void
}

export const valueOf = ({ totals, viewers }: Sums, metric: Metric): number | null =>
  metric === 'viewers' ? (viewers?.value ?? null) : totals[metric]

/** How the viewers were counted, in words. */
export function methodOf(viewers: Viewers | null): string {
  if (viewers === null) return 'Viewers of these days cannot be told any more'
  if (viewers.method === 'exact') return 'Counted one by one'
  return `Estimated, 95 of 100 times within ${formats.part(2 * viewers.error)}`
}

function Change({ now, before, show }: { now: number | null; before: number | null; show(value: number): string }) {
  if (now === null || before === null) return null
  const text = formats.change(now, before)
  const direction = now > before ? 'up' : now < before ? 'down' : 'same'
  return (
    <small class={`change ${direction}`} title={`Before: ${show(before)}`}>
      <span aria-hidden="true">{direction === 'up' ? '▲' : direction === 'down' ? '▼' : '='}</span>{' '}
      {text ?? (now === 0 ? formats.change(1, 1) : 'new')}
      <span class="unseen"> against {show(before)} before</span>
    </small>
  )
}

export function MetricCards({ shown, now, before, chosen, onChoose }: MetricCardsProps) {
  return (
    <div class="cards" role="group" aria-label="What is counted">
      {shown.map((metric) => {
        const value = valueOf(now, metric)
        const { label, hint } = metricNotes[metric]
        return (
          <button
            key={metric}
            type="button"
            class="card"
            aria-pressed={metric === chosen}
            title={metric === 'viewers' ? `${hint}. ${methodOf(now.viewers)}.` : hint}
            onClick={() => onChoose(metric)}
          >
            <span class="card-label">{label}</span>
            <b>
              {metric === 'viewers' && now.viewers?.method === 'hll' && '≈ '}
              {value === null ? NOTHING : formats.count(value)}
            </b>
            {before && <Change now={value} before={valueOf(before, metric)} show={formats.count} />}
          </button>
        )
      })}
      <div class="card" title="Mean length of the views that told one">
        <span class="card-label">Average view</span>
        <b>{formats.duration(now.totals.averageViewDurationMs)}</b>
        {before && (
          <Change
            now={now.totals.averageViewDurationMs}
            before={before.totals.averageViewDurationMs}
            show={formats.duration}
          />
        )}
      </div>
    </div>
  )
}
