// How a feed does: click-through by source and position with intervals, what is on the rise, when people act, which variant wins.
import type { Comparison, HoursOfWeek, Positions, SiteBreakdown, SiteStats, Trending } from '@sightline/collector/stats'
import { useState } from 'preact/hooks'
import { Choices } from './choices'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats, NOTHING } from './format'
import { Freshness } from './freshness'
import { GoLink } from './go-link'
import { HeatMap, type Heat } from './heat-map'
import { Answered, RefusedPart } from './notices'
import { Panel } from './panel'
import { RateChart } from './rate-chart'
import type { Choice, Selection } from './selection'
import { useSession } from './session'
import { daysOf, maybe, rangeOf, type Client, type Maybe } from './stats-client'
import { useAnswer } from './use-answer'
import { useNavigation } from './use-selection'
import { wilson } from './wilson'

/** As many places as the API tells at once. */
const MOST_POSITIONS = '1000'

/** Places that fit into the chart. */
const CHART_POSITIONS = 24

/** Shares of fewer impressions are noise that looks like a number; the API hides those of positions itself. */
const LEAST_IMPRESSIONS = 100

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

const showInterval = (interval: { low: number; high: number } | null) =>
  interval === null ? NOTHING : `${formats.part(interval.low)} – ${formats.part(interval.high)}`

const measuredOn = (clicks: number, impressions: number) =>
  `${formats.count(clicks)} clicks of ${formats.count(impressions)} impressions`

/** What a click-through rate was made of. */
const measuredColumns: Column<{ impressions: number; clicks: number }>[] = [
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

type Position = Positions['items'][number]

const positionColumns: [Column<Position>, ...Column<Position>[]] = [
  { label: 'Position', show: ({ position }) => formats.count(position), value: ({ position }) => position },
  ...measuredColumns,
  {
    label: 'Click-through',
    isNumber: true,
    show: (row) => formats.share(row.clickThroughRate),
    value: (row) => row.clickThroughRate,
  },
  {
    label: '95 % interval',
    isNumber: true,
    show: (row) => showInterval(row.interval),
    value: (row) => row.interval && `${row.interval.low} ${row.interval.high}`,
  },
]

function PositionPanel({ positions, audience }: { positions: Positions; audience: string }) {
  const { selection, go } = useNavigation()
  const sources = [...new Set(positions.items.map(({ source }) => source))]
  const most = (source: string) =>
    positions.items.reduce((sum, item) => sum + (item.source === source ? item.impressions : 0), 0)
  // The list that is seen most, until the reader chooses.
  const chosen = selection.source ?? sources.toSorted((one, other) => most(other) - most(one))[0] ?? ''
  const rows = positions.items.filter(({ source }) => source === chosen)
  return (
    <Panel
      id="positions"
      title="Click-through by position"
      note={`${formats.days(positions.from, positions.to)}${audience === 'all' ? '' : ' · everyone: places are not counted by audience'}`}
      tools={
        <>
          <label class="picker">
            <span>Source</span>
            <select value={chosen} onChange={(event) => go({ source: event.currentTarget.value })}>
              {(sources.includes(chosen) || chosen === '' ? sources : [chosen, ...sources]).map((source) => (
                <option key={source} value={source}>
                  {source}
                </option>
              ))}
            </select>
          </label>
          <CsvButton
            name={`Positions in ${chosen}`}
            rows={rows}
            columns={positionColumns}
            fileDays={`${positions.from} ${positions.to}`}
          />
        </>
      }
    >
      <RateChart
        name={`Click-through by position in ${chosen}`}
        rates={rows.slice(0, CHART_POSITIONS).map((row) => ({
          label: formats.count(row.position),
          rate: row.clickThroughRate,
          interval: row.interval,
          note: measuredOn(row.clicks, row.impressions),
        }))}
      />
      <details>
        <summary>The same numbers as a table</summary>
        <DataTable
          name={`Positions in ${chosen}`}
          rows={rows}
          columns={positionColumns}
          keyOf={({ position }) => String(position)}
          empty="No position was told here."
        />
      </details>
      {rows.length === 0 && (
        <p class="quiet nothing">
          Nothing was seen at a position here. Pass <code>position</code> to <code>observe()</code>, or set{' '}
          <code>data-sightline-position</code>.
        </p>
      )}
    </Panel>
  )
}

function SourcePanel({ rates, days }: { rates: SourceRate[]; days: string }) {
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

type Trend = Trending['items'][number]

const trendColumns: [Column<Trend>, ...Column<Trend>[]] = [
  {
    label: 'Content',
    show: ({ content, title }) => (
      <span title={`${content.type}:${content.id}`}>
        <small>{content.type}</small> {title ?? content.id}
      </span>
    ),
    value: ({ content }) => `${content.type}:${content.id}`,
  },
  { label: 'Score', isNumber: true, show: ({ score }) => formats.score(score), value: ({ score }) => score },
  {
    label: 'Likes',
    isNumber: true,
    show: (row) => `${formats.count(row.likesBefore)} → ${formats.count(row.likes)}`,
    value: ({ likes }) => likes,
  },
  {
    label: 'Views',
    isNumber: true,
    show: (row) => `${formats.count(row.viewsBefore)} → ${formats.count(row.views)}`,
    value: ({ views }) => views,
  },
]

function TrendPanel({ trending: { answer, refusal } }: { trending: Maybe<Trending> }) {
  return (
    <Panel
      id="trending"
      title="Trending now"
      class="list"
      note={answer && `Last ${answer.windowHours} hours against those before`}
      tools={answer && <CsvButton name="Trending" rows={answer.items} columns={trendColumns} />}
    >
      {refusal ? (
        <RefusedPart
          failure={refusal}
          {...(refusal.status === 404 && {
            advice: 'Trending is turned off. Set TRENDING=true on the collector; everybody may then ask for it.',
          })}
        />
      ) : (
        <DataTable
          name="Trending now"
          rows={answer?.items ?? []}
          columns={trendColumns}
          keyOf={({ content }) => `${content.type} ${content.id}`}
          linkOf={({ content }) => ({ page: 'content', content })}
          empty="Nothing grows at the moment."
        />
      )}
    </Panel>
  )
}

const heats: Choice<Heat>[] = [
  { value: 'seen', label: 'Seen' },
  { value: 'engaged', label: 'Engaged' },
  { value: 'rate', label: 'Engaged per seen' },
]

const heatNotes: Record<Heat, string> = {
  seen: 'Impressions, views, watches and page views in an average hour',
  engaged: 'Clicks, likes, shares and custom events in an average hour',
  rate: 'Clicks, likes, shares and custom events for each thing seen',
}

function HoursPanel({ hours }: { hours: HoursOfWeek }) {
  const [heat, setHeat] = useState<Heat>('seen')
  const columns: [Column<HoursOfWeek['cells'][number]>, ...Column<HoursOfWeek['cells'][number]>[]] = [
    { label: 'weekday', value: ({ weekday }) => weekday },
    { label: 'hour', value: ({ hour }) => hour },
    { label: 'hours', value: (cell) => cell.hours },
    { label: 'seen', value: ({ seen }) => seen },
    { label: 'engaged', value: ({ engaged }) => engaged },
  ]
  return (
    <Panel
      id="hours"
      title="Hours of the week"
      note={`${heatNotes[heat]} · ${hours.timezone}`}
      tools={
        <>
          <Choices
            legend="What the colour tells"
            name="heat"
            choices={heats}
            value={heat}
            onChange={(each) => setHeat(each)}
          />
          <CsvButton
            name="Hours of the week"
            rows={hours.cells}
            columns={columns}
            fileDays={`${hours.from} ${hours.to}`}
          />
        </>
      }
    >
      <HeatMap cells={hours.cells} heat={heat} />
    </Panel>
  )
}

type Variant = Comparison['items'][number]

const variantColumns: [Column<Variant>, ...Column<Variant>[]] = [
  { label: 'Value', value: ({ value }) => value },
  {
    label: 'Impressions',
    isNumber: true,
    isSecondary: true,
    show: ({ per }) => formats.count(per),
    value: ({ per }) => per,
  },
  {
    label: 'Clicks',
    isNumber: true,
    isSecondary: true,
    show: ({ events }) => formats.count(events),
    value: ({ events }) => events,
  },
  { label: 'Click-through', isNumber: true, show: ({ rate }) => formats.share(rate), value: ({ rate }) => rate },
  {
    label: '95 % interval',
    isNumber: true,
    show: ({ interval }) => showInterval(interval),
    value: ({ interval }) => interval && `${interval.low} ${interval.high}`,
  },
  {
    label: 'Against the first',
    isNumber: true,
    show: ({ difference }) => (difference === null ? NOTHING : verdictOf(difference)),
    value: ({ difference }) => difference && difference.value,
  },
]

/** Whether a difference is more than chance, in a word. */
function verdictOf({ value, low, high }: NonNullable<Variant['difference']>) {
  const isSure = low > 0 || high < 0
  return (
    <span class={isSure ? (value > 0 ? 'change up' : 'change down') : ''} title={showInterval({ low, high })}>
      {formats.difference(value)} {isSure ? '' : '(may be chance)'}
    </span>
  )
}

function ComparePanel({ comparison: { answer, refusal } }: { comparison: Maybe<Comparison> }) {
  const { selection, go } = useNavigation()
  const [key, setKey] = useState(selection.key)
  const submit = (event: Event) => {
    event.preventDefault()
    if (key.trim() !== '') go({ key: key.trim() })
  }
  return (
    <Panel
      id="compare"
      title="Comparison"
      class="list"
      note={answer && 'Clicks per impression by a key of the metadata'}
      tools={
        <>
          <form class="picker" onSubmit={submit}>
            <label>
              <span>Key</span>{' '}
              <input value={key} maxLength={64} onInput={(event) => setKey(event.currentTarget.value)} />
            </label>
            <button class="quiet-button" type="submit">
              Compare
            </button>
          </form>
          {answer && (
            <CsvButton
              name={`Comparison by ${answer.key}`}
              rows={answer.items}
              columns={variantColumns}
              fileDays={`${answer.from} ${answer.to}`}
            />
          )}
        </>
      }
    >
      {refusal ? (
        <RefusedPart failure={refusal} />
      ) : (
        <>
          <RateChart
            name="Click-through by variant"
            rates={(answer?.items ?? []).slice(0, 6).map((row) => ({
              label: row.value,
              rate: row.rate,
              interval: row.interval,
              note: measuredOn(row.events, row.per),
            }))}
          />
          <DataTable
            name="Comparison"
            rows={answer?.items ?? []}
            columns={variantColumns}
            keyOf={({ value }) => value}
            empty={`No event of this period has "${selection.key}" in its metadata.`}
          />
          {answer && answer.daysWithout.length > 0 && (
            <p class="quiet nothing">
              Without {answer.daysWithout.map(formats.shortDay).join(', ')}: when those days were closed, this key was
              not counted.
            </p>
          )}
        </>
      )}
    </Panel>
  )
}

export function FeedPage() {
  const { shownRange } = useSession()
  const { selection } = useNavigation()
  const { period, audience, key } = selection
  const state = useAnswer(JSON.stringify([period, audience, key]), (client, signal) =>
    loadFeed(client, selection, signal),
  )
  return (
    <Answered state={state}>
      {({ site, positions, impressions, clicks, hours, trending, comparison }) => {
        shownRange.current = site
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
            <PositionPanel positions={positions} audience={audience} />
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
