// Content with the most of one thing, with a bar each in proportion to the first. A row leads to that content's page, or filters
// everything by it, with a link to the page beside it.
import type { Filters, TopContent, TopMetric, Totals } from '@sightline/collector/stats'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats, NOTHING } from './format'
import { GoLink } from './go-link'
import { topMetrics } from './metrics'
import { Panel } from './panel'
import { mayFollow, useSession } from './session'
import { toggleFilters } from './selection'

type Item = TopContent['items'][number]

interface TopPanelProps {
  id: string
  title: string
  top: TopContent
  /** More than the number it is sorted by. */
  isWide?: boolean
  empty: string
  /** Of the file. */
  fileDays?: string
  /** What everything is filtered by now, where a row filters. */
  filters?: Filters
}

const filtersOf = ({ content }: Item): Filters => ({ contentType: content.type, contentId: content.id })

const isTime = (by: TopMetric) => by === 'averageViewDurationMs'
const isShare = (by: TopMetric) => by === 'clickThroughRate'

function showValue(by: TopMetric, value: number): string {
  if (isTime(by)) return formats.duration(value)
  return isShare(by) ? formats.share(value) : formats.count(value)
}

const counter = (label: string, metric: Exclude<keyof Totals, 'custom'>): Column<Item> & { metric: TopMetric } => ({
  label,
  metric,
  isNumber: true,
  isSecondary: true,
  show: ({ totals }) => (totals[metric] === null ? NOTHING : showValue(metric, totals[metric])),
  value: ({ totals }) => totals[metric],
})

const more = [
  counter('Impressions', 'impressions'),
  counter('Views', 'views'),
  counter('Clicks', 'clicks'),
  counter('Click-through', 'clickThroughRate'),
  counter('Average view', 'averageViewDurationMs'),
  counter('Likes', 'likes'),
]

/** The way to the content's own page, where the row has another use. */
const toPage: Column<Item> = {
  label: 'Page of its own',
  isIcon: true,
  show: ({ content, title }) => (
    <GoLink to={{ page: 'content', content }} title="Its own page">
      <span class="unseen">Open {title ?? `${content.type} ${content.id}`}</span>
      <span aria-hidden="true">→</span>
    </GoLink>
  ),
  value: () => null,
}

/** Name of a sorting for people. */
export const sortLabel = (by: TopMetric) =>
  by === 'pageViews' ? 'Page views' : (topMetrics.find(({ value }) => value === by)?.label ?? by)

export function TopPanel({
  id,
  title,
  top,
  isWide = false,
  empty,
  fileDays = `${top.from} ${top.to}`,
  filters,
  children,
}: TopPanelProps & { children?: preact.ComponentChildren }) {
  const { by, items } = top
  const { who } = useSession()
  const most = Math.max(0, ...items.map(({ value }) => value))
  const columns: [Column<Item>, ...Column<Item>[]] = [
    {
      label: by === 'pageViews' ? 'Page' : 'Content',
      show: ({ content, title: named }) => (
        <span title={`${content.type}:${content.id}`}>
          {content.type !== 'page' && <small>{content.type}</small>} {named ?? content.id}
        </span>
      ),
      value: ({ content }) => `${content.type}:${content.id}`,
    },
    {
      label: sortLabel(by),
      isNumber: true,
      show: ({ value, viewers }) => `${viewers?.method === 'hll' ? '≈ ' : ''}${showValue(by, value)}`,
      value: ({ value }) => value,
    },
    ...(isWide ? more.filter(({ metric }) => metric !== by) : []),
  ]
  const titled: Column<Item> = { label: 'Title', value: ({ title: named }) => named }
  return (
    <Panel
      id={id}
      title={title}
      class="list"
      tools={
        <>
          {children}
          <CsvButton name={title} rows={items} columns={[...columns, titled] as never} fileDays={fileDays} />
        </>
      }
    >
      <DataTable
        name={title}
        rows={items}
        columns={filters === undefined || !mayFollow(who, { page: 'content' }) ? columns : [...columns, toPage]}
        keyOf={({ content }) => `${content.type} ${content.id}`}
        barOf={({ value }) => (most === 0 ? 0 : value / most)}
        linkOf={(item) =>
          filters === undefined
            ? { page: 'content', content: item.content }
            : { filters: toggleFilters(filters, filtersOf(item)) }
        }
        isChosen={({ content }) => filters?.contentType === content.type && filters.contentId === content.id}
        empty={empty}
      />
    </Panel>
  )
}
