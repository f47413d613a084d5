// The first page: what was seen in a period, by whom, day by day, against the period before; which content it was, and whence.
import type { BreakdownDimension, SiteBreakdown, SiteSeries, SiteStats, TopContent } from '@sightline/collector/stats'
import { BreakdownPanel } from './breakdown-panel'
import { filterChips, FilterChips, NoMatchNotice } from './filter-chips'
import { Freshness } from './freshness'
import { metricNotes, countedWord, type Metric } from './metrics'
import { MetricCards } from './metric-cards'
import { Answered, EmptyNotice } from './notices'
import { Panel } from './panel'
import { addDays, daysIn, shiftRange, type DayRange, type Selection } from './selection'
import { SeriesPanel } from './series-panel'
import { useSession } from './session'
import { rangeOf, type Client } from './stats-client'
import { TopPanel } from './top-panel'
import { useAnswer } from './use-answer'
import { useNavigation } from './use-selection'
import { formats } from './format'

/** Rows of the lists of content. */
const TOP_LIMIT = '10'

/** Days shown up to a single day, so that its chart has something to compare with. */
const CONTEXT_DAYS = 7

// Browsers tell a referrer when a page is opened, so that list counts page views whatever else is counted.
const dimensions: BreakdownDimension[] = ['source', 'referrer', 'country', 'device']

const cards: Metric[] = ['viewers', 'pageViews', 'impressions', 'views', 'clicks', 'likes', 'shares']

interface Overview {
  site: SiteStats
  series: SiteSeries
  top: TopContent
  pages: TopContent
  breakdowns: Partial<Record<BreakdownDimension, SiteBreakdown>>
  /** `null` where it is not asked for, not kept any more, or had no events at all. */
  before: { site: SiteStats; series: SiteSeries | null } | null
}

/** What the lists of a selection count: what only sorts content is counted as impressions. */
export const metricOf = ({ by }: Selection): Metric => (by in metricNotes ? (by as Metric) : 'impressions')

/** The period right before, if all of it is kept. */
export function rangeBefore(answer: DayRange & { keptFrom: string; eventsFrom?: string }): DayRange | null {
  const before = shiftRange(answer, -1)
  return before.from < (answer.eventsFrom ?? answer.keptFrom) ? null : before
}

async function loadOverview({ ask }: Client, selection: Selection, signal: AbortSignal): Promise<Overview> {
  const { audience, compares, filters } = selection
  const metric = metricOf(selection)
  const { type } = metricNotes[metric]
  const range = rangeOf(selection)
  const topBy = metric === 'pageViews' ? 'impressions' : metric
  const site = ask<SiteStats>('stats/site', { query: range, signal })
  const firstSeries = ask<SiteSeries>('stats/series', { query: range, signal })
  const top = ask<TopContent>('stats/top', { query: { ...range, by: topBy, limit: TOP_LIMIT }, signal })
  const pages = ask<TopContent>('stats/top', { query: { ...range, by: 'pageViews', limit: TOP_LIMIT }, signal })
  const breakdowns = dimensions.map((dimension) =>
    ask<SiteBreakdown>(`stats/breakdown/${dimension}`, {
      query: { ...range, type: dimension === 'referrer' ? metricNotes.pageViews.type : type },
      signal,
    }),
  )
  const before = async () => {
    const past = compares ? rangeBefore(await site) : null
    if (past === null) return null
    const query = { ...past, audience, ...filters }
    const [pastSite, pastSeries] = await Promise.all([
      ask<SiteStats>('stats/site', { query, signal }),
      // One day has no line.
      daysIn(past) === 1 ? null : ask<SiteSeries>('stats/series', { query, signal }),
    ])
    return isEmpty(pastSite) ? null : { site: pastSite, series: pastSeries }
  }
  const context = async () => {
    const answer = await site
    if (daysIn(answer) > 1) return firstSeries
    const query = { from: addDays(answer.to, 1 - CONTEXT_DAYS), to: answer.to, audience, ...filters }
    return ask<SiteSeries>('stats/series', { query, signal })
  }
  const all = await Promise.all([site, context(), top, pages, before(), firstSeries, ...breakdowns])
  const answered = all.slice(6) as SiteBreakdown[]
  return {
    site: all[0],
    series: all[1],
    top: all[2],
    pages: all[3],
    before: all[4],
    breakdowns: Object.fromEntries(answered.map((each) => [each.dimension, each])) as Overview['breakdowns'],
  }
}

/** Whether nothing at all was recorded. */
export const isEmpty = ({ totals }: Pick<SiteStats, 'totals'>) => {
  const { averageViewDurationMs: _mean, clickThroughRate: _rate, custom, ...counts } = totals
  return [...Object.values(counts), ...Object.values(custom)].every((count) => count === 0)
}

export function OverviewPage() {
  const { client, siteTime } = useSession()
  const { selection, go } = useNavigation()
  const { period, audience, compares, filters } = selection
  const metric = metricOf(selection)
  const askDimension = (dimension: BreakdownDimension, signal: AbortSignal) =>
    client.ask<SiteBreakdown>(`stats/breakdown/${dimension}`, {
      query: { ...rangeOf(selection), type: metricNotes[metric].type },
      signal,
    })
  const state = useAnswer(JSON.stringify([period, audience, metric, compares, filters]), (client, signal) =>
    loadOverview(client, selection, signal),
  )

  const chips = filterChips(filters)

  return (
    <>
      <FilterChips chips={chips} />
      <Answered state={state}>
        {({ site, series, top, pages, breakdowns, before }) => {
          siteTime.current = site
          const { eventsFrom = site.from } = site
          const isCut = eventsFrom > site.from
          const shownFrom = isCut ? eventsFrom : site.from
          const fileDays = [shownFrom, site.to, ...chips.map(({ text }) => text)].join(' ')
          const { label } = metricNotes[metric]
          const isOneDay = daysIn(site) === 1
          const past = before?.series ?? null
          return (
            <>
              {isEmpty(site) && chips.length > 0 && <NoMatchNotice />}
              {isEmpty(site) && chips.length === 0 && (
                <EmptyNotice
                  onWiden={'days' in period && period.days < 30 ? () => go({ period: { days: 30 } }) : undefined}
                />
              )}
              <Panel
                id="totals"
                title="Totals"
                note={
                  <>
                    {formats.days(shownFrom, site.to)}
                    {before !== null && `, against ${formats.days(before.site.from, before.site.to)}`}
                    {before !== null && 'days' in period && '; today is not over'}
                    {isCut &&
                      `. Filtered numbers are counted from single events, which are kept from ${formats.shortDay(eventsFrom)} on: earlier days are not in them`}
                  </>
                }
              >
                <MetricCards
                  shown={cards}
                  now={site}
                  before={before?.site ?? null}
                  chosen={metric}
                  onChoose={(by) => go({ by })}
                />
              </Panel>
              <SeriesPanel
                title={`${label} day by day`}
                days={series.series.map(({ day }) => day)}
                lines={[
                  {
                    label,
                    values: series.series.map((day) => day[metric]),
                    colour: '--line-1',
                    isSum: metric !== 'viewers',
                  },
                  ...(past
                    ? [
                        {
                          label: 'Before',
                          values: past.series.map((day) => day[metric]),
                          colour: '--past',
                          isPast: true,
                          isSum: metric !== 'viewers',
                        },
                      ]
                    : []),
                ]}
                past={past}
                timezone={series.timezone}
                note={isOneDay ? ', for comparison' : 'days' in period ? ', today so far' : ''}
              />
              <div class="columns">
                <TopPanel
                  id="top"
                  title="Top content"
                  top={top}
                  empty={`No ${countedWord(metric)} in this period.`}
                  fileDays={fileDays}
                  filters={filters}
                />
                <TopPanel
                  id="pages"
                  title="Top pages"
                  top={pages}
                  empty="No page views in this period."
                  fileDays={fileDays}
                  filters={filters}
                />
                {[
                  ['source', 'viewType', 'channel'] as const,
                  ['referrer'] as const,
                  ['country'] as const,
                  ['device'] as const,
                ].map((shown) => (
                  <BreakdownPanel
                    key={shown[0]}
                    dimensions={[...shown]}
                    breakdowns={breakdowns}
                    counted={shown[0] === 'referrer' ? countedWord('pageViews') : countedWord(metric)}
                    fileDays={fileDays}
                    ask={askDimension}
                    filters={filters}
                  />
                ))}
              </div>
              <Freshness answer={site} state={state} />
            </>
          )
        }}
      </Answered>
    </>
  )
}
