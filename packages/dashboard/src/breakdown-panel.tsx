// Counts by the values of one dimension, as bars; what has no value, or is not kept by name, is a row of its own.
import type { Breakdown, BreakdownDimension, Filters } from '@sightline/collector/stats'
import { useEffect, useState } from 'preact/hooks'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats } from './format'
import { Panel } from './panel'
import { toggleFilters, type Selection } from './selection'
import { StatsFailure } from './stats-client'

/** Rows that are shown before the reader asks for all. */
const FEW = 8

export interface DimensionNotes {
  title: string
  /** What one value is called. */
  one: string
  /** Name of a value for people. */
  nameOf?(value: string): string
  /** Where a click on a row leads, if the API can be asked for it. */
  linkOf?(value: string): Partial<Selection>
  /** What events without a value are called. */
  none: string
}

const words = (value: string) => {
  const text = value.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export const dimensionNotes: Record<BreakdownDimension, DimensionNotes> = {
  source: {
    title: 'Sources',
    one: 'Source',
    none: 'No source told',
    linkOf: (source) => ({ page: 'feed', source, content: null }),
  },
  viewType: { title: 'View types', one: 'View type', none: 'No type told' },
  channel: { title: 'Channels', one: 'Channel', nameOf: words, none: 'Not known' },
  referrer: { title: 'Referrers', one: 'Referrer', none: 'Direct or not told' },
  country: { title: 'Countries', one: 'Country', nameOf: (code) => formats.country(code), none: 'Not known' },
  device: { title: 'Devices', one: 'Device', nameOf: words, none: 'Not known' },
}

interface Row {
  key: string
  name: string
  value: string
  count: number
  isRest: boolean
  /** What the API is asked for by it; `null` where it cannot be. */
  filter: string | null
}

function rowsOf({ items, other, none, untold }: Breakdown, notes: DimensionNotes): Row[] {
  const named = items.map(({ value, count }): Row => ({
    key: `=${value}`,
    name: notes.nameOf?.(value) ?? value,
    value,
    count,
    isRest: false,
    filter: value,
  }))
  const rest: [string, number, filter: string | null][] = [
    ['Others', other, null],
    [notes.none, none, ''],
    ['Not kept', untold, null],
  ]
  return [
    ...named,
    ...rest.flatMap(([name, count, filter]) =>
      count === 0 ? [] : [{ key: name, name, value: name, count, isRest: true, filter }],
    ),
  ]
}

interface BreakdownPanelProps {
  dimensions: BreakdownDimension[]
  breakdowns: Partial<Record<BreakdownDimension, Breakdown>>
  /** What is counted, such as `clicks`. */
  counted: string
  fileDays: string
  /** Asks for a dimension that is not there, once the reader wants to see it. */
  ask?: ((dimension: BreakdownDimension, signal: AbortSignal) => Promise<Breakdown>) | undefined
  /** What everything is filtered by now, where a row filters; else a row leads to its own page, if there is one. */
  filters?: Filters
}

const nothing: Breakdown = { items: [], other: 0, none: 0, untold: 0, total: 0 }

/** The numbers of one dimension: those of the page, or asked for when they are looked at; a sentence while there are none. */
function useBreakdown(
  chosen: BreakdownDimension,
  { breakdowns, ask }: Pick<BreakdownPanelProps, 'breakdowns' | 'ask'>,
): Breakdown | string {
  const [found, setFound] = useState<{ of: object; dimension: string; breakdown: Breakdown | string } | null>(null)
  useEffect(() => {
    if (breakdowns[chosen] !== undefined || ask === undefined) return
    const abort = new AbortController()
    const keep = (breakdown: Breakdown | string) => {
      if (!abort.signal.aborted) setFound({ of: breakdowns, dimension: chosen, breakdown })
    }
    ask(chosen, abort.signal).then(keep, (error: unknown) =>
      keep(error instanceof StatsFailure ? error.message : 'The answer could not be read.'),
    )
    return () => abort.abort()
  }, [chosen, breakdowns])
  const own = breakdowns[chosen]
  if (own !== undefined) return own
  const isCurrent = found?.of === breakdowns && found.dimension === chosen
  return isCurrent ? found.breakdown : 'Loading …'
}

export function BreakdownPanel({ dimensions, breakdowns, counted, fileDays, ask, filters }: BreakdownPanelProps) {
  const [chosen, setChosen] = useState(dimensions[0]!)
  const answer = useBreakdown(chosen, { breakdowns, ask })
  const breakdown = typeof answer === 'string' ? nothing : answer
  const [isWhole, setWhole] = useState(false)
  const notes = dimensionNotes[chosen]
  const rows = rowsOf(breakdown, notes)
  const most = Math.max(1, ...rows.map(({ count }) => count))
  const columns: [Column<Row>, ...Column<Row>[]] = [
    {
      label: notes.title,
      show: ({ name, isRest }) => (isRest ? <em>{name}</em> : name),
      value: ({ value }) => value,
    },
    { label: words(counted), isNumber: true, show: ({ count }) => formats.count(count), value: ({ count }) => count },
    {
      label: 'Share',
      isNumber: true,
      show: ({ count }) => formats.part(breakdown.total === 0 ? 0 : count / breakdown.total),
      value: ({ count }) => (breakdown.total === 0 ? 0 : count / breakdown.total),
    },
  ]
  const title = dimensions.length === 1 ? notes.title : dimensions.map((each) => dimensionNotes[each].title).join(', ')

  return (
    <Panel
      id={`by-${dimensions[0]}`}
      title={dimensions.length === 1 ? title : notes.title}
      class="list"
      tools={
        <>
          {dimensions.length > 1 && (
            <div class="tabs" role="group" aria-label="Break down by">
              {dimensions.map((each) => (
                <button key={each} type="button" aria-pressed={each === chosen} onClick={() => setChosen(each)}>
                  {dimensionNotes[each].title}
                </button>
              ))}
            </div>
          )}
          <CsvButton name={`${notes.title} by ${counted}`} rows={rows} columns={columns} fileDays={fileDays} />
        </>
      }
    >
      <DataTable
        name={notes.title}
        rows={isWhole ? rows : rows.slice(0, FEW)}
        columns={columns}
        keyOf={({ key }) => key}
        barOf={({ count }) => count / most}
        linkOf={({ value, isRest, filter }) => {
          if (filters === undefined) return isRest ? null : (notes.linkOf?.(value) ?? null)
          return filter === null ? null : { filters: toggleFilters(filters, { [chosen]: filter }) }
        }}
        isChosen={({ filter }) => filter !== null && filters?.[chosen] === filter}
        empty={typeof answer === 'string' ? answer : `No ${counted} in this period.`}
      />
      {rows.length > FEW && (
        <button class="quiet-button more" type="button" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Fewer' : `All ${formats.count(rows.length)}`}
        </button>
      )}
    </Panel>
  )
}
