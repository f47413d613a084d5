// How the views of one content are spread: how many were how long, and what share of them scrolled how far.
import type { ContentDistributions } from '@sightline/collector/stats'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats, NOTHING } from './format'
import { RefusedPart } from './notices'
import { Panel } from './panel'
import type { Maybe } from './stats-client'

type Bucket = ContentDistributions['viewTimes']['buckets'][number]
type Step = ContentDistributions['scrollDepth']['reached'][number]

const MINUTE_MS = 60_000

/** `under 1 s`, `10–30 s`, `1–3 min`, `3 min and more`. */
export function bucketLabel({ fromMs, toMs }: Pick<Bucket, 'fromMs' | 'toMs'>): string {
  const [size, unit] = fromMs >= MINUTE_MS ? [MINUTE_MS, 'min'] : [1_000, 's']
  const from = formats.count(fromMs / size)
  if (toMs === null) return `${from} ${unit} and more`
  const to = `${formats.count(toMs / size)} ${unit}`
  return fromMs === 0 ? `under ${to}` : `${from}–${to}`
}

interface SpreadPanelProps<Row> {
  id: string
  title: string
  asked: Maybe<ContentDistributions>
  /** The rows, and how many views they are made of. */
  rowsOf(answer: ContentDistributions): { rows: Row[]; count: number }
  columnsOf(count: number): [Column<Row>, ...Column<Row>[]]
  keyOf(row: Row): string
  barOf(row: Row, rows: Row[]): number
  empty: string
}

function SpreadPanel<Row>(props: SpreadPanelProps<Row>) {
  const { id, title, asked, rowsOf, columnsOf, keyOf, barOf, empty } = props
  if (asked.refusal !== undefined) {
    return (
      <Panel id={id} title={title} class="list">
        <RefusedPart failure={asked.refusal} />
      </Panel>
    )
  }
  const { answer } = asked
  const { eventsFrom = answer.from } = answer
  const isCut = eventsFrom > answer.from
  const { rows, count } = rowsOf(answer)
  const columns = columnsOf(count)
  return (
    <Panel
      id={id}
      title={title}
      class="list"
      note={isCut ? `Single views, kept from ${formats.shortDay(eventsFrom)} on` : 'Single views'}
      tools={
        <CsvButton
          name={title}
          rows={rows}
          columns={columns}
          fileDays={`${isCut ? eventsFrom : answer.from} ${answer.to}`}
        />
      }
    >
      <DataTable
        name={title}
        rows={count === 0 ? [] : rows}
        columns={columns}
        keyOf={keyOf}
        barOf={(row) => barOf(row, rows)}
        empty={empty}
      />
    </Panel>
  )
}

const shareColumn = <Row,>(shareOf: (row: Row) => number | null): Column<Row> => ({
  label: 'Share',
  isNumber: true,
  show: (row) => {
    const share = shareOf(row)
    return share === null ? NOTHING : formats.part(share)
  },
  value: shareOf,
})

const viewsColumn: Column<{ count: number }> = {
  label: 'Views',
  isNumber: true,
  show: ({ count }) => formats.count(count),
  value: ({ count }) => count,
}

export const DistributionPanels = ({ asked }: { asked: Maybe<ContentDistributions> }) => (
  <>
    <SpreadPanel<Bucket>
      id="view-times"
      title="Time per view"
      asked={asked}
      rowsOf={({ viewTimes: { buckets, count } }) => ({ rows: buckets, count })}
      columnsOf={(all) => [
        { label: 'On screen', value: bucketLabel },
        viewsColumn,
        shareColumn(({ count }) => (all === 0 ? null : count / all)),
      ]}
      keyOf={({ fromMs }) => String(fromMs)}
      barOf={({ count }, rows) => count / Math.max(1, ...rows.map((row) => row.count))}
      empty="No view of this period told how long it was."
    />
    <SpreadPanel<Step>
      id="scroll-depth"
      title="Scroll depth"
      asked={asked}
      rowsOf={({ scrollDepth: { reached, count } }) => ({ rows: reached, count })}
      columnsOf={() => [
        { label: 'At least', show: ({ percent }) => formats.percent(percent), value: ({ percent }) => percent / 100 },
        viewsColumn,
        shareColumn(({ share }) => share),
      ]}
      keyOf={({ percent }) => String(percent)}
      barOf={({ share }) => share ?? 0}
      empty="No view of this period told how far it was scrolled."
    />
  </>
)
