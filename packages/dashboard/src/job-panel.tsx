// The jobs of the collectors: how often each runs, when it last succeeded, how late it is.
import type { TrustReport } from '@sightline/collector/trust'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats } from './format'
import { Panel } from './panel'

type Job = TrustReport['jobs'][number]

const jobColumns: [Column<Job>, ...Column<Job>[]] = [
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

export const JobPanel = ({ jobs }: { jobs: TrustReport['jobs'] }) => (
  <Panel
    id="jobs"
    title="Jobs"
    class="list"
    tools={<CsvButton name="Jobs" rows={jobs} columns={[...jobColumns, errorColumn]} />}
  >
    <DataTable
      name="Jobs"
      rows={jobs}
      columns={jobs.some(({ lastError }) => lastError !== null) ? [...jobColumns, errorColumn] : jobColumns}
      keyOf={({ name }) => name}
      empty="The jobs of this collector have not been looked at yet. Try again in a few seconds."
    />
  </Panel>
)
