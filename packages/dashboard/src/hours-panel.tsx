// When in the week people look and act, as a heat map.
import type { HoursOfWeek } from '@sightline/collector/stats'
import { useState } from 'preact/hooks'
import { Choices } from './choices'
import { CsvButton, type Column } from './data-table'
import { HeatMap, type Heat } from './heat-map'
import { Panel } from './panel'
import type { Choice } from './selection'

const heats: Choice<Heat>[] = [
  { value: 'seen', label: 'Seen' },
  { value: 'engaged', label: 'Engaged' },
  { value: 'rate', label: 'Engaged per seen' },
]

const heatNotes: Record<Heat, string> = {
  seen: 'Impressions, views, watches and page views in an average hour',
  engaged: 'Clicks, likes, shares and custom events in an average hour',
  rate: 'Clicks, likes, shares and custom events for each thing seen',
}

export function HoursPanel({ hours }: { hours: HoursOfWeek }) {
  const [heat, setHeat] = useState<Heat>('seen')
  const columns: [Column<HoursOfWeek['cells'][number]>, ...Column<HoursOfWeek['cells'][number]>[]] = [
    { label: 'weekday', value: ({ weekday }) => weekday },
    { label: 'hour', value: ({ hour }) => hour },
    { label: 'hours', value: (cell) => cell.hours },
    { label: 'seen', value: ({ seen }) => seen },
    { label: 'engaged', value: ({ engaged }) => engaged },
  ]
  return (
    <Panel
      id="hours"
      title="Hours of the week"
      note={`${heatNotes[heat]} · ${hours.timezone}`}
      tools={
        <>
          <Choices
            legend="What the colour tells"
            name="heat"
            choices={heats}
            value={heat}
            onChange={(each) => setHeat(each)}
          />
          <CsvButton
            name="Hours of the week"
            rows={hours.cells}
            columns={columns}
            fileDays={`${hours.from} ${hours.to}`}
          />
        </>
      }
    >
      <HeatMap cells={hours.cells} heat={heat} />
    </Panel>
  )
}
