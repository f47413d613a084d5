// One content: seen, viewed, clicked, liked and shared as a funnel; its days, sources and watches. Or the list to choose from.
import type {
  Breakdown,
  ContentDistributions,
  ContentPositions,
  ContentStats,
  TopContent,
  TopMetric,
} from '@sightline/collector/stats'
import type { ContentRef } from '@sightline/sdk/wire'
import { useState } from 'preact/hooks'
import { BreakdownPanel } from './breakdown-panel'
import { DistributionPanels } from './distribution-panels'
import { formats } from './format'
import { Freshness } from './freshness'
import { GoLink } from './go-link'
import { countedWord, metricNotes, topMetrics, type Metric } from './metrics'
import { MetricCards, methodOf } from './metric-cards'
import { Answered } from './notices'
import { isEmpty, metricOf, rangeBefore } from './overview-page'
import { Panel } from './panel'
import { ContentPositionPanel, MOST_POSITIONS } from './position-panel'
import { SeriesPanel } from './series-panel'
import { useSession } from './session'
import { contentPath, maybe, rangeOf, type Maybe } from './stats-client'
import { FunnelPanel, WatchPanel } from './step-panels'
import { TopPanel } from './top-panel'
import { useAnswer } from './use-answer'
import { useNavigation } from './use-selection'

const LIST_LIMIT = '100'

const cards: Metric[] = ['viewers', 'impressions', 'views', 'clicks', 'likes', 'shares', 'watches']

export function ContentPage() {
  const { selection } = useNavigation()
  const { who } = useSession()
  if (selection.content !== null) return <OneContent content={selection.content} />
  return who.role === 'user' ? <OwnContent /> : <ContentList />
}

/** Opens a content by its name. */
function OpenForm() {
  const { go } = useNavigation()
  const [text, setText] = useState('')
  const colon = text.indexOf(':')
  const submit = (event: Event) => {
    event.preventDefault()
    if (colon > 0 && colon < text.length - 1)
      go({ content: { type: text.slice(0, colon).trim(), id: text.slice(colon + 1).trim() } })
  }
  return (
    <form class="open-form" onSubmit={submit}>
      <label>
        <span>Open by name</span>
        <input
          required
          pattern="[^:]+:.+"
          placeholder="post:42"
          title="A type, a colon and an id, such as post:42"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button class="primary" type="submit">
        Open
      </button>
    </form>
  )
}

const OwnContent = () => (
  <main>
    <Panel id="own" title="Your content">
      <div class="inside">
        <p class="quiet">
          Your token opens the numbers of your own content: everything that the catalogue of this site names you the
          owner of.
        </p>
        <OpenForm />
      </div>
    </Panel>
  </main>
)

function ContentList() {
  const { siteTime } = useSession()
  const { selection, go } = useNavigation()
  const [wanted, setWanted] = useState('')
  const { period, audience, by } = selection
  const sort: TopMetric = by === 'pageViews' ? 'impressions' : by
  const state = useAnswer(JSON.stringify([period, audience, sort]), (client, signal) =>
    client.ask<TopContent>('stats/top', { query: { ...rangeOf(selection), by: sort, limit: LIST_LIMIT }, signal }),
  )
  const matches = ({ content, title }: TopContent['items'][number]) =>
    `${content.type}:${content.id} ${title ?? ''}`.toLowerCase().includes(wanted.trim().toLowerCase())

  return (
    <Answered state={state}>
      {(top) => {
        siteTime.current = top
        return (
          <>
            <TopPanel
              id="contents"
              title="Content"
              isWide
              top={{ ...top, items: top.items.filter(matches) }}
              empty={wanted === '' ? 'Nothing in this period.' : `None of the first ${LIST_LIMIT} has "${wanted}".`}
            >
              <label class="picker">
                <span>Find</span>
                <input type="search" value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
              </label>
              <label class="picker">
                <span>Sort by</span>
                <select value={sort} onChange={(event) => go({ by: event.currentTarget.value as TopMetric })}>
                  {topMetrics.map(({ value, label }) => (
                    <option key={value} value={value}>
                      {label}
                    </option>
                  ))}
                </select>
              </label>
            </TopPanel>
            <Panel id="open" title="Another content">
              <div class="inside">
                <OpenForm />
              </div>
            </Panel>
            <Freshness answer={top} state={state} />
          </>
        )
      }}
    </Answered>
  )
}

interface Loaded {
  now: ContentStats
  before: ContentStats | null
  /** Refused where the single events of all days are gone. */
  distributions: Maybe<ContentDistributions>
  positions: Maybe<ContentPositions> | null
}

function OneContent({ content }: { content: ContentRef }) {
  const { siteTime } = useSession()
  const { selection, go } = useNavigation()
  const { period, audience, compares } = selection
  const metric = metricOf(selection)
  const isPage = content.type === 'page'
  const counted: Metric = isPage && metric === 'impressions' ? 'pageViews' : metric
  const question = JSON.stringify([content, period, audience, counted, compares])
  const state = useAnswer(question, async (client, signal): Promise<Loaded> => {
    const path = contentPath(content, 'stats')
    const range = rangeOf(selection)
    const spread = maybe(
      client.ask<ContentDistributions>(contentPath(content, 'distributions'), { query: range, signal }),
    )
    // A page stands in no list.
    const places = isPage
      ? null
      : maybe(
          client.ask<ContentPositions>(contentPath(content, 'positions'), {
            query: { ...range, limit: MOST_POSITIONS },
            signal,
          }),
        )
    const compared = async (now: ContentStats) => {
      const past = compares ? rangeBefore(now) : null
      if (past === null) return null
      const before = await client.ask<ContentStats>(path, { query: { ...past, audience }, signal })
      return isEmpty(before) ? null : before
    }
    const loading = client.ask<ContentStats>(path, { query: { ...range, type: metricNotes[counted].type }, signal })
    const [now, before, distributions, positions] = await Promise.all([loading, loading.then(compared), spread, places])
    return { now, before, distributions, positions }
  })

  return (
    <Answered state={state}>
      {({ now, before, distributions, positions }) => {
        siteTime.current = now
        const { totals } = now
        const fileDays = `${now.from} ${now.to}`
        const { label } = metricNotes[counted]
        const parts = now.breakdowns as Record<keyof ContentStats['breakdowns'], Breakdown>
        return (
          <>
            <nav class="trail" aria-label="Where this is">
              <GoLink to={{ content: null }}>Content</GoLink>
              <h2 class="content-title">
                <small>{now.content.type}</small> {now.title ?? now.content.id}
              </h2>
            </nav>
            <Panel
              id="totals"
              title="Totals"
              note={
                <>
                  {formats.days(now.from, now.to)}
                  {before !== null && `, against ${formats.days(before.from, before.to)}`} · Viewers:{' '}
                  {methodOf(now.viewers)}
                </>
              }
            >
              <MetricCards
                shown={isPage ? ['viewers', 'pageViews', 'views', 'clicks'] : cards}
                now={now}
                before={before}
                chosen={counted}
                onChoose={(by) => go({ by })}
              />
            </Panel>
            <div class="columns">
              {!isPage && <FunnelPanel totals={totals} fileDays={fileDays} />}
              {!isPage && <WatchPanel watches={now.watches} fileDays={fileDays} />}
              <DistributionPanels asked={distributions} />
            </div>
            <SeriesPanel
              title={`${label} day by day`}
              days={now.series.map(({ day }) => day)}
              lines={[
                {
                  label,
                  values: now.series.map((day) => day[counted]),
                  colour: '--line-1',
                  isSum: counted !== 'viewers',
                },
                ...(before
                  ? [
                      {
                        label: 'Before',
                        values: before.series.map((day) => day[counted]),
                        colour: '--past',
                        isPast: true,
                        isSum: counted !== 'viewers',
                      },
                    ]
                  : []),
              ]}
              past={before}
              timezone={now.timezone}
            />
            {positions !== null && <ContentPositionPanel asked={positions} />}
            <div class="columns">
              <BreakdownPanel
                dimensions={['source', 'viewType', 'channel']}
                breakdowns={parts}
                counted={countedWord(counted)}
                fileDays={fileDays}
              />
              {(['referrer', 'country', 'device'] as const)
                .filter((dimension) => dimension !== 'referrer' || parts.referrer.items.length > 0)
                .map((dimension) => (
                  <BreakdownPanel
                    key={dimension}
                    dimensions={[dimension]}
                    breakdowns={parts}
                    counted={countedWord(counted)}
                    fileDays={fileDays}
                  />
                ))}
            </div>
            <Freshness answer={now} state={state} />
          </>
        )
      }}
    </Answered>
  )
}
