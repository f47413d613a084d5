// What became of every event that arrived, by outcome and reason, day by day.
import type { DayOutcome, TrustReport } from '@sightline/collector/trust'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats } from './format'
import { Panel } from './panel'

const outcomeWords: Record<DayOutcome['outcome'], string> = {
  tracked: 'Stored',
  duplicate: 'Repeated',
  dropped: 'Left out',
  refused: 'Refused',
  lost: 'Lost in the browser',
}

const outcomeOrder = Object.keys(outcomeWords) as DayOutcome['outcome'][]

const outcomeHints: Record<DayOutcome['outcome'], string> = {
  tracked: 'Stored once; with a reason when it does not count',
  duplicate: 'Came again and changed nothing',
  dropped: 'Left out on purpose by a rule of this site',
  refused: 'Could not be read or was not allowed',
  lost: 'Given up by the browser, and told with a later batch',
}

interface OutcomeRow {
  outcome: DayOutcome['outcome']
  reason: string
  count: number
  /** By day, in the order of the columns. */
  byDay: number[]
}

/** Days of outcomes that have a column each. */
const OUTCOME_COLUMNS = 7

/** One row for each outcome and reason. */
export function outcomeRows(outcomes: readonly DayOutcome[], days: readonly string[]): OutcomeRow[] {
  const rows = new Map<string, OutcomeRow>()
  for (const { day, outcome, reason, count } of outcomes) {
    const key = `${outcome} ${reason}`
    const row = rows.get(key) ?? { outcome, reason, count: 0, byDay: days.map(() => 0) }
    row.count += count
    const place = days.indexOf(day)
    if (place >= 0) row.byDay[place] = (row.byDay[place] ?? 0) + count
    rows.set(key, row)
  }
  return [...rows.values()].toSorted(
    (one, other) => outcomeOrder.indexOf(one.outcome) - outcomeOrder.indexOf(other.outcome) || other.count - one.count,
  )
}

export function OutcomePanel({ report: { outcomes, from, to } }: { report: TrustReport }) {
  const days = [...new Set(outcomes.map(({ day }) => day))].slice(0, OUTCOME_COLUMNS)
  const rows = outcomeRows(outcomes, days)
  const columns: [Column<OutcomeRow>, ...Column<OutcomeRow>[]] = [
    {
      label: 'What became of it',
      show: ({ outcome, reason }) => (
        <span title={outcomeHints[outcome]}>
          {outcomeWords[outcome]} {reason !== '' && <small>{reason.replaceAll('_', ' ')}</small>}
        </span>
      ),
      value: ({ outcome, reason }) => `${outcome} ${reason}`.trim(),
    },
    { label: 'Events', isNumber: true, show: ({ count }) => formats.count(count), value: ({ count }) => count },
    ...days.map((day, place): Column<OutcomeRow> => ({
      label: formats.shortDay(day),
      isNumber: true,
      isSecondary: true,
      show: ({ byDay }) => (byDay[place] === 0 ? <span class="quiet">0</span> : formats.count(byDay[place] ?? 0)),
      value: ({ byDay }) => byDay[place] ?? 0,
    })),
  ]
  return (
    <Panel
      id="outcomes"
      title="What became of every event"
      note={`${formats.days(from, to)}, days in UTC`}
      class="list"
      tools={<CsvButton name="Outcomes" rows={rows} columns={columns} fileDays={`${from} ${to}`} />}
    >
      <DataTable
        name="Outcomes"
        rows={rows}
        columns={columns}
        keyOf={({ outcome, reason }) => `${outcome} ${reason}`}
        empty="No event has arrived yet."
      />
    </Panel>
  )
}
