// Whether the numbers can be trusted: what came and went and why, what is missing, what waits, what it takes up. For admins.
import type { DayOutcome, Replay, TrustReport } from '@sightline/collector/trust'
import { useState } from 'preact/hooks'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats, NOTHING } from './format'
import { Answered } from './notices'
import { Panel } from './panel'
import { useSession } from './session'
import { StatsFailure } from './stats-client'
import { useAnswer } from './use-answer'

type Columns<Row> = [Column<Row>, ...Column<Row>[]]

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

function OutcomePanel({ report: { outcomes, from, to } }: { report: TrustReport }) {
  const days = [...new Set(outcomes.map(({ day }) => day))].slice(0, OUTCOME_COLUMNS)
  const rows = outcomeRows(outcomes, days)
  const columns: Columns<OutcomeRow> = [
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

type Sequences = NonNullable<TrustReport['sequences']>[number]

const missingOf = ({ expected, stored }: Sequences) => Math.max(0, expected - stored)

const sequenceColumns: Columns<Sequences> = [
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

const SequencePanel = ({ sequences }: { sequences: TrustReport['sequences'] }) => (
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

type Letter = TrustReport['deadLetters']['items'][number]

function LetterPanel({ letters, onChanged }: { letters: TrustReport['deadLetters']; onChanged(): void }) {
  const { client } = useSession()
  const [said, setSaid] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  const replay = async (id?: string) => {
    setBusy(true)
    try {
      const { stored, duplicates, refused } = await client.ask<Replay>('trust/dead-letters/replay', {
        method: 'POST',
        query: { id },
      })
      setSaid(
        `Stored ${formats.count(stored)}; ${formats.count(duplicates)} had been stored before; ${formats.count(refused.length)} refused again.`,
      )
      onChanged()
    } catch (error) {
      setSaid(error instanceof StatsFailure ? error.message : 'The replay did not end. Look at the collector’s log.')
    } finally {
      setBusy(false)
    }
  }
  const columns: Columns<Letter> = [
    { label: 'Arrived', show: ({ receivedAt }) => formats.moment(receivedAt), value: ({ receivedAt }) => receivedAt },
    {
      label: 'Reason',
      show: ({ code, message }) => `${code} ${message}`,
      value: ({ code, message }) => `${code} ${message}`,
    },
    {
      label: 'Again',
      show: ({ id }) => (
        <button class="quiet-button" type="button" disabled={isBusy} onClick={() => void replay(id)}>
          Store
        </button>
      ),
      value: ({ id }) => id,
    },
  ]
  return (
    <Panel
      id="letters"
      title="Dead letters"
      note="Events that the database refused; kept for 7 days"
      class="list"
      tools={
        letters.count > 0 && (
          <button class="quiet-button" type="button" disabled={isBusy} onClick={() => void replay()}>
            Store all {formats.count(letters.count)} again
          </button>
        )
      }
    >
      <DataTable
        name="Dead letters"
        rows={letters.items}
        columns={columns}
        keyOf={({ id }) => id}
        empty="None. Every event that was accepted is stored."
      />
      <p class="quiet said" role="status">
        {said}
      </p>
    </Panel>
  )
}

function StoragePanel({ storage }: { storage: TrustReport['storage'] }) {
  const { bytes, days, bytesPerDay, daysLeft, freeBytes, rawRetentionDays, database, durability } = storage
  const columns: Columns<(typeof days)[number]> = [
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

type Job = TrustReport['jobs'][number]

const jobColumns: Columns<Job> = [
  { label: 'Job', value: ({ name }) => name },
  {
    label: 'Every',
    isNumber: true,
    isSecondary: true,
    show: (job) => formats.span(job.everySeconds),
    value: (job) => job.everySeconds,
  },
  {
    label: 'Last success',
    isNumber: true,
    show: ({ finishedAt }) => (finishedAt === null ? 'never' : formats.moment(finishedAt)),
    value: ({ finishedAt }) => finishedAt,
  },
  {
    label: 'Late by',
    isNumber: true,
    show: ({ lagSeconds }) => (lagSeconds === 0 ? 'on time' : formats.span(lagSeconds)),
    value: ({ lagSeconds }) => lagSeconds,
  },
]

const errorColumn: Column<Job> = {
  label: 'Error',
  show: ({ lastError }) => (lastError === null ? '' : <b class="alarm">{lastError}</b>),
  value: ({ lastError }) => lastError,
}

type SettingRow = TrustReport['settings'][number]

const settingColumns: Columns<SettingRow> = [
  { label: 'Setting', show: ({ variable }) => <code>{variable}</code>, value: ({ variable }) => variable },
  {
    label: 'Value',
    show: ({ value, isDefault }) =>
      value === '' ? <span class="quiet">not set</span> : isDefault ? value : <b>{value}</b>,
    value: ({ value }) => value,
  },
]

export function TrustPage() {
  const state = useAnswer('trust', (client, signal) => client.ask<TrustReport>('trust', { signal }))
  const [isAll, setAll] = useState(false)
  return (
    <Answered state={state}>
      {(report) => {
        const settings = report.settings.filter(({ isDefault }) => isAll || !isDefault)
        return (
          <>
            <OutcomePanel report={report} />
            <div class="columns">
              <SequencePanel sequences={report.sequences} />
              <StoragePanel storage={report.storage} />
            </div>
            <LetterPanel letters={report.deadLetters} onChanged={state.reload} />
            <Panel id="jobs" title="Jobs" class="list">
              <DataTable
                name="Jobs"
                rows={report.jobs}
                columns={
                  report.jobs.some(({ lastError }) => lastError !== null) ? [...jobColumns, errorColumn] : jobColumns
                }
                keyOf={({ name }) => name}
                empty="The jobs of this collector have not been looked at yet. Try again in a few seconds."
              />
            </Panel>
            <Panel
              id="settings"
              title="Settings in force"
              note={isAll ? 'Those that are not the default are bold' : 'That are not the default'}
              class="list"
              tools={
                <button class="quiet-button" type="button" aria-pressed={isAll} onClick={() => setAll(!isAll)}>
                  {isAll ? 'Only changed ones' : 'All'}
                </button>
              }
            >
              <DataTable
                name="Settings in force"
                rows={settings}
                columns={settingColumns}
                keyOf={({ variable }) => variable}
                empty="Every setting has its default."
              />
            </Panel>
            <footer>
              <span>Looked at {formats.moment(report.madeAt)}.</span>
              <button class="quiet-button" type="button" onClick={state.reload} disabled={state.loading}>
                {state.loading ? 'Refreshing …' : 'Refresh'}
              </button>
            </footer>
          </>
        )
      }}
    </Answered>
  )
}
