// Day by day: the chart, the numbers of the day under the cursor, and all of them as a table.
import { useState } from 'preact/hooks'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats, NOTHING } from './format'
import { LineChart, type Line } from './line-chart'
import { Panel } from './panel'
import type { DayRange } from './selection'

interface SeriesPanelProps {
  title: string
  days: string[]
  lines: Line[]
  /** Days of the lines that are past, and of what they are told. */
  past?: DayRange | null
  timezone: string
  /** Beside the days, for instance that a day is not over. */
  note?: string
}

interface Row {
  index: number
  day: string
}

const sum = (values: (number | null)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0)

const shownOf = (value: number | null | undefined) => (value == null ? NOTHING : formats.count(value))

/** Viewers of two days are not those of both: who came twice is one. */
const addsUp = (line: Line) => !line.values.includes(null) && line.isSum !== false

export function SeriesPanel({ title, days, lines, past, timezone, note }: SeriesPanelProps) {
  const [pointed, setPointed] = useState<number | null>(null)
  const day = pointed === null ? undefined : days[pointed]
  const rows = days.map((each, index): Row => ({ index, day: each }))
  const columns: [Column<Row>, ...Column<Row>[]] = [
    { label: 'Day', show: (row) => formats.longDay(row.day), value: (row) => row.day },
    ...lines.map((line): Column<Row> => ({
      label: line.label,
      isNumber: true,
      show: ({ index }) => shownOf(line.values[index]),
      value: ({ index }) => line.values[index] ?? null,
    })),
  ]
  const [from = '', to = ''] = [days[0], days.at(-1)]
  const fileDays = `${from} ${to}`

  return (
    <Panel
      id="series"
      title={title}
      note={
        <>
          {day === undefined ? formats.days(from, to) : formats.longDay(day)}
          {day === undefined && note} · {timezone}
        </>
      }
      tools={<CsvButton name={title} rows={rows} columns={columns} fileDays={fileDays} />}
    >
      <ul class="legend">
        {lines.map((line) => (
          <li key={line.label} class={line.isPast ? 'past' : line.colour.slice(2)}>
            <i /> {line.label}{' '}
            {day !== undefined ? (
              <b>{shownOf(pointed === null ? null : line.values[pointed])}</b>
            ) : (
              addsUp(line) && <b>{formats.count(sum(line.values))}</b>
            )}
            {line.isPast && past != null && <small> {formats.days(past.from, past.to)}</small>}
          </li>
        ))}
      </ul>
      <LineChart days={days} lines={lines} onPoint={setPointed} />
      <details>
        <summary>The same numbers as a table</summary>
        <DataTable name={`${title}, numbers`} rows={rows} columns={columns} keyOf={(row) => row.day} empty="No days." />
      </details>
    </Panel>
  )
}
