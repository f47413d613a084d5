// What is missing between the first and the last event of each session, day by day.
import type { TrustReport } from '@sightline/collector/trust'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats } from './format'
import { Panel } from './panel'

type Sequences = NonNullable<TrustReport['sequences']>[number]

const missingOf = ({ expected, stored }: Sequences) => Math.max(0, expected - stored)

const sequenceColumns: [Column<Sequences>, ...Column<Sequences>[]] = [
  { label: 'Day', show: ({ day }) => formats.longDay(day), value: ({ day }) => day },
  {
    label: 'Sessions',
    isNumber: true,
    isSecondary: true,
    show: (row) => formats.count(row.sessions),
    value: (row) => row.sessions,
  },
  { label: 'Recorded', isNumber: true, show: (row) => formats.count(row.expected), value: (row) => row.expected },
  { label: 'Missing', isNumber: true, show: (row) => formats.count(missingOf(row)), value: missingOf },
  {
    label: 'Share',
    isNumber: true,
    show: (row) => formats.share(row.expected === 0 ? null : missingOf(row) / row.expected),
    value: (row) => (row.expected === 0 ? null : missingOf(row) / row.expected),
  },
]

export const SequencePanel = ({ sequences }: { sequences: TrustReport['sequences'] }) => (
  <Panel
    id="sequences"
    title="Gaps in sessions"
    note="Recorded, but lost, refused or left out"
    class="list"
    tools={sequences && <CsvButton name="Gaps" rows={sequences} columns={sequenceColumns} />}
  >
    <DataTable
      name="Gaps in the numbers of sessions"
      rows={sequences ?? []}
      columns={sequenceColumns}
      keyOf={({ day }) => day}
      empty={
        sequences === null
          ? 'Counting the sessions took longer than a question may. Ask again at a quieter hour.'
          : 'No session has told its numbers yet.'
      }
    />
  </Panel>
)
