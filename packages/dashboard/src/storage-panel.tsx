// What the events take up on disk, and how long there is room.
import type { TrustReport } from '@sightline/collector/trust'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats, NOTHING } from './format'
import { Panel } from './panel'

export function StoragePanel({ storage }: { storage: TrustReport['storage'] }) {
  const { bytes, days, bytesPerDay, daysLeft, freeBytes, rawRetentionDays, database, durability } = storage
  const columns: [Column<(typeof days)[number]>, ...Column<(typeof days)[number]>[]] = [
    {
      label: 'Day',
      show: ({ day }) => (day === null ? <em>Ids without a time</em> : formats.longDay(day)),
      value: ({ day }) => day,
    },
    { label: 'On disk', isNumber: true, show: (row) => formats.bytes(row.bytes), value: (row) => row.bytes },
  ]
  const most = Math.max(1, ...days.map((each) => each.bytes))
  const facts: [string, string, string][] = [
    [
      'Database',
      formats.bytes(bytes),
      `${database}, survives a failure of the ${durability === 'power' ? 'power' : durability}`,
    ],
    ['A day takes', bytesPerDay === null ? NOTHING : formats.bytes(bytesPerDay), 'Mean of the last full days'],
    ['Events are kept', `${formats.count(rawRetentionDays)} days`, 'RAW_RETENTION_DAYS'],
    [
      'Free on disk',
      freeBytes === null ? NOTHING : formats.bytes(freeBytes),
      freeBytes === null ? 'A database server’s disk cannot be seen from here' : 'Of the embedded database',
    ],
    [
      'Days left',
      daysLeft === null ? (freeBytes === null || bytesPerDay === null ? NOTHING : 'No limit') : formats.count(daysLeft),
      'Until the disk is full; old days make room for new ones',
    ],
  ]
  return (
    <Panel id="storage" title="Storage" class="list" tools={<CsvButton name="Storage" rows={days} columns={columns} />}>
      <dl class="facts">
        {facts.map(([label, value, hint]) => (
          <div key={label} title={hint}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <details>
        <summary>By day of the event</summary>
        <DataTable
          name="Storage by day"
          rows={days}
          columns={columns}
          keyOf={({ day }) => day ?? ''}
          barOf={(row) => row.bytes / most}
          empty="No day has a partition yet."
        />
      </details>
    </Panel>
  )
}
