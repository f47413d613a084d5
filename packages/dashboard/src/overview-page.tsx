// The first page: what was seen in a period, by whom, day by day, and which content it was.
import { useEffect } from 'preact/hooks'
import { Choices } from './choices'
import { EmptyNotice, FailureNotice, LoadingNotice } from './notices'
import { formats } from './format'
import { Logo } from './logo'
import { SeriesPanel } from './series-panel'
import { audiences, periods } from './selection'
import type { LoadOverview, Overview } from './stats-client'
import { TopContentPanel } from './top-content-panel'
import { TotalsPanel } from './totals-panel'
import { useOverview } from './use-overview'
import { useSelection } from './use-selection'

interface OverviewPageProps {
  load: LoadOverview
  token: string
  /** Called with a sentence when the collector no longer accepts the token, with `null` when the reader leaves. */
  onSignOut(reason: string | null): void
}

const isEmpty = ({ site: { totals } }: Overview) => {
  const { averageViewDurationMs: _mean, clickThroughRate: _rate, custom, ...counts } = totals
  return [...Object.values(counts), ...Object.values(custom)].every((count) => count === 0)
}

export function OverviewPage({ load, token, onSignOut }: OverviewPageProps) {
  const [selection, select] = useSelection()
  const { overview, failure, loading, reload } = useOverview(load, selection, token)

  useEffect(() => {
    if (failure?.kind === 'signed_out') onSignOut(failure.message)
  }, [failure, onSignOut])

  return (
    <div class="page">
      <header class="top-bar">
        <h1>
          <Logo /> Sightline
        </h1>
        <div class="controls">
          <Choices
            legend="Period"
            name="days"
            choices={periods}
            value={selection.days}
            onChange={(days) => select({ days })}
          />
          <Choices
            legend="Audience"
            name="audience"
            choices={audiences}
            value={selection.audience}
            onChange={(audience) => select({ audience })}
          />
          <button class="quiet-button" type="button" onClick={() => onSignOut(null)}>
            Sign out
          </button>
        </div>
      </header>
      <main aria-busy={loading}>
        {failure !== null && <FailureNotice failure={failure} onRetry={reload} />}
        {overview === null && failure === null && <LoadingNotice />}
        {overview !== null && (
          <div class={loading ? 'numbers waiting' : 'numbers'}>
            {isEmpty(overview) && <EmptyNotice days={selection.days} onWiden={() => select({ days: 30 })} />}
            <TotalsPanel site={overview.site} />
            <SeriesPanel series={overview.series} isContext={overview.series.from !== overview.site.from} />
            <TopContentPanel top={overview.top} by={selection.by} onBy={(by) => select({ by })} />
            <footer>
              <span>
                Days are counted in {overview.site.timezone}. Everything stored by{' '}
                {formats.time(overview.site.freshAsOf, overview.site.timezone)} is in these numbers.
              </span>
              <button class="quiet-button" type="button" onClick={reload} disabled={loading}>
                {loading ? 'Refreshing …' : 'Refresh'}
              </button>
            </footer>
          </div>
        )}
      </main>
    </div>
  )
}
