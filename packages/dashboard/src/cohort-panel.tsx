// Who came back: of those who came first on one day, the share that came on each day after it.
import type { Retention } from '@sightline/collector/stats'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats, NOTHING } from './format'
import { RefusedPart } from './notices'
import { Panel } from './panel'
import type { Maybe } from './stats-client'

type Cohort = Retention['cohorts'][number]

/** Days that are followed after the first. */
export const FOLLOWED_DAYS = 14

/** Of those who came first on its day; `null` for a day that is not closed, or of nobody. */
const shareBack = ({ viewers, returned }: Cohort, after: number): number | null => {
  const came = returned[after] ?? null
  return came === null || !viewers ? null : came / viewers
}

/** @param most the largest share, which has the full colour */
const columnsOf = (most: number): [Column<Cohort>, ...Column<Cohort>[]] => [
  { label: 'First day', show: ({ day }) => formats.shortDay(day), value: ({ day }) => day },
  {
    label: 'Viewers',
    isNumber: true,
    show: ({ viewers }) => (viewers === null ? NOTHING : formats.count(viewers)),
    value: ({ viewers }) => viewers,
  },
  ...Array.from({ length: FOLLOWED_DAYS }, (_, index): Column<Cohort> => {
    const after = index + 1
    return {
      label: `+${after}`,
      isNumber: true,
      show(cohort) {
        const share = shareBack(cohort, after)
        if (share === null) return ''
        return (
          <span
            class="back"
            style={{ '--heat': (share / most).toFixed(3) }}
            title={formats.count(cohort.returned[after] ?? 0)}
          >
            {formats.percent(Math.round(100 * share))}
          </span>
        )
      },
      value: ({ returned }) => returned[after] ?? null,
    }
  }),
]

export function CohortPanel({ retention: { answer, refusal } }: { retention: Maybe<Retention> }) {
  const cohorts = (answer?.cohorts ?? []).filter(({ viewers }) => viewers !== null && viewers > 0)
  const shares = cohorts.flatMap((cohort) =>
    cohort.returned.map((_back, after) => shareBack(cohort, after) ?? 0).slice(1),
  )
  const columns = columnsOf(Math.max(...shares) || 1)
  return (
    <Panel
      id="cohorts"
      title="Who came back"
      class="list"
      note={
        answer &&
        (answer.audience === 'authenticated'
          ? 'Signed-in viewers, on days after their first'
          : 'On days after their first; a visitor without a lasting id is new every day, so “Signed in” says more')
      }
      tools={
        answer && <CsvButton name="Cohorts" rows={cohorts} columns={columns} fileDays={`${answer.from} ${answer.to}`} />
      }
    >
      {refusal ? (
        <RefusedPart failure={refusal} />
      ) : (
        <DataTable
          name="Who came back"
          rows={cohorts}
          columns={columns}
          keyOf={({ day }) => day}
          empty="No day of this period with viewers is over and counted yet. The first cohort is here tomorrow."
        />
      )}
    </Panel>
  )
}
