// What is on the rise now, or why that is not told.
import type { Trending } from '@sightline/collector/stats'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats } from './format'
import { RefusedPart } from './notices'
import { Panel } from './panel'
import type { Maybe } from './stats-client'

type Trend = Trending['items'][number]

const trendColumns: [Column<Trend>, ...Column<Trend>[]] = [
  {
    label: 'Content',
    show: ({ content, title }) => (
      <span title={`${content.type}:${content.id}`}>
        <small>{content.type}</small> {title ?? content.id}
      </span>
    ),
    value: ({ content }) => `${content.type}:${content.id}`,
  },
  { label: 'Score', isNumber: true, show: ({ score }) => formats.score(score), value: ({ score }) => score },
  {
    label: 'Likes',
    isNumber: true,
    show: (row) => `${formats.count(row.likesBefore)} → ${formats.count(row.likes)}`,
    value: ({ likes }) => likes,
  },
  {
    label: 'Views',
    isNumber: true,
    show: (row) => `${formats.count(row.viewsBefore)} → ${formats.count(row.views)}`,
    value: ({ views }) => views,
  },
]

export function TrendPanel({ trending: { answer, refusal } }: { trending: Maybe<Trending> }) {
  return (
    <Panel
      id="trending"
      title="Trending now"
      class="list"
      note={answer && `Last ${answer.windowHours} hours against those before`}
      tools={answer && <CsvButton name="Trending" rows={answer.items} columns={trendColumns} />}
    >
      {refusal ? (
        <RefusedPart
          failure={refusal}
          {...(refusal.status === 404 && {
            advice: 'Trending is turned off. Set TRENDING=true on the collector; everybody may then ask for it.',
          })}
        />
      ) : (
        <DataTable
          name="Trending now"
          rows={answer?.items ?? []}
          columns={trendColumns}
          keyOf={({ content }) => `${content.type} ${content.id}`}
          linkOf={({ content }) => ({ page: 'content', content })}
          empty="Nothing grows at the moment."
        />
      )}
    </Panel>
  )
}
