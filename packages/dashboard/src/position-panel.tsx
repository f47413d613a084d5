// Click-through by place in a list, for the list that is seen most or the one the reader chose.
import type { ContentPositions, Positions } from '@sightline/collector/stats'
import { LEAST_IMPRESSIONS, measuredColumns, measuredOn, showInterval } from './click-through'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats } from './format'
import { RefusedPart } from './notices'
import { Panel } from './panel'
import { RateChart } from './rate-chart'
import type { Maybe } from './stats-client'
import { useNavigation } from './use-selection'

/** As many places as the API tells at once. */
export const MOST_POSITIONS = '1000'

/** Places that fit into the chart. */
const CHART_POSITIONS = 24

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

const TITLE = 'Click-through by position'

interface PositionPanelProps {
  positions: Pick<Positions, 'items'>
  /** Which events these are. */
  note: string
  fileDays: string
}

export function PositionPanel({ positions, note, fileDays }: PositionPanelProps) {
  const { selection, go } = useNavigation()
  const sources = [...new Set(positions.items.map(({ source }) => source))]
  const most = (source: string) =>
    positions.items.reduce((sum, item) => sum + (item.source === source ? item.impressions : 0), 0)
  // The list that is seen most, until the reader chooses.
  const chosen = selection.source ?? sources.toSorted((one, other) => most(other) - most(one))[0] ?? ''
  const rows = positions.items.filter(({ source }) => source === chosen)
  const isTold = rows.some(({ clickThroughRate }) => clickThroughRate !== null)
  return (
    <Panel
      id="positions"
      title={TITLE}
      note={note}
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
          <CsvButton name={`Positions in ${chosen}`} rows={rows} columns={positionColumns} fileDays={fileDays} />
        </>
      }
    >
      {rows.length > 0 && !isTold && (
        <p class="quiet inside">
          No place was seen {formats.count(LEAST_IMPRESSIONS)} times: a click-through rate would be noise.
        </p>
      )}
      <RateChart
        name={`Click-through by position in ${chosen}`}
        rates={rows.slice(0, CHART_POSITIONS).map((row) => ({
          label: formats.count(row.position),
          rate: row.clickThroughRate,
          interval: row.interval,
          note: measuredOn(row.clicks, row.impressions),
        }))}
      />
      <details open={!isTold}>
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

/** The same of one content, of the days that its single events are kept for. */
export function ContentPositionPanel({ asked }: { asked: Maybe<ContentPositions> }) {
  if (asked.refusal !== undefined) {
    return (
      <Panel id="positions" title={TITLE}>
        <RefusedPart failure={asked.refusal} />
      </Panel>
    )
  }
  const { answer } = asked
  const { eventsFrom = answer.from } = answer
  const isCut = eventsFrom > answer.from
  return (
    <PositionPanel
      positions={answer}
      note={isCut ? `Single events, kept from ${formats.shortDay(eventsFrom)} on` : 'Single events'}
      fileDays={`${isCut ? eventsFrom : answer.from} ${answer.to}`}
    />
  )
}
