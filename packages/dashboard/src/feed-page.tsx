// How a feed does: click-through by source and position with intervals, what is on the rise, when people act, which variant wins.
import type { Comparison, HoursOfWeek, Positions, SiteBreakdown, SiteStats, Trending } from '@sightline/collector/stats'
import { ComparePanel } from './compare-panel'
import { formats } from './format'
import { Freshness } from './freshness'
import { GoLink } from './go-link'
import { HoursPanel } from './hours-panel'
import { Answered } from './notices'
import { MOST_POSITIONS, PositionPanel } from './position-panel'
import type { Selection } from './selection'
import { useSession } from './session'
import { ratesBySource, SourcePanel } from './source-panel'
import { daysOf, maybe, rangeOf, type Client, type Maybe } from './stats-client'
import { TrendPanel } from './trend-panel'
import { useAnswer } from './use-answer'
import { useNavigation } from './use-selection'

interface Feed {
  site: SiteStats
  positions: Positions
  impressions: SiteBreakdown
  clicks: SiteBreakdown
  hours: HoursOfWeek
  trending: Maybe<Trending>
  comparison: Maybe<Comparison>
}

async function loadFeed({ ask }: Client, selection: Selection, signal: AbortSignal): Promise<Feed> {
  const range = rangeOf(selection)
  const [site, positions, impressions, clicks, hours, trending, comparison] = await Promise.all([
    ask<SiteStats>('stats/site', { query: range, signal }),
    ask<Positions>('stats/positions', { query: { ...daysOf(selection.period), limit: MOST_POSITIONS }, signal }),
    ask<SiteBreakdown>('stats/breakdown/source', { query: { ...range, type: 'impression' }, signal }),
    ask<SiteBreakdown>('stats/breakdown/source', { query: { ...range, type: 'click' }, signal }),
    ask<HoursOfWeek>('stats/hours', { query: range, signal }),
    maybe(ask<Trending>('trending', { signal })),
    maybe(ask<Comparison>('stats/compare', { query: { ...range, key: selection.key }, signal })),
  ])
  return { site, positions, impressions, clicks, hours, trending, comparison }
}

export function FeedPage() {
  const { siteTime } = useSession()
  const { selection } = useNavigation()
  const { period, audience, key } = selection
  const state = useAnswer(JSON.stringify([period, audience, key]), (client, signal) =>
    loadFeed(client, selection, signal),
  )
  return (
    <Answered state={state}>
      {({ site, positions, impressions, clicks, hours, trending, comparison }) => {
        siteTime.current = site
        return (
          <>
            {selection.source !== null && (
              <p class="filters">
                Source: <b>{selection.source}</b>{' '}
                <GoLink to={{ source: null }} title="Show the list that is seen most">
                  Remove
                </GoLink>
              </p>
            )}
            <PositionPanel
              positions={positions}
              note={`${formats.days(positions.from, positions.to)}${audience === 'all' ? '' : ' · everyone: places are not counted by audience'}`}
              fileDays={`${positions.from} ${positions.to}`}
            />
            <div class="columns">
              <SourcePanel rates={ratesBySource(impressions, clicks)} days={`${site.from} ${site.to}`} />
              <TrendPanel trending={trending} />
            </div>
            <HoursPanel hours={hours} />
            <ComparePanel comparison={comparison} />
            <Freshness answer={site} state={state} />
          </>
        )
      }}
    </Answered>
  )
}
